//! Tables and functions of the database through the platform listener, as InsForge's clients reach them.

use crate::own_origin::encode;
use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Answer, Database, Node, Postgrest, RsaKey, Serve, component, encrypt, in_seconds,
    in_time, request, token_signed_with, unsigned_token,
};

/// PostgREST wants 32 bytes.
const SECRET: &str = "a-token-secret-of-32-bytes-or-more";
pub const ANN: &str = "00000000-0000-4000-8000-00000000000a";
const BOB: &str = "00000000-0000-4000-8000-00000000000b";

const SCHEMA: &str = "
    CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL DEFAULT auth.uid(),
        text text NOT NULL CHECK (text <> 'bad'), due date, price numeric, tags jsonb);
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON notes USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    CREATE TABLE lines (id int PRIMARY KEY, text text);
    CREATE FUNCTION whoami() RETURNS json LANGUAGE sql STABLE AS $$
        SELECT json_build_object('role', current_user, 'sub', auth.jwt() ->> 'sub') $$;
    CREATE FUNCTION headers() RETURNS json LANGUAGE sql STABLE AS $$
        SELECT current_setting('request.headers', true)::json $$;
    CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$;
    CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS $$ $$;";

/// A node with a database and a PostgREST over it.
pub struct Platform {
    pub node: Node,
    pub postgrest: Postgrest,
    pub database: Database,
}

impl Platform {
    pub async fn start() -> Self {
        let database = Database::create().await;
        let mut postgrest = Postgrest::beside(&database, SECRET);
        let node = node(&database, &postgrest.url()).await;
        database.execute(SCHEMA).await;
        postgrest.start().await;
        Self { node, postgrest, database }
    }

    pub async fn ask(&self, method: &str, path: &str, bearer: &str, body: &str) -> Answer {
        ask(&self.node, method, path, bearer, &[], body).await
    }

