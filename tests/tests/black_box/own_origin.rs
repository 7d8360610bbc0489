//! Functions that call the platform they run on, at its own addresses.

use crate::upstream::Upstream;
use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, Answer, Database, Node, Run, Serve, component, encrypt, request};

fn guest(name: &str) -> Vec<u8> {
    std::fs::read(component(name)).unwrap()
}

/// A node with `probe`, which fetches what it is told, and `recursive`, the SDK's probe.
async fn deployed(node: Node) -> Node {
    node.deploy("probe", guest("probe")).await;
    node.deploy("recursive", guest("sdk-probe")).await;
    node
}

/// What the probe gets when it fetches `url` with these headers.
async fn fetched(node: &Node, url: &str, headers: &[&str]) -> Answer {
    let headers: String = headers.iter().map(|header| format!("&header={}", encode(header))).collect();
    node.functions.get(&format!("/probe?do=fetch&url={}{headers}", encode(url))).await
}

/// Text as a part of a query.
pub fn encode(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test]
async fn our_own_listeners_are_reached_without_a_connection() {
    let database = Database::create().await;
    let node = deployed(Serve::over(&database).start().await).await;
    let port = node.functions.url("").rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    for origin in [node.functions.url(""), format!("http://localhost:{port}")] {
        let origin = origin.trim_end_matches('/');
        let answer = fetched(&node, &format!("{origin}/probe?do=headers"), &[]).await;
        assert_eq!((answer.code(), &answer.json()["path"]), (200, &json!("/probe?do=headers")), "{origin}");
        assert_eq!(fetched(&node, &format!("{origin}/nobody"), &[]).await.code(), 404);
        assert_eq!(fetched(&node, &format!("{origin}/a/b"), &[]).await.text(), "Not Found");
    }
    let platform = node.platform().url("/functions/probe?do=headers");
    let answer = fetched(&node, &platform, &[]).await;
    assert_eq!(answer.json()["path"], "/probe?do=headers");
    assert_eq!(node.call_line(&answer.invocation()).await["outboundRequests"], 1);
}

