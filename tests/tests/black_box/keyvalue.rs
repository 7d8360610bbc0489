//! What functions keep under keys.

use serde_json::json;
use std::collections::HashSet;
use wasmforge_tests::{Answer, Database, Guest, Node, Postgres, Run, Running, Serve, component, request};

wasmforge_tests::twins!(example: "keyvalue", "keyvalue-js": the_example_keeps_lists_counts_and_deletes_notes);

const MIB: usize = 1024 * 1024;

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    deploy(&node, "one").await;
    (database, node)
}

async fn deploy(node: &Node, slug: &str) {
    node.deploy(slug, std::fs::read(component("kv-probe")).unwrap()).await;
}

/// Lets the function do something with its bucket `b`.
async fn does(node: &Node, slug: &str, what: &str) -> Answer {
    node.functions.get(&format!("/{slug}?bucket=b&do={what}")).await
}

async fn succeeds(node: &Node, slug: &str, what: &str) -> String {
    let answer = does(node, slug, what).await;
    assert_eq!(answer.code(), 200, "{what}: {answer:?}");
    answer.text().to_owned()
}

async fn the_example_keeps_lists_counts_and_deletes_notes(guest: Guest) {
    let (_database, node) = node().await;
    node.deploy_guest("notes", guest).await;
    let send = async |method: &str, path: &str, body: &'static str| {
        node.functions.send(request(method, path).body(body).unwrap()).await
    };
    assert_eq!(send("PUT", "/notes?note=tea", "buy some").await.code(), 204);
    assert_eq!(send("PUT", "/notes?note=milk", "too").await.code(), 204);
    assert_eq!(send("GET", "/notes", "").await.json(), json!(["tea", "milk"]));
    for reads in 1..=3 {
        let note = send("GET", "/notes?note=tea", "").await;
        assert_eq!(note.json(), json!({"text": "buy some", "reads": reads}));
    }
    assert_eq!(send("DELETE", "/notes?note=tea", "").await.code(), 204);
    assert_eq!(send("GET", "/notes?note=tea", "").await.code(), 404);
    assert_eq!(send("GET", "/notes", "").await.json(), json!(["milk"]));
}

#[tokio::test]
async fn fifty_invocations_that_count_at_once_lose_nothing() {
    let (_database, node) = node().await;
    let path = "/one?bucket=b&do=increment&key=n&by=3";
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let functions = node.functions;
            tokio::spawn(async move { functions.get(path).await })
        })
        .collect();
    let mut sums = HashSet::new();
    for call in calls {
        let answer = call.await.unwrap();
        assert_eq!(answer.code(), 200, "{answer:?}");
        sums.insert(answer.text().to_owned());
    }
    assert_eq!(sums.len(), 50, "every invocation saw a sum of its own");
    assert_eq!(succeeds(&node, "one", "get&key=n").await, "150");
}

#[tokio::test]
async fn no_function_sees_anothers_keys_nor_one_bucket_the_others() {
    let (database, node) = node().await;
    deploy(&node, "two").await;
    succeeds(&node, "one", "set&key=k&value=mine").await;
    assert_eq!(does(&node, "two", "get&key=k").await.code(), 404);
    assert_eq!(node.functions.get("/one?bucket=c&do=get&key=k").await.code(), 404);
    succeeds(&node, "two", "set&key=k&value=theirs").await;
    assert_eq!(succeeds(&node, "one", "get&key=k").await, "mine");
    assert_eq!(succeeds(&node, "two", "keys").await, "k\n1 pages");
    // Nor does SQL, whatever role it runs under.
    let readers = "(SELECT count(*) FROM unnest(ARRAY['anon', 'authenticated', 'project_admin']) AS role
        WHERE has_table_privilege(role, 'functions.key_values', 'SELECT, INSERT, UPDATE, DELETE'))";
    assert_eq!(database.number(readers).await, 0);
}

#[tokio::test]
async fn entries_outlive_the_node_and_the_version() {
    let (database, mut first) = node().await;
    succeeds(&first, "one", "set&key=k&value=kept").await;
    first.process.terminate();
    first.process.exit().await;
    let second = Serve::over(&database).start().await;
    assert_eq!(succeeds(&second, "one", "get&key=k").await, "kept");
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let (_database, node) = node().await;
    for start in ["a", "b"] {
        succeeds(&node, "one", &format!("set&key={start}&value=x")).await;
    }
    succeeds(&node, "one", "fill&count=1000&size=10").await;
    let listed = succeeds(&node, "one", "keys").await;
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!((lines.len(), lines[1002]), (1003, "2 pages"));
    assert_eq!(lines[..1002].iter().collect::<HashSet<_>>().len(), 1002);
    assert_eq!(succeeds(&node, "one", "get-all&count=1000").await, "1000");
    succeeds(&node, "one", "delete-all&count=1000").await;
    assert_eq!(succeeds(&node, "one", "keys").await, "a\nb\n1 pages");
}

