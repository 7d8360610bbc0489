//! What a function is granted: what is refused at upload, and what a row says that nobody checked.

use crate::upstream::Upstream;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Node, Serve, answering, component, encrypt, in_time};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(component(name)).unwrap()
}

async fn grant(node: &Node, slug: &str, capabilities: Value) -> Answer {
    node.update(slug, json!({ "capabilities": capabilities })).await
}

async fn granted(node: &Node, slug: &str, capabilities: Value) {
    let answer = grant(node, slug, capabilities).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
}

/// What is wrong with capabilities that must be refused: a path, such as `capabilities.http.hosts`, and a message each.
async fn faults(node: &Node, slug: &str, capabilities: Value) -> Vec<(String, String)> {
    let (status, code, message) = grant(node, slug, capabilities.clone()).await.api_error();
    assert_eq!((status, code.as_str()), (400, "INVALID_INPUT"), "{capabilities}: {message}");
    let issues: Vec<Value> = serde_json::from_str(&message).unwrap_or_else(|_| panic!("{message}"));
    let words = |issue: &Value| {
        let path = issue["path"].as_array().unwrap();
        let path: Vec<_> = path.iter().map(|word| word.as_str().unwrap()).collect();
        (path.join("."), issue["message"].as_str().unwrap().to_owned())
    };
    issues.iter().map(words).collect()
}

/// Every key that a function may be granted, as the refusal of another one lists them.
async fn known_keys(node: &Node, slug: &str) -> Vec<String> {
    let faults = faults(node, slug, json!({ "teleport": true })).await;
    let [(path, message)] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!(path, "capabilities.teleport");
    let list = message.strip_prefix("there is no such capability, but ").unwrap();
    list.split(", ").map(str::to_owned).collect()
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_with_those_that_are() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    let keys = known_keys(&node, "f").await;
    for key in ["http", "secrets"] {
        assert!(keys.contains(&key.to_owned()), "{keys:?}");
    }
    assert_eq!(node.read("f").await.json()["capabilities"], Value::Null, "nothing was stored");
    assert_eq!(node.status_of("f").await, 201);
}

#[tokio::test]
async fn every_capability_refuses_a_grant_that_says_nothing() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    for key in known_keys(&node, "f").await {
        for nonsense in [json!(7), json!({ "no-such-setting": 1 })] {
            let mut capabilities = json!({});
            capabilities[key.as_str()] = nonsense.clone();
            let faults = faults(&node, "f", capabilities).await;
            let own = |path: &str| path.split('.').nth(1) == Some(key.as_str());
            assert!(faults.iter().all(|(path, _)| own(path)), "{key}: {nonsense}: {faults:?}");
        }
        let mut nothing = json!({});
        nothing[key.as_str()] = Value::Null;
        granted(&node, "f", nothing).await;
    }
}

#[tokio::test]
async fn a_bad_value_is_named_by_its_path() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    let cases = [
        (json!({ "http": { "hosts": "example.com" } }), "capabilities.http", "expected a sequence"),
        (json!({ "http": { "host": ["example.com"] } }), "capabilities.http", "`host`"),
        (json!({ "http": { "hosts": ["ok.example", "a b"] } }), "capabilities.http.hosts", "\"a b\""),
        (json!({ "http": { "hosts": ["*.10.0.0.1"] } }), "capabilities.http.hosts", "*.10.0.0.1"),
        (json!({ "http": { "hosts": ["https://x.example/"] } }), "capabilities.http.hosts", "https://x"),
        (json!({ "http": { "hosts": ["x.example:0"] } }), "capabilities.http.hosts", "x.example:0"),
        (json!({ "secrets": "most" }), "capabilities.secrets", "\"most\""),
        (json!({ "secrets": { "names": [] } }), "capabilities.secrets", "a list of names"),
        (json!({ "secrets": ["A=B"] }), "capabilities.secrets", "\"A=B\""),
        (json!({ "sql": "root" }), "capabilities.sql", "`root`"),
        (json!({ "rest": ["service"] }), "capabilities.rest", "expected"),
        (json!({ "storage": { "as": "root" } }), "capabilities.storage", "`root`"),
        (json!({ "storage": { "buckets": ["a/b"] } }), "capabilities.storage.buckets", "a/b"),
        (json!({ "realtime": ["a*b"] }), "capabilities.realtime", "\"a*b\""),
        (json!({ "functions": ["a/b"] }), "capabilities.functions", "\"a/b\""),
        (json!({ "files": { "scratchMib": -1 } }), "capabilities.files", "-1"),
        (json!({ "log": { "level": "loud" } }), "capabilities.log", "`loud`"),
    ];
    for (capabilities, path, word) in cases {
        let faults = faults(&node, "f", capabilities.clone()).await;
        let found = faults.iter().any(|(at, message)| at == path && message.contains(word));
        assert!(found && faults.len() == 1, "{capabilities}: {faults:?}");
    }
    let several = json!({ "http": { "hosts": ["a b"] }, "secrets": 1, "teleport": true });
    let paths: Vec<_> = faults(&node, "f", several).await.into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["capabilities.teleport", "capabilities.http.hosts", "capabilities.secrets"]);
    for body in [json!([]), json!("all"), json!(true)] {
        let faults = faults(&node, "f", body.clone()).await;
        assert_eq!(faults.first().map(|(path, _)| path.as_str()), Some("capabilities"), "{body}");
    }
}