#[tokio::test]
async fn our_apis_ask_a_function_for_its_credential_like_anybody() {
    let database = Database::create().await;
    let node = deployed(Serve::over(&database).start().await).await;
    let url = node.platform().url("/api/functions");
    assert_eq!(fetched(&node, &url, &[]).await.code(), 401);
    let list = fetched(&node, &url, &[&format!("x-api-key:{API_KEY}")]).await;
    assert_eq!((list.code(), list.json()["functions"].as_array().unwrap().len()), (200, 2));
    // Pages for operators are not a function's to read.
    for path in ["/metrics", "/health", "/", "/apix"] {
        assert_eq!(fetched(&node, &node.platform().url(path), &[]).await.code(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_platforms_configured_urls_are_ours_where_the_platform_is() {
    let database = Database::create().await;
    let serve = Serve::over(&database).var("INSFORGE_INTERNAL_URL", "http://insforge:7130");
    let node = deployed(serve.var("API_BASE_URL", "https://app.example").start().await).await;
    for origin in ["http://insforge:7130", "https://app.example"] {
        let answer = fetched(&node, &format!("{origin}/functions/probe?do=headers"), &[]).await;
        assert_eq!(answer.json()["path"], "/probe?do=headers", "{origin}");
        assert_eq!(fetched(&node, &format!("{origin}/api/functions"), &[]).await.code(), 401, "{origin}");
        assert_eq!(fetched(&node, &format!("{origin}/elsewhere"), &[]).await.code(), 404, "{origin}");
    }
    // Functions are told so: these are the secrets of a database that was made here.
    node.deploy("env", guest("env")).await;
    assert_eq!(node.functions.get("/env?name=INSFORGE_BASE_URL").await.text(), "https://app.example");
    assert_eq!(node.functions.get("/env?name=INSFORGE_INTERNAL_URL").await.text(), "http://insforge:7130");
}

#[tokio::test]
async fn in_sidecar_mode_the_backend_gets_what_is_not_ours() {
    let database = Database::create().await;
    drop(deployed(Serve::over(&database).start().await).await);
    let backend = Upstream::echoing().await;
    let serve = Serve::over(&database).arg("--no-platform").var("INSFORGE_INTERNAL_URL", backend.url(""));
    let node = serve.start().await;
    // The backend has a private address, which is allowed because an operator named it.
    for _ in 0..3 {
        let answer = fetched(&node, &backend.url("/api/database/records/posts?select=id"), &[]).await;
        assert_eq!((answer.code(), answer.text()), (200, "GET /api/database/records/posts?select=id"));
    }
    assert_eq!(backend.accepted(), 1, "the connection is kept");
    let answer = fetched(&node, &backend.url("/functions/probe?do=headers"), &[]).await;
    assert_eq!(answer.json()["path"], "/probe?do=headers", "functions are ours");
    assert_eq!(backend.accepted(), 1);
    let other = Upstream::echoing().await;
    let refused = fetched(&node, &other.url("/"), &[]).await;
    assert_eq!((refused.code(), &refused.json()["error"]), (502, &json!("DestinationIpProhibited")));
    assert_eq!(other.accepted(), 0);
}

#[tokio::test]
async fn the_secrets_in_force_say_where_the_backend_is() {
    let database = Database::create().await;
    drop(deployed(Serve::over(&database).start().await).await);
    let backend = Upstream::echoing().await;
    let row = format!(
        "INSERT INTO system.secrets (key, value_ciphertext, is_reserved) VALUES ('INSFORGE_BASE_URL', '{}', true)",
        encrypt(&backend.url(""))
    );
    database.execute(&row).await;
    let node = Serve::over(&database).arg("--no-platform").start().await;
    assert_eq!(fetched(&node, &backend.url("/api/x"), &[]).await.text(), "GET /api/x");
}

#[tokio::test]
async fn a_request_to_the_backend_says_how_deep_it_is_and_comes_back_so_deep() {
    let database = Database::create().await;
    drop(deployed(Serve::over(&database).start().await).await);
    let backend = Upstream::telling_headers().await;
    let serve = Serve::over(&database).arg("--no-platform").var("INSFORGE_INTERNAL_URL", backend.url(""));
    let node = serve.start().await;
    let seen = fetched(&node, &backend.url("/api/x"), &[]).await;
    assert!(seen.text().contains("x-wasmforge-call-depth: 1\n"), "{seen:?}");
    // A proxy that hands a request back hands the header back, too.
    let inside = request("GET", &format!("/probe?do=fetch&url={}", encode(&backend.url("/api/x"))));
    let seen = node.functions.send(inside.header("x-wasmforge-call-depth", "7").body("").unwrap()).await;
    assert!(seen.text().contains("x-wasmforge-call-depth: 8\n"), "{seen:?}");
    let outside = request("GET", "/probe?do=headers").header("x-wasmforge-call-depth", "8").body("").unwrap();
    assert!(!node.functions.send(outside).await.text().contains("call-depth"), "a guest sees the header");
    let too_deep = request("GET", "/probe").header("x-wasmforge-call-depth", "9").body("").unwrap();
    let answer = node.functions.send(too_deep).await;
    assert_eq!(answer.failure(), (508, "LOOP_DETECTED".into()));
    assert_eq!(answer.json()["error"], "Loop Detected");
    assert_eq!(node.call_line(&answer.invocation()).await["outcome"], "refused");
    // Elsewhere nobody is told.
    let elsewhere = Upstream::telling_headers().await;
    let open = Run::guest("fetch").allow_private_network().start().await;
    let seen = open.get(&format!("/?url={}", elsewhere.url("/"))).await;
    assert!(!seen.text().contains("call-depth"), "{seen:?}");
}

#[tokio::test]
async fn a_guest_does_not_set_the_hosts_own_header() {
    let database = Database::create().await;
    let node = deployed(Serve::over(&database).start().await).await;
    let answer = fetched(&node, &node.functions.url("/probe"), &["x-wasmforge-call-depth:0"]).await;
    assert!(answer.json()["error"].as_str().unwrap().contains("Forbidden"), "{answer:?}");
}

#[tokio::test]
async fn a_function_that_fetches_itself_is_stopped_after_eight_calls() {
    let database = Database::create().await;
    let node = deployed(Serve::over(&database).start().await).await;
    for url in [node.functions.url("/recursive"), node.platform().url("/functions/recursive")] {
        let answer = node.functions.get(&format!("/recursive?do=descend-by-http&url={url}")).await;
        assert_eq!((answer.code(), answer.text()), (200, "8"), "{url}");
    }
    let alone = Run::guest("sdk-probe").start().await;
    let answer = alone.get(&format!("/?do=descend-by-http&url={}", alone.url("/"))).await;
    assert_eq!((answer.code(), answer.text()), (200, "8"));
}

#[tokio::test]
async fn calls_to_ourselves_count_like_others() {
    let database = Database::create().await;
    let node = deployed(Serve::over(&database).start().await).await;
    let url = encode(&node.functions.url("/probe"));
    let answer = node.functions.get(&format!("/probe?do=fetch-many&n=40&at-once=40&url={url}")).await;
    assert_eq!(answer.json(), json!({ "200": 32, "ConnectionLimitReached": 8 }));
    let answer = node.functions.get(&format!("/probe?do=fetch-many&n=300&at-once=10&url={url}")).await;
    let counts = answer.json();
    assert_eq!(counts["200"], 256, "{counts}");
    assert_eq!(node.call_line(&answer.invocation()).await["outboundRequests"], 256);
}

#[tokio::test]
async fn a_list_of_granted_hosts_is_complete() {
    let database = Database::create().await;
    let node = deployed(Serve::over(&database).start().await).await;
    let here = node.functions.url("/probe?do=status&code=204");
    let granting = |hosts: Value| json!({ "capabilities": { "http": { "hosts": hosts } } });
    node.update("probe", granting(json!(["api.example.com"]))).await;
    let refused = fetched(&node, &here, &[]).await;
    assert_eq!((refused.code(), &refused.json()["error"]), (502, &json!("HttpRequestDenied")));
    node.update("probe", granting(json!(["127.0.0.1"]))).await;
    assert_eq!(fetched(&node, &here, &[]).await.code(), 204);
}
