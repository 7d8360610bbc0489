//! Who may invoke a function that is not open to everybody.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Database, Node, Serve, answering, in_seconds, request, token, token_signed_with,
    unsigned_token,
};

const NOBODY: (u16, &str) = (401, "AUTH_INVALID_CREDENTIALS");
const UNKNOWN: (u16, &str) = (401, "AUTH_UNAUTHORIZED");
const TOO_WEAK: (u16, &str) = (403, "AUTH_UNAUTHORIZED");

/// A node with a function of each policy, named like it.
async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    for policy in ["public", "authenticated", "service"] {
        node.deploy(policy, answering(200)).await;
        assert_eq!(node.update(policy, json!({ "auth": policy })).await.code(), 200);
    }
    (database, node)
}

async fn status(node: &Node, slug: &str, bearer: &str) -> u16 {
    let call = request("POST", &format!("/{slug}")).header("authorization", format!("Bearer {bearer}"));
    node.functions.send(call.body("").unwrap()).await.code()
}

async fn refused(node: &Node, slug: &str, bearer: &str, (status, code): (u16, &str)) {
    let call = request("POST", &format!("/{slug}")).header("authorization", format!("Bearer {bearer}"));
    let answer = node.functions.send(call.body("").unwrap()).await;
    assert_eq!(answer.failure(), (status, code.to_owned()), "{slug} with {bearer}");
    assert_eq!(node.call_line(&answer.invocation()).await["outcome"], "refused");
}

fn claims(role: &str) -> Value {
    json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": role, "exp": in_seconds(60) })
}

#[tokio::test]
async fn a_public_function_asks_nobody_who_they_are() {
    let (_database, node) = node().await;
    assert_eq!(node.functions.get("/public").await.code(), 200);
    assert_eq!(status(&node, "public", "nonsense").await, 200);
}

#[tokio::test]
async fn a_function_for_users_lets_users_in_and_whoever_stands_above_them() {
    let (_database, node) = node().await;
    for bearer in [token(&claims("authenticated")), token(&claims("project_admin")), API_KEY.to_owned()] {
        assert_eq!(status(&node, "authenticated", &bearer).await, 200, "{bearer}");
    }
    assert_eq!(node.functions.get("/authenticated").await.failure(), (NOBODY.0, NOBODY.1.to_owned()));
    for bearer in [token(&claims("anon")), ANON_KEY.to_owned()] {
        refused(&node, "authenticated", &bearer, TOO_WEAK).await;
    }
}

#[tokio::test]
async fn a_function_for_services_sends_users_away() {
    let (_database, node) = node().await;
    for bearer in [token(&claims("project_admin")), API_KEY.to_owned()] {
        assert_eq!(status(&node, "service", &bearer).await, 200, "{bearer}");
    }
    refused(&node, "service", &token(&claims("authenticated")), TOO_WEAK).await;
}

#[tokio::test]
async fn a_credential_that_is_not_ours_opens_nothing() {
    let (_database, node) = node().await;
    let expired = json!({ "sub": "u", "role": "project_admin", "exp": in_seconds(-60) });
    let forged = [
        token(&expired),
        token_signed_with("another secret", &claims("project_admin")),
        unsigned_token(&claims("project_admin")),
        format!("ik_{}", "0".repeat(64)),
        "nonsense".to_owned(),
    ];
    for bearer in forged {
        refused(&node, "service", &bearer, UNKNOWN).await;
    }
}
