//! PostgREST as functions reach it: whose rows they see, what they cannot claim, and what happens when it fails.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wasmforge_tests::{
    ANON_KEY, API_KEY, Answer, Database, Guest, Node, Postgrest, RsaKey, Serve, component, encrypt,
    in_seconds, in_time, request, token_signed_with, unsigned_token,
};

wasmforge_tests::twins!(example: "rest", "rest-ts": each_caller_sees_and_changes_their_own_rows);

/// PostgREST wants 32 bytes.
const SECRET: &str = "a-token-secret-of-32-bytes-or-more";
const ANN: &str = "00000000-0000-4000-8000-00000000000a";
const BOB: &str = "00000000-0000-4000-8000-00000000000b";

/// Notes that only their owners see, and what a request looks like from inside.
const SCHEMA: &str = "
    CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL DEFAULT auth.uid(),
        text text NOT NULL CHECK (text <> ''));
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON notes USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    CREATE TABLE lines (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text);
    CREATE FUNCTION whoami() RETURNS json LANGUAGE sql STABLE AS $$
        SELECT json_build_object('role', current_user, 'sub', auth.jwt() ->> 'sub', 'email', auth.email()) $$;
    CREATE FUNCTION headers() RETURNS json LANGUAGE sql STABLE AS $$
        SELECT current_setting('request.headers', true)::json $$;";

/// A node with a database, a PostgREST over it, the example and the probe.
struct Platform {
    node: Node,
    postgrest: Postgrest,
    database: Database,
}

impl Platform {
    async fn start() -> Self {
        let database = Database::create().await;
        let mut postgrest = Postgrest::beside(&database, SECRET);
        let node = node(&database, &postgrest.url()).await;
        database.execute(SCHEMA).await;
        postgrest.start().await;
        Self { node, postgrest, database }
    }

    /// What the probe gets from PostgREST, for somebody who shows this credential.
    async fn relay(&self, method: &str, path: &str, bearer: &str, headers: &[(&str, &str)]) -> Answer {
        relay(&self.node, method, path, bearer, headers).await
    }

    async fn whoami(&self, bearer: &str) -> Value {
        self.relay("GET", "/rpc/whoami", bearer, &[]).await.json()
    }
}

async fn node(database: &Database, postgrest: &str) -> Node {
    let node =
        Serve::over(database).var("JWT_SECRET", SECRET).var("POSTGREST_BASE_URL", postgrest).start().await;
    node.deploy("probe", std::fs::read(component("platform-probe")).unwrap()).await;
    node.deploy("notes", std::fs::read(component("rest")).unwrap()).await;
    node
}

async fn relay(node: &Node, method: &str, path: &str, bearer: &str, headers: &[(&str, &str)]) -> Answer {
    let mut call = request(method, &format!("/probe?do=rest&path={}", path.replace('&', "%26")));
    if !bearer.is_empty() {
        call = call.header("authorization", format!("Bearer {bearer}"));
    }
    let call = headers.iter().fold(call, |call, (name, value)| call.header(format!("x-send-{name}"), *value));
    node.functions.send(call.body("").unwrap()).await
}

fn claims(role: &str, subject: &str) -> Value {
    json!({ "sub": subject, "role": role, "email": "someone@example.com", "exp": in_seconds(60) })
}

fn token_of(subject: &str) -> String {
    token_signed_with(SECRET, &claims("authenticated", subject))
}

/// The variant of the SDK's error that a call ended with.
fn error(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.header("x-error").unwrap_or_default())
}

