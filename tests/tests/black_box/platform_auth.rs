//! The signed-in user, and what users show of themselves, through the platform listener.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Answer, Database, Node, Postgres, RsaKey, Serve, encrypt, in_seconds, in_time, token,
    token_signed_with, unsigned_token,
};

const CURRENT: &str = "/api/auth/sessions/current";
const MINE: &str = "/api/auth/profiles/current";
const ANN: &str = "00000000-0000-4000-8000-00000000000a";
const BOB: &str = "00000000-0000-4000-8000-00000000000b";

const USERS: &str = "
    INSERT INTO auth.users (id, email, password, email_verified, created_at, updated_at, profile, metadata) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'ann@example.com', 'hash', true, '2026-01-02 03:04:05.678901+02',
            '2026-01-03', '{\"name\":\"Ann\"}', '{\"seats\":3}'),
        ('00000000-0000-4000-8000-00000000000b', 'bob@example.com', NULL, false, now(), now(), NULL, NULL);
    INSERT INTO auth.user_providers (user_id, provider, provider_account_id) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'google', '1'), ('00000000-0000-4000-8000-00000000000a', 'github', '2'),
        ('00000000-0000-4000-8000-00000000000a', 'github', '3');";

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    database.execute(USERS).await;
    (database, node)
}

fn claims(role: &str, subject: &str) -> Value {
    json!({ "sub": subject, "role": role, "exp": in_seconds(60) })
}

fn user(subject: &str) -> String {
    token(&claims("authenticated", subject))
}

async fn get(node: &Node, path: &str, bearer: &str) -> Answer {
    let bearer = format!("Bearer {bearer}");
    node.ask("GET", path, &[("authorization", &bearer)], "").await
}

async fn set(node: &Node, bearer: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {bearer}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    node.ask("PATCH", MINE, &headers, body.to_owned()).await
}

fn refused(answer: &Answer) -> (u16, String) {
    let (status, code, _) = answer.api_error();
    (status, code)
}

#[tokio::test]
async fn a_user_is_shown_their_own_row() {
    let (_database, node) = node().await;
    let ann = get(&node, CURRENT, &user(ANN)).await;
    assert_eq!(ann.code(), 200, "{ann:?}");
    assert_eq!(
        ann.json(),
        json!({ "user": {
            "id": ANN, "email": "ann@example.com", "emailVerified": true, "providers": ["github", "google", "email"],
            "createdAt": "2026-01-02T01:04:05.678Z", "updatedAt": "2026-01-03T00:00:00.000Z",
            "profile": { "name": "Ann" }, "metadata": { "seats": 3 },
        } })
    );
    let bob = get(&node, CURRENT, &user(BOB)).await.json()["user"].clone();
    assert_eq!((&bob["emailVerified"], &bob["providers"]), (&json!(false), &json!([])));
    assert_eq!((&bob["profile"], &bob["metadata"]), (&json!({}), &json!({})));
}

