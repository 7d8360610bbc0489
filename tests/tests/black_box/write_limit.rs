//! How often one address may change functions.

use serde_json::json;
use wasmforge_tests::{Database, Node, Serve, answering};

/// A node that counts, which the harness's others do not.
async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).var("INSFORGE_DISABLE_WRITE_RATE_LIMIT", "0").start().await;
    (database, node)
}

#[tokio::test]
async fn the_sixteenth_write_of_an_address_in_five_minutes_is_refused() {
    let (_database, node) = node().await;
    let first = node.upload("f", answering(204)).await;
    assert_eq!((first.code(), first.header("ratelimit-policy")), (201, Some("15;w=300")));
    assert_eq!(
        (first.header("ratelimit-limit"), first.header("ratelimit-remaining")),
        (Some("15"), Some("14"))
    );
    // What fails is counted too: a script that goes wrong in a loop must not be without bounds.
    for left in (0..14).rev() {
        let answer = node.delete("nobody").await;
        assert_eq!(
            (answer.code(), answer.header("ratelimit-remaining")),
            (404, Some(left.to_string().as_str()))
        );
        assert_eq!(answer.header("retry-after"), None);
    }
    let refused = node.update("f", json!({"name": "n"})).await;
    let message = "Too many functions write requests. Please wait a few minutes and try again.";
    assert_eq!(refused.api_error(), (429, "TOO_MANY_REQUESTS".to_owned(), message.to_owned()));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-reset"), refused.header("retry-after"));

    assert_eq!(node.read("f").await.json()["name"], "f", "nothing was changed");
    assert_eq!(node.slugs().await, ["f"], "reading is not counted");
    assert_eq!(node.status_of("f").await, 204, "nor is calling");
    let secret = node.admin("POST", "/api/secrets", Some(json!({"key": "A", "value": "v"}))).await;
    assert_eq!(secret.code(), 201, "nor is what changes no function");
}

#[tokio::test]
async fn the_way_back_is_open_however_much_was_written() {
    let (_database, node) = node().await;
    node.deploy("f", answering(204)).await;
    node.deploy("f", answering(500)).await;
    while node.delete("nobody").await.code() != 429 {}
    let back = node.admin("POST", "/api/functions/f/rollback", Some(json!({}))).await;
    assert_eq!((back.code(), back.header("ratelimit-limit")), (200, None), "{back:?}");
    assert_eq!(node.status_of("f").await, 204);
    // A function may be called so, too.
    assert_eq!(node.delete("rollback").await.code(), 429);
}

#[tokio::test]
async fn who_is_no_admin_uses_nothing_up() {
    let (_database, node) = node().await;
    for _ in 0..20 {
        let answer = node.ask("DELETE", "/api/functions/f", &[("x-api-key", "ik_wrong")], "").await;
        assert_eq!((answer.code(), answer.header("ratelimit-limit")), (401, None));
    }
    assert_eq!(node.upload("f", answering(204)).await.header("ratelimit-remaining"), Some("14"));
}

#[tokio::test]
async fn a_flag_turns_the_counting_off() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    for _ in 0..20 {
        let answer = node.delete("nobody").await;
        assert_eq!((answer.code(), answer.header("ratelimit-limit")), (404, None));
    }
}