    pub async fn notes(&self, method: &str, query: &str, subject: &str, body: Value) -> Answer {
        let headers = [("prefer", "return=representation")];
        let path = format!("/api/database/records/notes{query}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(&self.node, method, &path, &token_of(subject), &headers, &body).await
    }
}

pub async fn node(database: &Database, postgrest: &str) -> Node {
    Serve::over(database)
        .var("JWT_SECRET", SECRET)
        .var("POSTGREST_BASE_URL", postgrest)
        .var("MAX_JSON_BODY_SIZE", "64kb")
        .start()
        .await
}

pub async fn ask(
    node: &Node,
    method: &str,
    path: &str,
    bearer: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let bearer = format!("Bearer {bearer}");
    let mut all = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
    all.extend(headers);
    node.ask(method, path, &all, body.to_owned()).await
}

fn claims(role: &str, subject: &str) -> Value {
    json!({ "sub": subject, "role": role, "exp": in_seconds(60) })
}

pub fn token_of(subject: &str) -> String {
    token_signed_with(SECRET, &claims("authenticated", subject))
}

#[tokio::test]
async fn rows_are_written_read_changed_and_deleted_by_whom_they_belong_to() {
    let platform = Platform::start().await;
    let added = platform.notes("POST", "", ANN, json!([{ "text": "milk", "price": 1.1 }])).await;
    assert_eq!((added.code(), &added.json()[0]["text"]), (201, &json!("milk")), "{added:?}");
    let one = format!("?id=eq.{}", added.json()[0]["id"]);
    assert_eq!(platform.notes("POST", "", BOB, json!({ "text": "bread" })).await.code(), 201);

    let mine = platform.notes("GET", "?select=text,price", ANN, Value::Null).await;
    assert_eq!((mine.code(), mine.json()), (200, json!([{ "text": "milk", "price": 1.1 }])));
    assert_eq!(platform.notes("PATCH", &one, BOB, json!({ "text": "mine" })).await.json(), json!([]));
    assert_eq!(platform.notes("DELETE", &one, BOB, Value::Null).await.json(), json!([]));
    let changed = platform.notes("PATCH", &one, ANN, json!({ "text": "tea" })).await;
    assert_eq!(changed.json()[0]["text"], "tea");
    assert_eq!(platform.notes("DELETE", &one, ANN, Value::Null).await.json()[0]["text"], "tea");
    assert_eq!(platform.database.number("(SELECT count(*) FROM notes)").await, 1);

    let path = "/api/database/records/notes";
    assert_eq!(platform.ask("GET", path, ANON_KEY, "").await.json(), json!([]));
    let refused = platform.ask("POST", path, ANON_KEY, r#"{"text":"nobody's"}"#).await;
    assert_eq!((refused.code(), &refused.json()["code"]), (401, &json!("42501")), "{refused:?}");
    assert_eq!(platform.ask("GET", path, API_KEY, "").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_without_a_body_gets_one_where_it_may_have_one() {
    let platform = Platform::start().await;
    let lines = "/api/database/records/lines";
    let added = platform.ask("POST", lines, API_KEY, r#"{"id":1,"text":"a"}"#).await;
    assert_eq!((added.code(), added.text()), (201, "[]"));
    assert_eq!(added.header("content-type"), Some("application/json; charset=utf-8"));
    let put = platform.ask("PUT", &format!("{lines}?id=eq.1"), API_KEY, r#"{"id":1,"text":"b"}"#).await;
    assert!(put.code() == 204 || put.text() == "[]", "{put:?}");
    let changed = platform.ask("PATCH", &format!("{lines}?id=eq.1"), API_KEY, r#"{"text":"c"}"#).await;
    assert_eq!((changed.code(), changed.body.len()), (204, 0));
    let head = platform.ask("HEAD", &format!("{lines}?limit=1"), API_KEY, "").await;
    assert_eq!((head.code(), head.body.len(), head.header("content-range")), (200, 0, Some("0-0/*")));
    assert_eq!(platform.ask("DELETE", &format!("{lines}?id=eq.1"), API_KEY, "").await.code(), 204);
    let void = platform.ask("POST", "/api/database/rpc/nothing", API_KEY, "{}").await;
    assert!(void.code() == 204 || void.text() == "null", "{void:?}");
}

#[tokio::test]
async fn every_credential_is_exchanged_for_the_role_it_stands_for() {
    let platform = Platform::start().await;
    let whoami = async |bearer: &str| {
        let answer = platform.ask("GET", "/api/database/rpc/whoami", bearer, "").await;
        assert_eq!(answer.code(), 200, "{answer:?}");
        (answer.json()["role"].as_str().unwrap().to_owned(), answer.json()["sub"].clone())
    };
    assert_eq!(whoami(ANON_KEY).await, ("anon".into(), Value::Null));
    assert_eq!(whoami(&token_of(ANN)).await, ("authenticated".into(), json!(ANN)));
    assert_eq!(whoami(API_KEY).await, ("project_admin".into(), Value::Null));
    let admin = token_signed_with(SECRET, &claims("project_admin", "local:root"));
    assert_eq!(whoami(&admin).await, ("project_admin".into(), Value::Null));
    let by_header = platform.node.ask("GET", "/api/database/rpc/whoami", &[("x-api-key", API_KEY)], "").await;
    assert_eq!(by_header.json()["role"], "project_admin");

    // PostgREST could not check it.
    let key = RsaKey::generate();
    platform.database.write_secret("JWT_PUBLIC_KEY", &encrypt(&key.public)).await;
    platform.database.write_secret("JWT_KEY_ID", &encrypt("kid_1")).await;
    let token = key.token(Some("kid_1"), &claims("authenticated", BOB));
    in_time("the key being known", async {
        while platform.ask("GET", "/api/database/rpc/whoami", &token, "").await.code() != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(whoami(&token).await.1, BOB);
}

#[tokio::test]
async fn a_credential_that_is_not_good_reaches_nothing() {
    let platform = Platform::start().await;
    let expired = json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(-60) });
    let (no_key, no_token) = ("AUTH_INVALID_API_KEY", "AUTH_UNAUTHORIZED");
    for (bearer, code) in [
        (token_signed_with(SECRET, &expired), no_token),
        (token_signed_with("somebody else's secret of 32 bytes", &claims("project_admin", "x")), no_token),
        (unsigned_token(&claims("project_admin", "x")), no_token),
        (token_signed_with(SECRET, &claims("postgres", "x")), no_token),
        ("nonsense".to_owned(), no_token),
        (format!("ik_{}", "0".repeat(64)), no_key),
        (format!("anon_{}", "0".repeat(64)), "AUTH_INVALID_CREDENTIALS"),
    ] {
        for path in ["/api/database/records/lines", "/api/database/rpc/whoami"] {
            let (status, found, _) = platform.ask("GET", path, &bearer, "").await.api_error();
            assert_eq!((status, found.as_str()), (401, code), "{path} with {bearer}");
        }
    }
    for headers in [&[][..], &[("authorization", "Basic YTpi")], &[("authorization", "Bearer ")]] {
        let answer = platform.node.ask("GET", "/api/database/records/lines", headers, "").await;
        let expected = (401, "AUTH_INVALID_CREDENTIALS".into(), "No token provided".into());
        assert_eq!(answer.api_error(), expected, "{headers:?}");
    }
    let mixed = [("authorization", format!("Bearer {}", token_of(ANN))), ("x-api-key", "wrong".to_owned())];
    let mixed = mixed.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = platform.node.ask("GET", "/api/database/records/lines", &mixed, "").await;
    assert_eq!(answer.api_error().1, no_key);
}

#[tokio::test]
async fn postgrests_errors_pass_unchanged() {
    let platform = Platform::start().await;
    let unknown = platform.ask("GET", "/api/database/records/nowhere", API_KEY, "").await;
    assert_eq!(unknown.code(), 404);
    let body = unknown.json();
    assert!(["code", "message", "details", "hint"].iter().all(|key| body.get(key).is_some()), "{body}");
    let refused = platform.notes("POST", "", ANN, json!({ "text": "bad" })).await;
    assert_eq!((refused.code(), &refused.json()["code"]), (400, &json!("23514")));
    let malformed = platform.ask("POST", "/api/database/records/lines", API_KEY, r#"{"text":"""#).await;
    assert_eq!((malformed.code(), &malformed.json()["code"]), (400, &json!("PGRST102")), "{malformed:?}");
    let filter = platform.ask("GET", "/api/database/records/lines?id=nonsense", API_KEY, "").await;
    assert_eq!((filter.code(), &filter.json()["code"]), (400, &json!("PGRST100")));
    let function = platform.ask("POST", "/api/database/rpc/nowhere", API_KEY, "{}").await;
    assert_eq!((function.code(), &function.json()["code"]), (404, &json!("PGRST202")));
    let schema = platform.ask("GET", "/api/database/records/secrets?schema=system", API_KEY, "").await;
    assert_eq!((schema.code(), &schema.json()["code"]), (406, &json!("PGRST106")));
}

#[tokio::test]
async fn queries_preferences_and_ranges_pass() {
    let platform = Platform::start().await;
    let rows: Vec<Value> = (1..=5).map(|id| json!({ "id": id, "text": format!("line {id}") })).collect();
    let lines = "/api/database/records/lines";
    let upsert = [("prefer", "resolution=merge-duplicates,return=representation")];
    for _ in 0..2 {
        let path = format!("{lines}?columns=%22id%22%2C%22text%22&select=*");
        let body = Value::from(rows.clone()).to_string();
        let written = ask(&platform.node, "POST", &path, API_KEY, &upsert, &body).await;
        assert_eq!(written.json().as_array().unwrap().len(), 5, "{written:?}");
    }
    let headers = [("prefer", "count=exact"), ("origin", "https://app.example")];
    let path = format!("{lines}?select=text&id=in.(2%2C3)&order=id.desc&limit=1&text=like.*line+*");
    let page = ask(&platform.node, "GET", &path, API_KEY, &headers, "").await;
    assert_eq!(page.json(), json!([{ "text": "line 3" }]), "{page:?}");
    assert_eq!((page.code(), page.header("content-range")), (206, Some("0-0/2")));
    assert_eq!(page.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(page.header("access-control-expose-headers").unwrap().contains("Content-Range"));
    let csv = [("accept", "text/csv")];
    let csv = ask(&platform.node, "GET", &format!("{lines}?limit=1"), API_KEY, &csv, "").await;
    assert_eq!(csv.text(), "id,text\n1,\"line 1\"");
    let sum = platform.ask("POST", "/api/database/rpc/add", API_KEY, r#"{"a":1,"b":2}"#).await;
    assert_eq!((sum.code(), sum.text()), (200, "3"));
    assert_eq!(platform.ask("GET", "/api/database/rpc/add?a=2&b=3", API_KEY, "").await.text(), "5");
    let schema = platform.ask("GET", "/api/database/rpc/add?a=2&b=3&schema=public", API_KEY, "").await;
    assert_eq!(schema.text(), "5");
}

#[tokio::test]
async fn no_name_leads_elsewhere() {
    let platform = Platform::start().await;
    for name in
        ["..", "%2e%2e", "%2E.", "%20", "a%22b", "a%0Ab", "a%00", "..%2flines", "a%2f..%2flines", "a%5cb"]
    {
        for area in ["records", "rpc"] {
            let answer = platform.ask("GET", &format!("/api/database/{area}/{name}"), API_KEY, "").await;
            let (status, code, _) = answer.api_error();
            assert!(matches!(status, 400 | 404), "{area}/{name}: {code}");
        }
    }
    for path in
        ["/api/database/records/", "/api/database/records", "/api/database/records/lines/1", "/api/database"]
    {
        assert_eq!(platform.ask("GET", path, API_KEY, "").await.api_error().0, 404, "{path}");
    }
    for query in
        ["schema=", "schema=a&schema=b", "schema=pg_catalog", "schema=information_schema", "schema=a%22"]
    {
        let answer = platform.ask("GET", &format!("/api/database/records/lines?{query}"), API_KEY, "").await;
        assert_eq!(answer.api_error().0, 400, "{query}");
    }
    let strange = platform.ask("GET", "/api/database/records/%C3%A4%20b%3B", API_KEY, "").await;
    assert_eq!((strange.code(), &strange.json()["code"]), (404, &json!("42P01")), "{strange:?}");
    for method in ["TRACE", "PROPFIND"] {
        let answer = platform.ask(method, "/api/database/records/lines", API_KEY, "").await;
        assert_eq!(answer.api_error().1, "METHOD_NOT_ALLOWED", "{method}");
    }
    assert_eq!(platform.ask("OPTIONS", "/api/database/records/lines", "", "").await.code(), 204);
}

#[tokio::test]
async fn a_client_cannot_claim_another_identity_by_headers() {
    let platform = Platform::start().await;
    let smuggled = [("apikey", API_KEY), ("cookie", "token=stronger"), ("x-forwarded-for", "10.0.0.1")];
    let kept = [("x-mine", "yes"), ("prefer", "count=exact")];
    let all: Vec<_> = smuggled.iter().chain(&kept).copied().collect();
    let path = "/api/database/rpc/headers";
    let seen = ask(&platform.node, "GET", path, &token_of(ANN), &all, "").await.json();
    for (name, _) in smuggled {
        assert_eq!(seen[name], Value::Null, "{name}");
    }
    assert_eq!((&seen["x-mine"], &seen["prefer"]), (&json!("yes"), &json!("count=exact")));
    assert!(!seen["authorization"].as_str().unwrap().contains(&token_of(ANN)), "{seen}");
}

#[tokio::test]
async fn a_function_reaches_the_database_at_the_platforms_own_address() {
    let database = Database::create().await;
    let mut postgrest = Postgrest::beside(&database, SECRET);
    let serve = Serve::over(&database).var("JWT_SECRET", SECRET).var("POSTGREST_BASE_URL", postgrest.url());
    let node = serve.var("INSFORGE_INTERNAL_URL", "http://insforge:7130").start().await;
    database.execute(SCHEMA).await;
    postgrest.start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    let fetched = async |method: &str, path: &str, headers: &[&str], body: &str| {
        let headers: String = headers.iter().map(|header| format!("&header={}", encode(header))).collect();
        let url = encode(&format!("http://insforge:7130{path}"));
        let path = format!("/probe?do=fetch&method={method}&url={url}{headers}");
        node.functions.send(request("POST", &path).body(body.to_owned()).unwrap()).await
    };
    let bearer = format!("authorization:Bearer {}", token_of(ANN));
    let who = fetched("GET", "/api/database/rpc/whoami", &[&bearer], "").await;
    assert_eq!((who.code(), &who.json()["sub"]), (200, &json!(ANN)), "{who:?}");
    let none = fetched("GET", "/api/database/records/notes", &[], "").await;
    assert_eq!(none.api_error().0, 401);
    let empty = fetched("GET", "/api/database/records/notes?select=id", &[&bearer], "").await;
    assert_eq!((empty.code(), empty.text()), (200, "[]"));
    let unknown = fetched("GET", "/api/auth/sessions/current", &[&bearer], "").await;
    assert_eq!(unknown.api_error(), (401, "AUTH_INVALID_CREDENTIALS".into(), "User not found".into()));

    // A body that a function streams is looked at like any other.
    node.deploy("relay", std::fs::read(component("sdk-probe")).unwrap()).await;
    let url = encode("http://insforge:7130/api/database/records/notes?select=text,due");
    let call = request("POST", &format!("/relay?do=relay&url={url}"))
        .header("authorization", format!("Bearer {}", token_of(ANN)))
        .header("prefer", "return=representation");
    let mut connection = node.functions.http1().await;
    let (upload, answer) = connection.upload(call.header("content-type", "application/json"));
    for part in [r#"[{"text":"from a fun"#, r#"ction","due":"""#, "}]"] {
        assert!(upload.write(part).await);
    }
    drop(upload);
    let written = answer.await.unwrap().finish().await;
    assert_eq!((written.code(), written.json()), (201, json!([{ "text": "from a function", "due": null }])));
}
