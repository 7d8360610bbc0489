//! Who may use the admin API, and who may not.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Database, Headers, JWT_SECRET, Node, Serve, encrypt, in_seconds, in_time, token,
    token_signed_with, unsigned_token,
};

const NO_TOKEN: (u16, &str, &str) = (401, "AUTH_INVALID_CREDENTIALS", "No admin token provided");
const BAD_KEY: (u16, &str, &str) = (401, "AUTH_INVALID_API_KEY", "Invalid API key");
const BAD_TOKEN: (u16, &str, &str) = (401, "AUTH_UNAUTHORIZED", "Invalid token");
const NOT_ADMIN: (u16, &str, &str) = (403, "AUTH_UNAUTHORIZED", "Admin access required");

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

async fn refused(node: &Node, headers: Headers<'_>, (status, code, message): (u16, &str, &str)) {
    let error = node.ask("GET", "/api/functions", headers, "").await.api_error();
    assert_eq!(error, (status, code.into(), message.into()), "{headers:?}");
}

async fn bearer_refused(node: &Node, bearer: &str, error: (u16, &str, &str)) {
    refused(node, &[("authorization", &format!("Bearer {bearer}"))], error).await;
}

async fn accepted(node: &Node, headers: Headers<'_>) {
    let answer = node.ask("GET", "/api/functions", headers, "").await;
    assert_eq!(answer.code(), 200, "{headers:?}: {answer:?}");
}

fn admin() -> Value {
    json!({"sub": "local:admin", "role": "project_admin", "exp": in_seconds(60)})
}

#[tokio::test]
async fn without_a_credential_no_route_answers() {
    let (_database, node) = node().await;
    let routes = [
        ("GET", "/api/functions"),
        ("POST", "/api/functions"),
        ("GET", "/api/functions/f"),
        ("PUT", "/api/functions/f"),
        ("DELETE", "/api/functions/f"),
        ("PUT", "/api/functions/f/module"),
        ("GET", "/api/functions/f/versions"),
        ("GET", "/api/metadata/functions"),
    ];
    for (method, path) in routes {
        let error = node.ask(method, path, &[], "").await.api_error();
        assert_eq!(error, (NO_TOKEN.0, NO_TOKEN.1.into(), NO_TOKEN.2.into()), "{method} {path}");
    }
    for value in ["", "Bearer ", "Bearer", "Basic YTpi"] {
        refused(&node, &[("authorization", value)], NO_TOKEN).await;
    }
    refused(&node, &[("authorization", &format!("Basic {API_KEY}"))], NO_TOKEN).await;
}

#[tokio::test]
async fn an_api_key_opens_the_door_and_nothing_like_it_does() {
    let (_database, node) = node().await;
    accepted(&node, &[("x-api-key", API_KEY)]).await;
    accepted(&node, &[("authorization", &format!("Bearer {API_KEY}"))]).await;
    let wrong = format!("ik_{}", "1".repeat(64));
    bearer_refused(&node, &wrong, BAD_KEY).await;
    bearer_refused(&node, "ik_", BAD_KEY).await;
    bearer_refused(&node, &format!("{API_KEY}0"), BAD_KEY).await;
    bearer_refused(&node, ANON_KEY, BAD_TOKEN).await;
    for value in [wrong.as_str(), "anything", ANON_KEY, &token(&admin())] {
        refused(&node, &[("x-api-key", value)], BAD_KEY).await;
    }
    // What fails as one kind of credential is never tried as another.
    let good = format!("Bearer {}", token(&admin()));
    refused(&node, &[("x-api-key", &wrong), ("authorization", &good)], BAD_KEY).await;
}