#[tokio::test]
async fn what_is_too_large_or_no_key_is_refused_and_changes_nothing() {
    let (_database, node) = node().await;
    succeeds(&node, "one", "set&key=k&value=before").await;
    for (what, error) in [
        (format!("set&key=k&size={}", MIB + 1), "TooLarge"),
        ("fill&count=1001&size=1".to_owned(), "TooLarge"),
        (format!("fill&count=9&size={MIB}"), "TooLarge"),
        ("set&key=&value=x".to_owned(), "InvalidKey"),
        ("set&key=a%00b&value=x".to_owned(), "InvalidKey"),
        ("long-key&size=1025".to_owned(), "InvalidKey"),
        ("increment&key=k&by=1".to_owned(), "NotANumber"),
    ] {
        let answer = does(&node, "one", &what).await;
        assert_eq!(answer.code(), 500, "{what}");
        assert!(answer.text().starts_with(error), "{what}: {answer:?}");
    }
    assert_eq!(succeeds(&node, "one", "keys").await, "k\n1 pages");
    assert_eq!(succeeds(&node, "one", "get&key=k").await, "before");
    succeeds(&node, "one", &format!("set&key=k&size={MIB}")).await;
    succeeds(&node, "one", "long-key&size=1024").await;
    succeeds(&node, "one", "set&key=n&value=18446744073709551615").await;
    assert!(does(&node, "one", "increment&key=n&by=1").await.text().starts_with("NotANumber"));
    for bucket in ["", "a%00b", "a%0ab"] {
        let answer = node.functions.get(&format!("/one?bucket={bucket}&do=keys")).await;
        assert!(answer.text().starts_with("NoSuchBucket"), "{answer:?}");
    }
    // Values that are readable one by one may be too large together.
    succeeds(&node, "one", &format!("fill&count=8&size={MIB}")).await;
    succeeds(&node, "one", &format!("set&key=key-8&size={MIB}")).await;
    assert!(does(&node, "one", "get-all&count=9").await.text().starts_with("TooLarge"));
    assert_eq!(succeeds(&node, "one", "get-all&count=8").await, "8");
}

#[tokio::test]
async fn a_function_keeps_no_more_than_it_may() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_KEYVALUE_MIB", 1).start().await;
    deploy(&node, "one").await;
    deploy(&node, "two").await;
    succeeds(&node, "one", "set&key=a&size=600000").await;
    let full = does(&node, "one", "set&key=b&size=600000").await;
    assert_eq!((full.code(), full.text().starts_with("Full")), (507, true), "{full:?}");
    let full = node.functions.get("/one?bucket=c&do=set&key=b&size=600000").await;
    assert_eq!(full.code(), 507, "its buckets count together");
    succeeds(&node, "two", "set&key=b&size=600000").await;
    succeeds(&node, "one", "delete-all&count=1").await;
    succeeds(&node, "one", "set&key=a&size=10").await;
    succeeds(&node, "one", "set&key=b&size=600000").await;
}

#[tokio::test]
async fn only_granted_buckets_are_opened() {
    let (_database, node) = node().await;
    let grant = async |keyvalue: serde_json::Value| {
        node.update("one", json!({"capabilities": {"keyvalue": keyvalue}})).await
    };
    assert_eq!(grant(json!(["carts", "b"])).await.code(), 200);
    succeeds(&node, "one", "set&key=k&value=x").await;
    let refused = node.functions.get("/one?bucket=other&do=keys").await;
    assert_eq!(refused.code(), 500);
    assert!(refused.text().contains(r#"not granted: keyvalue: ["other"]"#), "{refused:?}");
    assert_eq!(grant(json!([])).await.code(), 200);
    assert!(does(&node, "one", "keys").await.text().starts_with("NotGranted"));
    for bad in [json!("b"), json!([1]), json!([""]), json!({"b": true})] {
        let answer = grant(bad.clone()).await;
        assert_eq!(answer.code(), 400, "{bad}");
        assert!(answer.text().contains("keyvalue"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_a_typed_error_until_it_is_back() {
    let mut server = Postgres::start();
    let database = server.database().await;
    let node = Serve::over(&database).start().await;
    deploy(&node, "one").await;
    succeeds(&node, "one", "set&key=k&value=x").await;
    server.stop();
    for what in ["get&key=k", "set&key=k&value=y", "increment&key=n&by=1", "keys"] {
        let away = does(&node, "one", what).await;
        assert_eq!(away.code(), 503, "{what}: {away:?}");
        assert!(away.text().starts_with("Unavailable"), "{what}: {away:?}");
    }
    server.resume();
    node.health_when("the node being well again", |_, report| report["status"] == "ok").await;
    assert_eq!(succeeds(&node, "one", "get&key=k").await, "x");
}

async fn alone() -> Running {
    Run::guest("kv-probe").start().await
}

#[tokio::test]
async fn a_function_that_runs_alone_keeps_entries_in_memory() {
    let probe = alone().await;
    let does = async |what: &str| probe.get(&format!("/?bucket=b&do={what}")).await;
    for sum in ["2", "4", "6"] {
        assert_eq!(does("increment&key=n&by=2").await.text(), sum);
    }
    does("set&key=k&value=x").await;
    assert_eq!(does("keys").await.text(), "n\nk\n1 pages");
    assert!(does("increment&key=k&by=1").await.text().starts_with("NotANumber"));
    let call = probe.call_line(&does("get&key=n").await.invocation()).await;
    assert_eq!(call["hostCalls"], 1);
    drop(probe);
    assert_eq!(alone().await.get("/?bucket=b&do=get&key=n").await.code(), 404);
}