async fn each_caller_sees_and_changes_their_own_rows(guest: Guest) {
    let platform = Platform::start().await;
    platform.node.deploy_guest("own-notes", guest).await;
    let notes = async |method: &str, query: &str, subject: &str, body: &'static str| {
        let call = request(method, &format!("/own-notes{query}"))
            .header("authorization", format!("Bearer {}", token_of(subject)))
            .header("content-type", "application/json");
        platform.node.functions.send(call.body(body).unwrap()).await
    };
    let added = notes("POST", "", ANN, r#"{"text":"milk"}"#).await;
    assert_eq!((added.code(), &added.json()["text"]), (201, &json!("milk")));
    let id = added.json()["id"].clone();
    assert_eq!(notes("POST", "", BOB, r#"{"text":"bread"}"#).await.code(), 201);

    assert_eq!(notes("GET", "", ANN, "").await.json(), json!([{ "id": id, "text": "milk" }]));
    assert_eq!(notes("GET", "", BOB, "").await.json()[0]["text"], "bread");
    assert_eq!(notes("DELETE", &format!("?id={id}"), BOB, "").await.code(), 404);
    assert_eq!(notes("DELETE", &format!("?id={id}"), ANN, "").await.code(), 200);
    assert_eq!(platform.database.number("(SELECT count(*) FROM notes)").await, 1);
    // Nobody in particular has no notes, and cannot write any.
    assert_eq!(platform.node.functions.get("/own-notes").await.json(), json!([]));
    let refused = platform.node.functions.post("/own-notes", r#"{"text":"nobody's"}"#).await;
    assert!(refused.text().contains("row-level security"), "{refused:?}");
    assert_eq!(refused.code(), 401);
    // What the table refuses is the caller's fault.
    assert_eq!(notes("POST", "", ANN, r#"{"text":""}"#).await.code(), 400);
}

#[tokio::test]
async fn every_credential_is_exchanged_for_the_role_it_stands_for() {
    let platform = Platform::start().await;
    let email = "someone@example.com";
    assert_eq!(platform.whoami("").await, json!({ "role": "anon", "sub": null, "email": null }));
    assert_eq!(platform.whoami(ANON_KEY).await["role"], "anon");
    assert_eq!(
        platform.whoami(&token_of(ANN)).await,
        json!({ "role": "authenticated", "sub": ANN, "email": email })
    );
    // An admin's name is none that the database knows.
    let admin = token_signed_with(SECRET, &claims("project_admin", "local:root"));
    for bearer in [admin.as_str(), API_KEY] {
        assert_eq!(
            platform.whoami(bearer).await,
            json!({ "role": "project_admin", "sub": null, "email": null })
        );
    }
}

#[tokio::test]
async fn a_token_that_postgrest_could_not_check_is_exchanged_for_one_that_it_can() {
    let platform = Platform::start().await;
    let key = RsaKey::generate();
    platform.database.write_secret("JWT_PUBLIC_KEY", &encrypt(&key.public)).await;
    platform.database.write_secret("JWT_KEY_ID", &encrypt("kid_1")).await;
    let token = key.token(Some("kid_1"), &claims("authenticated", ANN));
    in_time("the key being known", async {
        while platform.relay("GET", "/rpc/whoami", &token, &[]).await.code() != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(platform.whoami(&token).await["sub"], ANN);
}

#[tokio::test]
async fn a_credential_that_is_not_good_reaches_nothing() {
    let platform = Platform::start().await;
    let expired = json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(-60) });
    let (head, signature) = {
        let token = token_of(ANN);
        let (head, signature) = token.rsplit_once('.').unwrap();
        (head.to_owned(), signature.to_owned())
    };
    let tampered = format!("{}x.{signature}", head);
    for bearer in [
        token_signed_with(SECRET, &expired),
        token_signed_with("somebody else's secret of 32 bytes", &claims("project_admin", "root")),
        unsigned_token(&claims("project_admin", "root")),
        token_signed_with(SECRET, &claims("postgres", "root")),
        tampered,
        format!("ik_{}", "0".repeat(64)),
        format!("anon_{}", "0".repeat(64)),
        "nonsense".to_owned(),
    ] {
        let answer = platform.relay("GET", "/rpc/whoami", &bearer, &[]).await;
        assert_eq!(error(&answer), (401, "InvalidCredential"), "{bearer}: {answer:?}");
    }
}

#[tokio::test]
async fn a_function_cannot_claim_another_identity_by_headers() {
    let platform = Platform::start().await;
    let admin = token_signed_with(SECRET, &json!({ "role": "project_admin" }));
    let bearer = format!("Bearer {admin}");
    let smuggled = [
        ("authorization", bearer.as_str()),
        ("apikey", API_KEY),
        ("x-api-key", API_KEY),
        ("cookie", "token=stronger"),
        ("forwarded", "for=10.0.0.1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "postgrest"),
        ("x-real-ip", "10.0.0.1"),
    ];
    let who = platform.relay("GET", "/rpc/whoami", &token_of(ANN), &smuggled).await.json();
    assert_eq!((&who["role"], &who["sub"]), (&json!("authenticated"), &json!(ANN)));
    let kept = [("prefer", "count=exact"), ("x-mine", "yes")];
    let all: Vec<_> = smuggled.iter().chain(&kept).copied().collect();
    let seen = platform.relay("GET", "/rpc/headers", &token_of(ANN), &all).await.json();
    for (name, _) in smuggled.iter().filter(|(name, _)| *name != "authorization") {
        assert_eq!(seen[name], Value::Null, "{name}");
    }
    assert_eq!((&seen["prefer"], &seen["x-mine"]), (&json!("count=exact"), &json!("yes")));
    assert!(!seen["authorization"].as_str().unwrap().contains(&admin), "{seen}");
}

#[tokio::test]
async fn preferences_and_profiles_mean_what_postgrest_lets_them_mean() {
    let platform = Platform::start().await;
    platform.database.execute("INSERT INTO lines (text) VALUES ('one'), ('two')").await;
    // This PostgREST does not let clients end transactions otherwise, nor see another schema.
    let headers = [("prefer", "tx=rollback"), ("content-type", "application/json")];
    let mut call = request("POST", "/probe?do=rest&path=/lines");
    for (name, value) in headers {
        call = call.header(format!("x-send-{name}"), value);
    }
    let written = platform.node.functions.send(call.body(r#"{"text":"three"}"#).unwrap()).await;
    assert_eq!(written.code(), 201, "{written:?}");
    assert_eq!(platform.database.number("(SELECT count(*) FROM lines)").await, 3);
    let hidden = platform.relay("GET", "/secrets", API_KEY, &[("accept-profile", "system")]).await;
    assert_eq!((hidden.code(), hidden.json()["code"].as_str()), (406, Some("PGRST106")));
    let ranged = [("range", "0-0"), ("prefer", "count=exact")];
    let counted = platform.relay("GET", "/lines?select=text&order=id", "", &ranged).await;
    assert_eq!((counted.code(), counted.header("content-range")), (206, Some("0-0/3")));
    assert_eq!(counted.json(), json!([{ "text": "one" }]));
}

#[tokio::test]
async fn the_service_identity_needs_a_grant() {
    let platform = Platform::start().await;
    let as_service = async || {
        let path = "/probe?do=rest&path=/rpc/whoami&as=service";
        platform.node.functions.send(request("GET", path).body("").unwrap()).await
    };
    let refused = as_service().await;
    assert_eq!(error(&refused), (500, "NotGranted"));
    assert!(refused.text().contains(r#"rest: \"service\""#), "{refused:?}");

    let granted = platform.node.update("probe", json!({ "capabilities": { "rest": "service" } })).await;
    assert_eq!(granted.code(), 200, "{granted:?}");
    assert_eq!(as_service().await.json()["role"], "project_admin");
    // It may still ask as its caller.
    assert_eq!(platform.whoami(&token_of(ANN)).await["role"], "authenticated");

    let revoked = platform.node.update("probe", json!({ "capabilities": { "rest": "none" } })).await;
    assert_eq!(revoked.code(), 200, "{revoked:?}");
    assert_eq!(error(&platform.relay("GET", "/rpc/whoami", "", &[]).await), (500, "NotGranted"));

    let wrong = platform.node.update("probe", json!({ "capabilities": { "rest": "superuser" } })).await;
    assert_eq!(wrong.code(), 400, "{wrong:?}");
    assert!(wrong.text().contains("rest"), "{wrong:?}");
}

#[tokio::test]
async fn a_path_cannot_lead_out_of_postgrest() {
    let platform = Platform::start().await;
    for path in ["/../notes", "/notes/../../admin", "//evil.example/", "/%252e%252e/a", "/a%252fb"] {
        let answer = platform.relay("GET", path, "", &[]).await;
        assert_eq!(error(&answer), (500, "InvalidRequest"), "{path}: {answer:?}");
    }
    let elsewhere = platform.relay("GET", "http://127.0.0.1:1/lines", "", &[]).await;
    assert_eq!((elsewhere.code(), elsewhere.json()), (200, json!([])));
    let tunnel = platform.relay("TRACE", "/lines", "", &[]).await;
    assert_eq!(error(&tunnel), (500, "InvalidRequest"), "{tunnel:?}");
}

#[tokio::test]
async fn a_table_is_served_soon_after_it_is_made() {
    let platform = Platform::start().await;
    assert_eq!(platform.relay("GET", "/later", "", &[]).await.code(), 404);
    platform.database.execute("CREATE TABLE later (id int)").await;
    in_time("the table being served", async {
        while platform.relay("GET", "/later", "", &[]).await.code() != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn bodies_stream_through() {
    let platform = Platform::start().await;
    let call = request("POST", "/probe?do=upload&path=/lines&rows=20000");
    let written = platform.node.functions.send(call.body("").unwrap()).await;
    assert_eq!((written.code(), written.header("content-range")), (201, Some("*/20000")), "{written:?}");
    let read = platform.relay("GET", "/lines?select=text", "", &[]).await;
    assert_eq!(read.json().as_array().unwrap().len(), 20_000);
}

#[tokio::test]
async fn a_dead_postgrest_is_an_error_and_one_that_comes_back_answers() {
    let mut platform = Platform::start().await;
    platform.postgrest.stop();
    for method in ["GET", "POST"] {
        let answer = platform.relay(method, "/rpc/whoami", "", &[]).await;
        assert_eq!(error(&answer), (502, "Unreachable"), "{answer:?}");
        assert!(answer.text().contains("connection refused"), "{answer:?}");
    }
    platform.postgrest.start().await;
    assert_eq!(platform.whoami("").await["role"], "anon");
}

#[tokio::test]
async fn a_node_without_postgrest_says_so() {
    let database = Database::create().await;
    for base in ["", "no URL", "http://127.0.0.1:3000/?query"] {
        let node = node(&database, base).await;
        let answer = relay(&node, "GET", "/rpc/whoami", "", &[]).await;
        assert_eq!(error(&answer), (503, "Unavailable"), "{base:?}: {answer:?}");
    }
}

/// A server that stands where PostgREST should. It closes its first connections without a word, and answers on the others
/// with these bytes.
async fn impostor(silent: usize, answer: &'static [u8]) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            if connection >= silent {
                let _ = stream.write_all(answer).await;
            }
        }
    });
    (url, task)
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";

#[tokio::test]
async fn a_read_is_tried_three_times_and_a_write_once() {
    let database = Database::create().await;
    for (method, silent, status) in [("GET", 2, 200), ("GET", 3, 502), ("POST", 1, 502), ("POST", 0, 200)] {
        let (url, task) = impostor(silent, ANSWER).await;
        let node = node(&database, &url).await;
        let answer = relay(&node, method, "/lines", "", &[]).await;
        assert_eq!(answer.code(), status, "{method} after {silent}: {answer:?}");
        task.abort();
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let database = Database::create().await;
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[{\"id\":1,\"text\":\"half\"},";
    let (url, task) = impostor(0, half).await;
    let node = node(&database, &url).await;
    let answer = node.functions.get("/notes").await;
    assert_eq!(answer.code(), 502, "{answer:?}");
    assert!(answer.text().contains("broke off"), "{answer:?}");
    task.abort();
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_outlive_the_invocation() {
    let database = Database::create().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let node = node(&database, &url).await;
    let limited = node.update("probe", json!({ "limits": { "wallMs": 300 } })).await;
    assert_eq!(limited.code(), 200, "{limited:?}");
    let answer = relay(&node, "GET", "/lines", "", &[]).await;
    assert_eq!(answer.code(), 504, "{answer:?}");
}