#[tokio::test]
async fn only_somebody_who_signed_in_is_anybody() {
    let (_database, node) = node().await;
    let nobody = (401, "AUTH_INVALID_CREDENTIALS".to_owned());
    let forged = (401, "AUTH_UNAUTHORIZED".to_owned());
    assert_eq!(refused(&node.platform().get(CURRENT).await), nobody);
    // Keys are no tokens; with a key in the other header there is no token either.
    assert_eq!(refused(&node.ask("GET", CURRENT, &[("x-api-key", API_KEY)], "").await), nobody);
    for key in [API_KEY, ANON_KEY] {
        assert_eq!(refused(&get(&node, CURRENT, key).await), forged, "{key}");
    }
    for (role, subject) in [("anon", ANN), ("project_admin", "local:root"), ("postgres", ANN)] {
        assert_eq!(refused(&get(&node, CURRENT, &token(&claims(role, subject))).await), nobody, "{role}");
    }
    for subject in ["00000000-0000-4000-8000-0000000000ff", "' OR true --", "7"] {
        assert_eq!(refused(&get(&node, CURRENT, &user(subject)).await), nobody, "{subject}");
    }
    let expired = token(&json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(-1) }));
    let refresh = token(&json!({ "sub": ANN, "type": "refresh", "exp": in_seconds(60) }));
    let strangers = token_signed_with("another secret", &claims("authenticated", ANN));
    let unsigned = unsigned_token(&claims("authenticated", ANN));
    for credential in [expired, refresh, strangers, unsigned, "nonsense".to_owned()] {
        assert_eq!(refused(&get(&node, CURRENT, &credential).await), forged, "{credential}");
        assert_eq!(refused(&set(&node, &credential, r#"{"profile":{}}"#).await), forged);
    }
    assert_eq!(refused(&get(&node, "/api/auth/sessions", &user(ANN)).await).0, 404);
    let wrong = node.ask("POST", CURRENT, &[], "").await;
    assert_eq!((refused(&wrong).0, wrong.header("allow")), (405, Some("GET,HEAD")));
}

#[tokio::test]
async fn a_token_of_the_platforms_own_key_is_as_good() {
    let (database, node) = node().await;
    let key = RsaKey::generate();
    database.write_secret("JWT_PUBLIC_KEY", &encrypt(&key.public)).await;
    database.write_secret("JWT_KEY_ID", &encrypt("kid_1")).await;
    let token = key.token(Some("kid_1"), &claims("authenticated", ANN));
    in_time("the key being known", async {
        while get(&node, CURRENT, &token).await.code() != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn anybody_sees_profiles_and_nothing_else_of_a_user() {
    let (_database, node) = node().await;
    let ann = node.platform().get(&format!("/api/auth/profiles/{ANN}")).await;
    assert_eq!((ann.code(), ann.json()), (200, json!({ "id": ANN, "profile": { "name": "Ann" } })));
    let gone = node.platform().get("/api/auth/profiles/00000000-0000-4000-8000-0000000000ff").await;
    assert_eq!(refused(&gone), (404, "AUTH_USER_NOT_FOUND".to_owned()));
    for id in ["nobody", "' OR true --".replace(' ', "%20").as_str(), "%00", "..", "7"] {
        let answer = node.platform().get(&format!("/api/auth/profiles/{id}")).await;
        assert!(matches!(refused(&answer).0, 400 | 404), "{id}: {answer:?}");
    }
}

#[tokio::test]
async fn users_change_their_own_profile_key_by_key() {
    let (_database, node) = node().await;
    let changed = set(&node, &user(ANN), r#"{"profile":{"bio":"ö","n":[1,null]}}"#).await;
    let whole = json!({ "name": "Ann", "bio": "ö", "n": [1, null] });
    assert_eq!((changed.code(), changed.json()), (200, json!({ "id": ANN, "profile": whole })));
    assert_eq!(
        set(&node, &user(BOB), r#"{"profile":{"name":"Bob"}}"#).await.json()["profile"],
        json!({ "name": "Bob" })
    );
    let seen = get(&node, CURRENT, &user(ANN)).await.json()["user"]["profile"].clone();
    assert_eq!(seen, whole);
    for body in [
        "",
        "{}",
        "[]",
        r#"{"profile":7}"#,
        r#"{"profile":null}"#,
        r#"{"profile":"#,
        r#"{"profile":{"a":["\u0000"]}}"#,
    ] {
        assert_eq!(refused(&set(&node, &user(ANN), body).await), (400, "INVALID_INPUT".to_owned()), "{body}");
    }
    let gone = set(&node, &user("00000000-0000-4000-8000-0000000000ff"), r#"{"profile":{}}"#).await;
    assert_eq!(refused(&gone), (404, "AUTH_USER_NOT_FOUND".to_owned()));
    let huge = json!({ "profile": { "x": "y".repeat(9000) } }).to_string();
    let small = Database::create().await;
    let small = Serve::over(&small).var("MAX_JSON_BODY_SIZE", "4kb").start().await;
    assert_eq!(refused(&set(&small, &user(ANN), &huge).await), (413, "PAYLOAD_TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn while_the_database_is_away_nobody_is_shown() {
    let mut postgres = Postgres::start();
    let database = postgres.database().await;
    let node = Serve::over(&database).start().await;
    database.execute(USERS).await;
    postgres.stop();
    let away = (503, "DATABASE_UNAVAILABLE".to_owned());
    assert_eq!(refused(&get(&node, CURRENT, &user(ANN)).await), away);
    assert_eq!(refused(&node.platform().get(&format!("/api/auth/profiles/{ANN}")).await), away);
    // What needs no row is told as ever.
    assert_eq!(refused(&get(&node, CURRENT, "nonsense").await).0, 401);
    postgres.resume();
    in_time("users being there again", async {
        while get(&node, CURRENT, &user(ANN)).await.code() != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
}
