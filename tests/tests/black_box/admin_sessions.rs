//! Signing in as the administrator, as the dashboard does.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Answer, Database, Node, RsaKey, Serve, encrypt, in_seconds, in_time, token,
    token_signed_with,
};

const COOKIE: &str = "insforge_admin_refresh_token";
const PASSWORD: &str = "correct horse battery staple";
const SESSIONS: &str = "/api/auth/admin/sessions";
const REFRESH: &str = "/api/auth/admin/refresh";
const LOG_OUT: &str = "/api/auth/admin/logout";

fn serve(database: &Database) -> Serve {
    Serve::over(database).var("ROOT_ADMIN_USERNAME", "root").var("ROOT_ADMIN_PASSWORD", PASSWORD)
}

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = serve(&database).start().await;
    (database, node)
}

async fn sign_in(node: &Node, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password}).to_string();
    node.ask("POST", SESSIONS, &[("content-type", "application/json")], body).await
}

/// A session in a browser: the cookie's value and the CSRF token.
struct Browser {
    access_token: String,
    cookie: String,
    csrf: String,
}

impl Browser {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.code(), 200, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap();
        let value = cookie.strip_prefix(COOKIE).unwrap().strip_prefix('=').unwrap();
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        Self {
            access_token: text("accessToken"),
            cookie: value.split(';').next().unwrap().to_owned(),
            csrf: text("csrfToken"),
        }
    }

    async fn post(&self, node: &Node, path: &str) -> Answer {
        let cookie = format!("theme=dark; {COOKIE}={}", self.cookie);
        node.ask("POST", path, &[("cookie", &cookie), ("x-csrf-token", &self.csrf)], "").await
    }
}

async fn is_admin(node: &Node, token: &str) -> u16 {
    node.ask("GET", "/api/functions", &[("authorization", &format!("Bearer {token}"))], "").await.code()
}

fn claims(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut json = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (json(), json())
}

fn error(answer: &Answer) -> (u16, String, String) {
    answer.api_error()
}

