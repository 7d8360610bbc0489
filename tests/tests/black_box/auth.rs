//! What functions are told of credentials and of the users behind them.

use serde_json::{Value, json};
use std::time::Duration;
use wasmforge_tests::{
    ANON_KEY, API_KEY, Answer, Database, Guest, Node, Postgres, RsaKey, Run, Serve, component, encrypt,
    in_seconds, in_time, request, token, token_signed_with, unsigned_token,
};

wasmforge_tests::twins!(example: "auth", "auth-ts": a_user_is_shown_their_own_row_and_nobody_elses);

const ANN: &str = "00000000-0000-4000-8000-00000000000a";

async fn node(database: &Database) -> Node {
    let node = Serve::over(database).start().await;
    node.deploy("probe", std::fs::read(component("platform-probe")).unwrap()).await;
    node
}

async fn get(node: &Node, path: &str, bearer: Option<&str>) -> Answer {
    let call = request("GET", path);
    let call = match bearer {
        Some(bearer) => call.header("authorization", format!("Bearer {bearer}")),
        None => call,
    };
    node.functions.send(call.body("").unwrap()).await
}

fn error(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.header("x-error").unwrap_or_default())
}

fn claims(role: &str) -> Value {
    json!({ "sub": ANN, "role": role, "email": "ann@example.com", "exp": in_seconds(60), "plan": { "seats": 3 } })
}

/// Role, subject, email and claims, as the probe shows them.
async fn caller(node: &Node, bearer: Option<&str>) -> Value {
    get(node, "/probe?do=caller", bearer).await.json()
}

#[tokio::test]
async fn a_function_is_told_who_calls() {
    let database = Database::create().await;
    let node = node(&database).await;
    assert_eq!(caller(&node, None).await, json!(["Anon", null, null, { "role": "anon" }]));
    assert_eq!(caller(&node, Some(ANON_KEY)).await[0], "Anon");
    let admin = json!(["ProjectAdmin", null, null, { "role": "project_admin" }]);
    assert_eq!(caller(&node, Some(API_KEY)).await, admin);
    let claims = claims("authenticated");
    let user = caller(&node, Some(&token(&claims))).await;
    assert_eq!(user, json!(["Authenticated", ANN, "ann@example.com", claims]));
    // A token without a role is a signed-in user's.
    assert_eq!(caller(&node, Some(&token(&json!({ "sub": "x" })))).await[0], "Authenticated");
}

/// Credentials that look good and are not.
fn forged() -> Vec<String> {
    let changed = |name: &str, value: Value| {
        let mut claims = claims("project_admin");
        claims[name] = value;
        token(&claims)
    };
    let good = token(&claims("project_admin"));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    vec![
        changed("exp", json!(in_seconds(-1))),
        changed("nbf", json!(in_seconds(600))),
        changed("sub", json!("")),
        changed("sub", json!(7)),
        changed("role", json!("postgres")),
        changed("role", json!(["project_admin"])),
        token_signed_with("another secret", &claims("project_admin")),
        token_signed_with("", &claims("project_admin")),
        unsigned_token(&claims("project_admin")),
        format!("{signed}.{}", &signature[1..]),
        format!("{signed}x.{signature}"),
        format!("ik_{}", "0".repeat(64)),
        format!("anon_{}", "0".repeat(64)),
        "ik_".to_owned(),
        "a.b.c".to_owned(),
    ]
}

#[tokio::test]
async fn a_forged_credential_is_nobodys_wherever_it_is_shown() {
    let database = Database::create().await;
    let node = node(&database).await;
    for credential in forged() {
        for what in ["caller", "user"] {
            let answer = get(&node, &format!("/probe?do={what}"), Some(&credential)).await;
            assert_eq!(error(&answer), (401, "InvalidCredential"), "{what} with {credential}");
        }
        let answer = get(&node, &format!("/probe?do=verify&credential={credential}"), Some(API_KEY)).await;
        assert_eq!(error(&answer), (401, "InvalidCredential"), "{credential}");
    }
}