#[tokio::test]
async fn a_deploy_with_a_bad_grant_makes_nothing() {
    use base64::Engine as _;
    let (_database, node) = node().await;
    let module = base64::prelude::BASE64_STANDARD.encode(answering(201));
    let with = |capabilities: Value| json!({ "name": "f", "module": module, "capabilities": capabilities });
    assert_eq!(node.create(with(json!({ "secrets": 1 }))).await.code(), 400);
    assert!(node.slugs().await.is_empty());
    let made = node.create(with(json!({ "secrets": [] }))).await;
    assert_eq!((made.code(), &made.json()["function"]["capabilities"]), (201, &json!({ "secrets": [] })));
    assert_eq!(node.status_of("f").await, 201);
}

/// Which of these variables the example `env`, deployed as `slug`, sees.
async fn seen<'a>(node: &Node, slug: &str, names: &[&'a str]) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        let answer = node.functions.get(&format!("/{slug}?name={name}")).await;
        match answer.code() {
            200 => seen.push(*name),
            404 => {}
            _ => panic!("{answer:?}"),
        }
    }
    seen
}

#[tokio::test]
async fn a_function_sees_the_secrets_that_it_is_granted() {
    const NAMES: [&str; 7] =
        ["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "MINE", "STRIPE_KEY", "JWT_SECRET", "JWT_PRIVATE_KEY"];
    let (database, node) = node().await;
    for name in &NAMES[2..] {
        database.write_secret(name, &encrypt(&format!("value of {name}"))).await;
    }
    node.deploy("env", example("env")).await;
    granted(&node, "env", json!({ "secrets": "all" })).await;
    in_time("the secrets", async { while seen(&node, "env", &NAMES).await.len() < 5 {} }).await;
    granted(&node, "env", Value::Null).await;
    let reserve = "UPDATE system.secrets SET is_reserved = key NOT IN ('MINE', 'JWT_PRIVATE_KEY')";
    database.execute(reserve).await;
    in_time("which are reserved", async { while seen(&node, "env", &NAMES).await.len() > 4 {} }).await;

    let cases = [
        (Value::Null, vec!["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "MINE"]),
        (json!({}), vec!["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "MINE"]),
        (json!({ "secrets": "all" }), vec!["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "MINE", "STRIPE_KEY"]),
        (json!({ "secrets": ["MINE", "ABSENT"] }), vec!["MINE"]),
        (json!({ "secrets": ["JWT_SECRET", "STRIPE_KEY"] }), vec!["STRIPE_KEY", "JWT_SECRET"]),
        (json!({ "secrets": [] }), vec![]),
    ];
    for (capabilities, expected) in cases {
        granted(&node, "env", capabilities.clone()).await;
        assert_eq!(seen(&node, "env", &NAMES).await, expected, "{capabilities}");
    }
    granted(&node, "env", json!({ "secrets": ["JWT_SECRET"] })).await;
    assert_eq!(node.functions.get("/env?name=JWT_SECRET").await.text(), "value of JWT_SECRET");

    // A grant is one function's own.
    node.deploy("other", example("env")).await;
    assert_eq!(seen(&node, "other", &["JWT_SECRET", "MINE"]).await, ["MINE"]);
}

#[tokio::test]
async fn a_function_reaches_the_hosts_that_it_is_granted() {
    let (granted_host, other) = (Upstream::echoing().await, Upstream::echoing().await);
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_ALLOW_PRIVATE_NETWORK", 1).start().await;
    node.deploy("fetch", example("fetch")).await;
    let fetched = async |upstream: &Upstream| {
        node.functions.get(&format!("/fetch?url={}", upstream.url("/there"))).await
    };
    assert_eq!(fetched(&other).await.code(), 200);
    let hosts = granted_host.url("").replace("http://", "");
    granted(&node, "fetch", json!({ "http": { "hosts": [hosts] } })).await;
    let before = other.accepted();
    assert_eq!(fetched(&granted_host).await.text(), "GET /there");
    let refused = fetched(&other).await;
    assert_eq!((refused.code(), other.accepted()), (502, before), "{refused:?}");
    granted(&node, "fetch", json!({ "http": { "hosts": [] } })).await;
    assert_eq!(fetched(&granted_host).await.code(), 502);
    granted(&node, "fetch", Value::Null).await;
    assert_eq!(fetched(&other).await.code(), 200);
}

#[tokio::test]
async fn a_row_with_a_bad_grant_answers_500_and_the_log_says_why() {
    let (database, node) = node().await;
    for slug in ["bad", "good"] {
        node.deploy(slug, answering(201)).await;
    }
    let written = r#"{"teleport": true, "http": {"hosts": ["a b"]}, "secrets": "most"}"#;
    let write = format!("UPDATE functions.definitions SET capabilities = '{written}' WHERE slug = 'bad'");
    database.execute(&write).await;
    node.answers_soon("bad", 500).await;
    let answer = node.functions.get("/bad").await;
    assert_eq!(answer.failure(), (500, "BAD_CAPABILITIES".into()));
    assert_eq!(answer.json()["error"], "Function has invalid capabilities", "the caller learns no more");
    let line = node.call_line(&answer.invocation()).await;
    let told = line["error"].as_str().unwrap();
    for path in ["capabilities.teleport", "capabilities.http.hosts", "capabilities.secrets"] {
        assert!(told.contains(path), "{path}: {told}");
    }
    assert_eq!(node.status_of("good").await, 201, "another function's row concerns nobody else");

    granted(&node, "bad", Value::Null).await;
    assert_eq!(node.status_of("bad").await, 201);
    database.execute("UPDATE functions.definitions SET capabilities = '[1]' WHERE slug = 'bad'").await;
    let report = node.health_when("the row", |_, report| report["problems"]["bad"].is_string()).await;
    assert!(report["problems"]["bad"].as_str().unwrap().contains("not an object"), "{report}");
    assert_eq!(node.status_of("good").await, 201);
}
