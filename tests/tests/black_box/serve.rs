//! What callers of a node see: routes, methods, deploys, the end.

use crate::insforge;
use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use wasmforge_tests::{
    API_KEY, Answer, Database, Endpoint, Node, Serve, answering, component, greeting, in_time, request,
};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(component(name)).unwrap()
}

async fn with_method(listener: Endpoint, method: &str, path: &str) -> Answer {
    listener.send(request(method, path).body(Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn a_deployed_component_answers_on_both_listeners() {
    let (_database, node) = node().await;
    node.deploy("hello", example("hello")).await;
    let direct = node.functions.get("/hello?name=you").await;
    assert_eq!((direct.code(), direct.json()), (200, json!({"message": "Hello, you!"})));
    let proxied = node.platform().post("/functions/hello", r#"{"name":"you"}"#).await;
    assert_eq!((proxied.code(), proxied.json()), (200, json!({"message": "Hello, you!"})));
    assert_ne!(direct.invocation(), proxied.invocation());
    let multiplexed = node.functions.http2().await.send(request("GET", "/hello").body("").unwrap()).await;
    assert_eq!(multiplexed.json(), json!({"message": "Hello, world!"}));
}

#[tokio::test]
async fn components_of_wasi_0_3_are_deployed_like_those_of_0_2() {
    let (_database, node) = node().await;
    node.deploy("new", example("p3-hello")).await;
    assert_eq!(node.status_of("new").await, 200);
    node.deploy("new", answering(201)).await;
    assert_eq!(node.status_of("new").await, 201);
    node.deploy("new", example("p3-hello")).await;
    assert_eq!(node.status_of("new").await, 200);
}

#[tokio::test]
async fn the_first_line_says_where_and_the_ready_file_says_the_rest() {
    let (_database, node) = node().await;
    let first = node.process.stderr.all().remove(0);
    assert_eq!(first, format!("listening on {}", node.functions.url("/")));
    assert_eq!(node.api_key.as_deref(), Some(API_KEY));
    let mode = std::fs::metadata(node.ready_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds a key");
}

#[tokio::test]
async fn an_update_is_visible_to_the_very_next_request() {
    let (_database, node) = node().await;
    for status in 201..=216 {
        let function = node.deploy("f", answering(status)).await;
        assert_eq!(function["version"], status - 200);
        assert_eq!(node.status_of("f").await, status);
        assert_eq!(node.platform().get("/functions/f").await.code(), status);
    }
}

#[tokio::test]
async fn a_draft_is_hidden_at_once_and_comes_back_at_once() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    assert_eq!(node.update("f", json!({"status": "draft"})).await.code(), 200);
    assert_eq!(node.functions.get("/f").await.failure(), (404, "FUNCTION_NOT_FOUND".into()));
    assert_eq!(node.update("f", json!({"status": "active"})).await.code(), 200);
    assert_eq!(node.status_of("f").await, 201);
    assert_eq!(node.delete("f").await.code(), 200);
    assert_eq!(node.functions.get("/f").await.failure(), (404, "FUNCTION_NOT_FOUND".into()));
}

#[tokio::test]
async fn a_path_that_is_no_slug_gets_the_plain_404_of_insforges_runtime() {
    let (_database, node) = node().await;
    node.deploy("hello", answering(200)).await;
    let too_long = format!("/{}", "x".repeat(256));
    let paths = ["/", "/hello/", "/hello/sub", "/hel%6Co", "/bad.slug", "//hello", "/h%C3%A9", &too_long];
    for path in paths {
        for method in ["GET", "POST", "DELETE"] {
            let answer = with_method(node.functions, method, path).await;
            assert_eq!((answer.code(), answer.text()), (404, "Not Found"), "{method} {path}");
            assert_eq!(answer.header("content-type"), Some("text/plain"), "{path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_slug_gets_the_json_404_and_case_counts() {
    let (_database, node) = node().await;
    node.deploy("hello", answering(200)).await;
    for path in ["/nope", "/HELLO", "/Hello", "/info", "/hello_"] {
        let answer = node.functions.get(path).await;
        assert_eq!(answer.json()["error"], "Function not found or not active", "{path}");
        assert_eq!(answer.failure(), (404, "FUNCTION_NOT_FOUND".into()), "{path}");
        let answer = node.platform().get(&format!("/functions{path}")).await;
        assert_eq!(answer.failure(), (404, "FUNCTION_NOT_FOUND".into()), "{path}");
    }
    for path in ["/functions/a/b", "/functions/a%2Fb", "/functions/", "/functions"] {
        let (status, code, message) = node.platform().get(path).await.api_error();
        assert_eq!((status, code.as_str()), (404, "NOT_FOUND"), "{path}");
        assert_eq!(message, format!("Endpoint {path} not found"));
    }
    node.deploy("info", answering(203)).await;
    assert_eq!(node.status_of("info").await, 203, "only `health` is kept for the runtime");
}

#[tokio::test]
async fn every_method_reaches_the_function() {
    let (_database, node) = node().await;
    node.deploy("probe", example("probe")).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY"] {
        let answer = with_method(node.functions, method, "/probe?do=headers").await;
        assert_eq!(answer.code(), 200, "{method}");
        let seen = answer.json();
        assert_eq!(seen["path"], "/probe?do=headers", "{method}");
        assert!(seen["method"].as_str().unwrap().contains(method), "{method}: {seen}");
    }
    let head = with_method(node.functions, "HEAD", "/probe?do=headers").await;
    assert_eq!((head.code(), head.body.len()), (200, 0));
    let seen = node.platform().get("/functions/probe?do=headers").await.json();
    assert_eq!(seen["path"], "/probe?do=headers", "the prefix is the platform's, not the function's");
}

#[tokio::test]
async fn browsers_of_any_origin_are_let_in_by_the_platform() {
    let (_database, node) = node().await;
    node.deploy("probe", example("probe")).await;
    let origin = ("origin", "https://app.example");
    let ask =
        [origin, ("access-control-request-method", "PUT"), ("access-control-request-headers", "x-api-key")];
    for path in ["/functions/probe?do=trap", "/api/functions"] {
        let answer = node.ask("OPTIONS", path, &ask, "").await;
        assert_eq!(answer.code(), 204, "{path}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET,HEAD,PUT,PATCH,POST,DELETE"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("x-api-key"), "{path}");
    }
    let answer = node.ask("GET", "/functions/probe", &[origin], "").await;
    assert_eq!((answer.code(), answer.header("access-control-allow-origin")), (200, Some("*")));
    let refused = node.ask("GET", "/api/functions", &[origin], "").await;
    assert_eq!(
        (refused.code(), refused.header("access-control-allow-origin")),
        (401, Some("https://app.example"))
    );
}

#[tokio::test]
async fn health_tells_what_the_node_knows_in_any_method() {
    let (_database, node) = node().await;
    node.deploy("hello", answering(200)).await;
    for (listener, method) in [(node.functions, "GET"), (node.functions, "POST"), (node.platform(), "GET")] {
        let answer = with_method(listener, method, "/health").await;
        assert_eq!((answer.code(), answer.header("content-type")), (200, Some("application/json")));
        let report = answer.json();
        assert_eq!((&report["status"], &report["runtime"]), (&json!("ok"), &json!("wasmforge")));
        assert_eq!(report["database"], json!({"connected": true, "mode": "full", "error": null}));
        assert_eq!((&report["functions"], &report["problems"]), (&json!(1), &json!({})));
    }
    assert_eq!(with_method(node.functions, "HEAD", "/health").await.code(), 200);
}

#[tokio::test]
async fn the_environment_of_insforges_container_is_enough() {
    let database = insforge::database().await;
    let node = Serve::without_database()
        .var("POSTGRES_HOST", "127.0.0.1")
        .var("POSTGRES_PORT", database.port())
        .var("POSTGRES_USER", "postgres")
        .var("POSTGRES_PASSWORD", "any")
        .var("POSTGRES_DB", database.name())
        .var("WORKER_TIMEOUT_MS", 400)
        .arg("--no-platform")
        .start()
        .await;
    assert!(node.platform.is_none());
    database.write_module("probe", &example("probe")).await;
    node.answers_soon("probe", 200).await;
    let late = node.functions.get("/probe?do=sleep&ms=60000").await;
    assert_eq!(late.failure(), (504, "TIMEOUT".into()));
    assert_eq!(late.json()["error"], "Function timeout");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_updates_at_once_end_as_the_history_says() {
    let (database, node) = node().await;
    let modules: HashMap<u16, Vec<u8>> = (201..=208).map(|status| (status, answering(status))).collect();
    for module in modules.values() {
        node.deploy("f", module.clone()).await;
    }
    let before = database.number("(SELECT max(version) FROM functions.versions)").await;
    let uploads = (0..200u16).map(|n| node.upload("f", modules[&(201 + n % 8)].clone()));
    let statuses: Vec<u16> = join_all(uploads).await.iter().map(Answer::code).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");

    let shown = node.read("f").await.json();
    let newest =
        "(SELECT encode(module_sha256, 'hex') FROM functions.versions ORDER BY version DESC LIMIT 1)";
    assert_eq!(database.text(newest).await.as_deref(), shown["moduleSha256"].as_str());
    let of_newest = modules.iter().find(|(_, module)| sha256(module) == shown["moduleSha256"]).unwrap().0;
    assert_eq!(node.status_of("f").await, *of_newest);
    let numbered = "(SELECT count(*) = max(version) FROM functions.versions WHERE slug = 'f')";
    assert_eq!(database.text(numbered).await.as_deref(), Some("true"), "a number was left out");
    assert!(database.number("(SELECT max(version) FROM functions.versions)").await <= before + 200);
}

fn sha256(bytes: &[u8]) -> Value {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(bytes)).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_versions_change_under_it() {
    let (_database, node) = node().await;
    node.deploy("f", greeting("Hello")).await;
    node.deploy("f", greeting("Salut")).await;
    let deploys = async {
        for round in 0..40 {
            node.deploy("f", greeting(if round % 2 == 0 { "Hello" } else { "Salut" })).await;
        }
    };
    let calls = async {
        let mut seen = HashMap::<String, u32>::new();
        for _ in 0..400 {
            let answer = node.functions.get("/f").await;
            assert_eq!(answer.code(), 200, "{answer:?}");
            *seen.entry(answer.text().to_owned()).or_default() += 1;
        }
        seen
    };
    let ((), seen) = in_time("deploys and calls", async { tokio::join!(deploys, calls) }).await;
    let mut greetings: Vec<_> = seen.into_keys().collect();
    greetings.sort();
    assert_eq!(greetings, [r#"{"message":"Hello, world!"}"#, r#"{"message":"Salut, world!"}"#]);
}

#[tokio::test]
async fn sigterm_lets_running_calls_finish_and_takes_no_new_ones() {
    let (database, mut node) = node().await;
    node.deploy("probe", example("probe")).await;
    let request = request("GET", "/probe?do=slow-body&chunks=5&ms=200").body(Bytes::new()).unwrap();
    let mut running = node.functions.open(request).await;
    running.at_least(1).await;
    node.process.terminate();
    let refused = async {
        while tokio::net::TcpStream::connect(node.functions.0).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    in_time("new connections being refused", refused).await;
    let (_rest, cut) = running.finish_or_cut().await;
    assert!(cut.is_none(), "{cut:?}");
    assert!(node.process.exit().await.success());
    let recorded = "(SELECT count(*) FROM functions.invocations WHERE outcome = 'ok')";
    assert_eq!(database.number(recorded).await, 1, "its record was written before the end");
    assert!(!node.ready_file().exists(), "nobody should find a server there that is gone");
}

#[tokio::test]
async fn sigterm_cuts_what_runs_longer_than_the_drain() {
    let database = Database::create().await;
    let mut node = Serve::over(&database).var("WASMFORGE_DRAIN_MS", 300).start().await;
    node.deploy("probe", example("probe")).await;
    let mut connection = node.functions.http1().await;
    let (_body, answer) = connection.upload(request("POST", "/probe?do=sleep&ms=50000"));
    let call = tokio::spawn(answer);
    node.health_when("the call running", |_, report| report["running"] == 1).await;
    node.process.terminate();
    assert!(node.process.exit().await.success());
    assert!(in_time("the call's end", call).await.unwrap().is_err());
}