fn expected(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

#[tokio::test]
async fn the_administrator_signs_in_refreshes_and_logs_out() {
    let (database, node) = node().await;
    let signed_in = sign_in(&node, "root", PASSWORD).await;
    assert_eq!(signed_in.json()["admin"], json!({"sub": "local:root"}));
    assert_eq!(signed_in.header("cache-control"), Some("no-store"));
    let cookie = signed_in.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=None", "Path=/api/auth/admin", "Max-Age=604800"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let browser = Browser::of(&signed_in);
    assert_eq!(is_admin(&node, &browser.access_token).await, 200);
    let (header, claims) = claims(&browser.access_token);
    assert_eq!((&header["alg"], &claims["role"]), (&json!("HS256"), &json!("project_admin")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    let bearer = format!("Bearer {}", browser.access_token);
    let current =
        node.ask("GET", "/api/auth/admin/sessions/current", &[("authorization", &bearer)], "").await;
    assert_eq!((current.code(), current.json()), (200, json!({"admin": {"sub": "local:root"}})));

    let refreshed = browser.post(&node, REFRESH).await;
    let again = Browser::of(&refreshed);
    assert_eq!(again.csrf, browser.csrf);
    assert_eq!(is_admin(&node, &again.access_token).await, 200);

    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let deed = node.ask("POST", "/api/secrets", &headers, r#"{"key":"A","value":"v"}"#).await;
    assert_eq!(deed.code(), 201, "{deed:?}");
    let actor = "(SELECT actor FROM system.audit_logs WHERE action = 'CREATE_SECRET')";
    assert_eq!(database.text(actor).await.as_deref(), Some("local:root"));

    let logged_out = again.post(&node, LOG_OUT).await;
    let said = json!({"success": true, "message": "Logged out successfully"});
    assert_eq!((logged_out.code(), logged_out.json()), (200, said.clone()));
    assert!(
        logged_out.header("set-cookie").unwrap().starts_with(&format!("{COOKIE}=; Expires=Thu, 01 Jan 1970"))
    );
    let nobody = node.ask("POST", LOG_OUT, &[], "").await;
    assert_eq!((nobody.code(), nobody.json()), (200, said));
}

#[tokio::test]
async fn a_wrong_name_or_password_opens_nothing_and_says_no_more() {
    let (_database, node) = node().await;
    let refused = expected(401, "AUTH_UNAUTHORIZED", "Invalid admin credentials");
    for (username, password) in [
        ("root", "wrong"),
        ("admin", PASSWORD),
        ("ROOT", PASSWORD),
        ("root", ""),
        ("root", &format!("{PASSWORD} ")),
    ] {
        let answer = sign_in(&node, username, password).await;
        assert_eq!(error(&answer), refused, "{username}");
        assert_eq!(answer.header("set-cookie"), None);
    }
    assert_eq!(error(&sign_in(&node, "root", &"x".repeat(100_000)).await), refused);
    assert_eq!(sign_in(&node, " root ", PASSWORD).await.code(), 200);
}

#[tokio::test]
async fn what_is_no_log_in_is_refused() {
    let (_database, node) = node().await;
    let json_type = [("content-type", "application/json")];
    for (body, message) in [
        (json!({}), "username: Required, password: Required"),
        (json!({"username": "root"}), "password: Required"),
        (json!({"username": "", "password": "x"}), "username: Username is required"),
        (
            json!({"username": "x".repeat(101), "password": "x"}),
            "username: Username must be at most 100 characters",
        ),
        (json!({"username": 5, "password": ["x"]}), "username: Expected string, password: Expected string"),
    ] {
        let answer = node.ask("POST", SESSIONS, &json_type, body.to_string()).await;
        assert_eq!(error(&answer), expected(400, "INVALID_INPUT", message));
    }
    for body in ["[]", "null", "{", "username=root"] {
        assert_eq!(node.ask("POST", SESSIONS, &json_type, body).await.code(), 400, "{body}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(node.ask("POST", SESSIONS, &form, "username=root&password=x").await.code(), 415);
    assert_eq!(node.ask("GET", SESSIONS, &[], "").await.code(), 405);
}

#[tokio::test]
async fn attempts_that_fail_are_counted_and_good_ones_are_not() {
    let (_database, node) = node().await;
    for _ in 0..12 {
        assert_eq!(sign_in(&node, "root", PASSWORD).await.code(), 200);
    }
    for left in (0..10).rev() {
        let answer = sign_in(&node, "root", "guess").await;
        assert_eq!(
            (answer.code(), answer.header("ratelimit-remaining")),
            (401, Some(left.to_string().as_str()))
        );
    }
    let stopped = sign_in(&node, "root", PASSWORD).await;
    assert_eq!(error(&stopped).1, "TOO_MANY_REQUESTS");
    assert_eq!(stopped.code(), 429);
    let wait: u64 = stopped.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    assert_eq!(stopped.header("ratelimit-policy"), Some("10;w=900"));
    assert_eq!(
        node.ask("GET", "/api/functions", &[("x-api-key", API_KEY)], "").await.code(),
        200,
        "keys go on"
    );
}

#[tokio::test]
async fn guesses_at_once_are_not_more_than_the_limit() {
    let (_database, node) = node().await;
    let guesses = futures_util::future::join_all((0..40).map(|_| sign_in(&node, "root", "guess"))).await;
    assert_eq!(guesses.iter().filter(|answer| answer.code() == 401).count(), 10);
    assert_eq!(guesses.iter().filter(|answer| answer.code() == 429).count(), 30);
}

#[tokio::test]
async fn a_session_is_refreshed_only_by_its_own_cookie_and_csrf_token() {
    let (_database, node) = node().await;
    let browser = Browser::of(&sign_in(&node, "root", PASSWORD).await);
    let other = Browser::of(&sign_in(&node, "root", PASSWORD).await);
    let cookie = format!("{COOKIE}={}", browser.cookie);
    let no_csrf = expected(403, "FORBIDDEN", "Invalid CSRF token");
    for headers in [
        vec![("cookie", cookie.as_str())],
        vec![("cookie", &cookie), ("x-csrf-token", "")],
        vec![("cookie", &cookie), ("x-csrf-token", &other.csrf)],
        vec![("cookie", &cookie), ("x-csrf-token", &browser.csrf), ("x-csrf-token", &browser.csrf)],
    ] {
        assert_eq!(error(&node.ask("POST", REFRESH, &headers, "").await), no_csrf, "{headers:?}");
        assert_eq!(error(&node.ask("POST", LOG_OUT, &headers, "").await), no_csrf, "{headers:?}");
    }
    let none = node.ask("POST", REFRESH, &[("x-csrf-token", &browser.csrf)], "").await;
    assert_eq!(error(&none), expected(401, "AUTH_UNAUTHORIZED", "No admin refresh token provided"));

    let now = in_seconds(0);
    let claims = |kind: &str, exp: i64| {
        json!({"sub": "local:root", "type": kind, "iss": "insforge", "csrfNonce": "n", "sessionType": "admin",
            "account": "x", "iat": now, "exp": exp})
    };
    let forged = [
        token_signed_with("guess", &claims("refresh", now + 60)),
        token(&claims("refresh", now - 60)),
        token(&claims("access", now + 60)),
        browser.access_token.clone(),
        "a.b.c".to_owned(),
        ANON_KEY.to_owned(),
    ];
    for cookie in forged {
        let answer = Browser { cookie, ..Browser::of(&sign_in(&node, "root", PASSWORD).await) }
            .post(&node, REFRESH)
            .await;
        assert_eq!(error(&answer), expected(401, "AUTH_UNAUTHORIZED", "Invalid or expired refresh token"));
        assert!(answer.header("set-cookie").unwrap().starts_with(&format!("{COOKIE}=;")), "it is taken away");
    }
    // A refresh token opens nothing by itself.
    assert_eq!(is_admin(&node, &browser.cookie).await, 401);
    assert_eq!(browser.post(&node, REFRESH).await.code(), 200);
}

#[tokio::test]
async fn another_password_ends_the_sessions() {
    let (database, node) = node().await;
    let browser = Browser::of(&sign_in(&node, "root", PASSWORD).await);
    drop(node);
    let node = serve(&database).var("ROOT_ADMIN_PASSWORD", "changed").start().await;
    assert_eq!(browser.post(&node, REFRESH).await.code(), 401);
    assert_eq!(sign_in(&node, "root", PASSWORD).await.code(), 401);
    assert_eq!(sign_in(&node, "root", "changed").await.code(), 200);
}

#[tokio::test]
async fn with_a_pair_of_keys_in_the_secrets_sessions_are_signed_by_it() {
    let (database, node) = node().await;
    let key = RsaKey::generate();
    database.write_secret("JWT_PRIVATE_KEY", &encrypt(&key.private_pem)).await;
    database.write_secret("JWT_PUBLIC_KEY", &encrypt(&key.public)).await;
    database.write_secret("JWT_KEY_ID", &encrypt("kid_1")).await;
    in_time("the keys being known", async {
        loop {
            let browser = Browser::of(&sign_in(&node, "root", PASSWORD).await);
            let (header, _) = claims(&browser.access_token);
            assert_eq!(is_admin(&node, &browser.access_token).await, 200, "{header}");
            if header["alg"] == "RS256" {
                assert_eq!(header["kid"], "kid_1");
                assert_eq!(browser.post(&node, REFRESH).await.code(), 200);
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn where_there_is_no_account_nobody_signs_in() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let answer = sign_in(&node, "root", PASSWORD).await;
    assert!(answer.json()["nextActions"].as_str().unwrap().contains("ROOT_ADMIN_PASSWORD"));
    assert_eq!(error(&answer), expected(501, "NOT_SUPPORTED", "No administrator's account is configured"));
    assert_eq!(node.ask("POST", REFRESH, &[], "").await.code(), 501);
    assert_eq!(node.ask("POST", LOG_OUT, &[], "").await.code(), 200);
}

#[tokio::test]
async fn a_session_is_an_admins_token_and_no_key() {
    let (_database, node) = node().await;
    let current = async |bearer: &str| {
        let bearer = format!("Bearer {bearer}");
        error(&node.ask("GET", "/api/auth/admin/sessions/current", &[("authorization", &bearer)], "").await)
    };
    let user = token(&json!({"sub": "u", "role": "authenticated"}));
    assert_eq!(current(&user).await, expected(403, "AUTH_UNAUTHORIZED", "Admin access required"));
    for bearer in [API_KEY, ANON_KEY, "a.b.c"] {
        assert_eq!(current(bearer).await, expected(401, "AUTH_UNAUTHORIZED", "Invalid token"));
    }
    let nobody = node.ask("GET", "/api/auth/admin/sessions/current", &[], "").await;
    assert_eq!(error(&nobody), expected(401, "AUTH_INVALID_CREDENTIALS", "No token provided"));
}