#[tokio::test]
async fn rs256_counts_under_the_platforms_key_and_its_id_only() {
    let database = Database::create().await;
    let node = node(&database).await;
    let key = RsaKey::generate();
    database.write_secret("JWT_PUBLIC_KEY", &encrypt(&key.public)).await;
    database.write_secret("JWT_KEY_ID", &encrypt("kid_1")).await;
    let verify =
        async |credential: &str| get(&node, &format!("/probe?do=verify&credential={credential}"), None).await;
    let claims = claims("authenticated");
    in_time("the key being known", async {
        while verify(&key.token(Some("kid_1"), &claims)).await.code() != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    for stranger in [
        key.token(None, &claims),
        key.token(Some("kid_2"), &claims),
        RsaKey::generate().token(Some("kid_1"), &claims),
        // The public key is public: it must never do as the secret of HS256.
        token_signed_with(&key.public, &claims),
    ] {
        assert_eq!(error(&verify(&stranger).await), (401, "InvalidCredential"));
    }
    // Tokens of the other kind are as good as before.
    assert_eq!(verify(&token(&claims)).await.json()[1], ANN);
}

async fn a_user_is_shown_their_own_row_and_nobody_elses(guest: Guest) {
    let database = Database::create().await;
    let node = node(&database).await;
    node.deploy_guest("who", guest).await;
    database
        .execute(&format!(
            "INSERT INTO auth.users (id, email, password, email_verified, created_at, updated_at, profile) VALUES
             ('{ANN}', 'ann@example.com', 'hash', true, '2026-01-02 03:04:05.678901+02', '2026-01-02', '{{\"name\":\"Ann\"}}'),
             (gen_random_uuid(), 'bob@example.com', 'hash', false, now(), now(), '{{}}')"
        ))
        .await;
    assert_eq!(get(&node, "/who?token=forged", None).await.code(), 401);
    let answer = get(&node, "/who", Some(&token(&claims("authenticated")))).await.json();
    assert_eq!((&answer["role"], &answer["subject"]), (&json!("authenticated"), &json!(ANN)));
    let user = &answer["user"];
    assert_eq!((&user["id"], &user["email"]), (&json!(ANN), &json!("ann@example.com")));
    assert_eq!(
        (&user["emailVerified"], &user["createdAt"]),
        (&json!(true), &json!("2026-01-02T01:04:05.678Z"))
    );
    assert_eq!((&user["profile"], &user["metadata"]), (&json!({ "name": "Ann" }), &json!({})));
    assert_eq!(user.as_object().unwrap().len(), 7, "{user}");

    // Admins, strangers and users who are gone have no row.
    let gone = token(&json!({ "sub": "00000000-0000-4000-8000-0000000000ff" }));
    let elsewhere = token(&json!({ "sub": "' OR true --" }));
    for bearer in [None, Some(API_KEY), Some(ANON_KEY), Some(gone.as_str()), Some(elsewhere.as_str())] {
        assert_eq!(get(&node, "/probe?do=user", bearer).await.json(), Value::Null, "{bearer:?}");
    }
}

#[tokio::test]
async fn a_function_that_is_not_granted_to_ask_is_told_so() {
    let database = Database::create().await;
    let node = node(&database).await;
    assert_eq!(node.update("probe", json!({ "capabilities": { "auth": "none" } })).await.code(), 200);
    for what in ["caller", "verify&credential=x", "user"] {
        let answer = get(&node, &format!("/probe?do={what}"), None).await;
        assert_eq!(error(&answer), (500, "NotGranted"));
        assert!(answer.text().contains(r#"auth: \"caller\""#), "{answer:?}");
    }
    assert_eq!(node.update("probe", json!({ "capabilities": { "auth": "all" } })).await.code(), 400);
}

#[tokio::test]
async fn while_the_database_is_away_credentials_are_checked_and_users_are_not_there() {
    let mut postgres = Postgres::start();
    let database = postgres.database().await;
    let node = node(&database).await;
    let bearer = token(&claims("authenticated"));
    postgres.stop();
    assert_eq!(caller(&node, Some(&bearer)).await[0], "Authenticated");
    let answer = get(&node, "/probe?do=user", Some(&bearer)).await;
    assert_eq!(error(&answer), (503, "Unavailable"));
    assert!(!answer.text().contains("127.0.0.1"), "{answer:?}");
    postgres.resume();
    in_time("users being there again", async {
        while get(&node, "/probe?do=user", Some(&bearer)).await.code() != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_process_without_a_database_has_no_keys() {
    let run = Run::guest("platform-probe").start().await;
    for what in ["caller", "user", "rest&path=/"] {
        assert_eq!(error(&run.does(what).await), (503, "Unavailable"), "{what}");
    }
}