#[tokio::test]
async fn an_admins_token_opens_the_door() {
    let (database, node) = node().await;
    accepted(&node, &[("authorization", &format!("Bearer {}", token(&admin())))]).await;
    let forever = token(&json!({"sub": "local:root", "role": "project_admin"}));
    let headers =
        [("authorization", format!("bearer {forever}")), ("content-type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let created = node.ask("POST", "/api/functions", &headers, r#"{"name":"f","code":"x"}"#).await;
    assert_eq!(created.code(), 201, "{created:?}");
    let actor = "(SELECT actor FROM system.audit_logs)";
    assert_eq!(database.text(actor).await.as_deref(), Some("local:root"));
}

#[tokio::test]
async fn a_token_that_is_not_an_admins_or_not_genuine_does_not() {
    let (_database, node) = node().await;
    let with = |name: &str, value: Value| {
        let mut claims = admin();
        claims[name] = value;
        token(&claims)
    };
    for role in ["authenticated", "anon", "PROJECT_ADMIN", ""] {
        bearer_refused(&node, &with("role", json!(role)), NOT_ADMIN).await;
    }
    bearer_refused(&node, &token(&json!({"sub": "x"})), NOT_ADMIN).await;

    bearer_refused(&node, &with("exp", json!(in_seconds(-1))), BAD_TOKEN).await;
    bearer_refused(&node, &with("sub", json!("")), BAD_TOKEN).await;
    bearer_refused(&node, &token(&json!({"role": "project_admin"})), BAD_TOKEN).await;
    bearer_refused(&node, &unsigned_token(&admin()), BAD_TOKEN).await;
    bearer_refused(&node, &token_signed_with("guess", &admin()), BAD_TOKEN).await;
    bearer_refused(&node, &token_signed_with("", &admin()), BAD_TOKEN).await;
    let genuine = token(&admin());
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    bearer_refused(&node, &format!("{signed}."), BAD_TOKEN).await;
    bearer_refused(&node, &format!("{}.{signature}", signed.replace("eyJ", "eyK")), BAD_TOKEN).await;
    bearer_refused(&node, "a.b.c", BAD_TOKEN).await;
    bearer_refused(&node, "x", BAD_TOKEN).await;
    let long = "x".repeat(20_000);
    bearer_refused(&node, &long, BAD_TOKEN).await;
}

#[tokio::test]
async fn a_rotated_key_is_good_until_its_grace_ends() {
    let (database, node) = node().await;
    let new = format!("ik_{}", "2".repeat(64));
    let retire = "UPDATE system.secrets SET key = 'API_KEY_OLD_1', expires_at = now() + interval '1 hour'
        WHERE key = 'API_KEY'";
    database.execute(retire).await;
    database.write_secret("API_KEY", &encrypt(&new)).await;
    let status = async |key: &str| node.ask("GET", "/api/functions", &[("x-api-key", key)], "").await.code();
    in_time("the new key being known", async { while status(&new).await != 200 {} }).await;
    assert_eq!(status(API_KEY).await, 200);
    let end =
        "UPDATE system.secrets SET expires_at = now() + interval '1 second' WHERE key = 'API_KEY_OLD_1'";
    database.execute(end).await;
    in_time("the old key's end", async { while status(API_KEY).await != 401 {} }).await;
    assert_eq!(status(&new).await, 200);
}

#[tokio::test]
async fn a_configured_token_secret_wins_over_a_stored_one() {
    let (database, node) = node().await;
    database.write_secret("JWT_SECRET", &encrypt("stored")).await;
    database.write_secret("MARK", &encrypt("x")).await;
    accepted(&node, &[("authorization", &format!("Bearer {}", token_signed_with(JWT_SECRET, &admin())))])
        .await;
    bearer_refused(&node, &token_signed_with("stored", &admin()), BAD_TOKEN).await;
}

#[tokio::test]
async fn functions_are_called_without_any_credential() {
    let (_database, node) = node().await;
    node.deploy("open", wasmforge_tests::answering(204)).await;
    assert_eq!(node.status_of("open").await, 204);
    assert_eq!(node.platform().get("/functions/open").await.code(), 204);
    let wrong = node.ask("GET", "/functions/open", &[("authorization", "Bearer ik_wrong")], "").await;
    assert_eq!(wrong.code(), 204, "the runtime verifies nothing: the function does");
}
