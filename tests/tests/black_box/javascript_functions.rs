//! Functions as InsForge stores and documents them, pasted unchanged.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, Answer, Database, Guest, Node, Peer, Postgrest, Run, Serve, encrypt, in_seconds, request,
    source, token_signed_with,
};

/// PostgREST wants 32 bytes.
const SECRET: &str = "a-token-secret-of-32-bytes-or-more";
const ANN: &str = "00000000-0000-4000-8000-00000000000a";
const PLATFORM: &str = "https://app.example";

const SCHEMA: &str = "
    CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL DEFAULT auth.uid(),
        text text NOT NULL CHECK (text <> 'bad'));
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON notes USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    INSERT INTO auth.users (id, email, password, email_verified, created_at, updated_at, profile) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'ann@example.com', 'hash', true, now(), now(), '{}');";

/// A node that is the platform at an address of its own, with PostgREST, and a function.
struct Platform {
    node: Node,
    _postgrest: Postgrest,
    _database: Database,
}

impl Platform {
    async fn with(guest: &'static str) -> Self {
        let database = Database::create().await;
        let mut postgrest = Postgrest::beside(&database, SECRET);
        let serve =
            Serve::over(&database).var("JWT_SECRET", SECRET).var("POSTGREST_BASE_URL", postgrest.url());
        let node = serve.var("API_BASE_URL", PLATFORM).start().await;
        database.execute(SCHEMA).await;
        postgrest.start().await;
        node.deploy_guest("function", Guest::Source(guest)).await;
        Self { node, _postgrest: postgrest, _database: database }
    }

    /// Calls the function as Ann, or as nobody.
    async fn call(&self, method: &str, query: &str, is_ann: bool, body: &'static str) -> Answer {
        let mut call = request(method, &format!("/function{query}"));
        if is_ann {
            let claims = json!({ "sub": ANN, "email": "ann@example.com", "role": "authenticated", "exp": in_seconds(60) });
            call = call.header("authorization", format!("Bearer {}", token_signed_with(SECRET, &claims)));
        }
        self.node.functions.send(call.body(body).unwrap()).await
    }
}

#[tokio::test]
async fn hello_world_greets_by_body_by_query_or_the_world() {
    let hello = Run::file(&source("demo-hello-world")).start().await;
    let greeted = async |query: &str| hello.get(&format!("/{query}")).await.json()["message"].clone();
    assert_eq!(greeted("").await, "Hello, World!");
    assert_eq!(greeted("?name=J%C3%BCrgen").await, "Hello, Jürgen!");
    let posted = hello.post("/", r#"{"name":"you"}"#).await;
    assert_eq!((posted.code(), &posted.json()["message"]), (200, &json!("Hello, you!")));
    assert_eq!(posted.header("content-type"), Some("application/json"));
    assert_eq!(posted.header("access-control-allow-origin"), Some("*"));
    assert_eq!(hello.post("/", "no JSON").await.json()["message"], "Hello, World!");
    let preflight = hello.send(request("OPTIONS", "/").body("").unwrap()).await;
    assert_eq!((preflight.code(), preflight.body.len()), (204, 0));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, POST, OPTIONS"));
}

#[tokio::test]
async fn hello_worlds_prefix_is_a_secret() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy_guest("demo-hello-world", Guest::Source("demo-hello-world")).await;
    node.deploy_guest("env", Guest::Component("env")).await;
    database.write_secret("HELLO_PREFIX", &encrypt("Moin")).await;
    node.variable_becomes("HELLO_PREFIX", Some("Moin")).await;
    let answer = node.functions.get("/demo-hello-world?name=Ann").await;
    assert_eq!(answer.json()["message"], "Moin, Ann!");
}

#[tokio::test]
async fn whoami_knows_users_and_nobody_else() {
    let platform = Platform::with("demo-whoami").await;
    let ann = platform.call("GET", "", true, "").await;
    assert_eq!((ann.code(), &ann.json()["user"]["email"]), (200, &json!("ann@example.com")), "{ann:?}");
    assert_eq!(ann.json()["user"]["id"], ANN);
    let nobody = platform.call("GET", "", false, "").await;
    assert_eq!((nobody.code(), nobody.json()), (401, json!({ "error": "Unauthorized" })));
    let call = request("GET", "/function").header("authorization", "Bearer forged").body("").unwrap();
    assert_eq!(platform.node.functions.send(call).await.code(), 401);
    assert_eq!(platform.call("OPTIONS", "", false, "").await.code(), 204);
}

#[tokio::test]
async fn a_documented_function_runs_unchanged_against_our_platform() {
    let platform = Platform::with("insforge-notes").await;
    let added = platform.call("POST", "", true, r#"{"text":"milk"}"#).await;
    assert_eq!((added.code(), &added.json()["text"]), (201, &json!("milk")), "{added:?}");
    let refused = platform.call("POST", "", true, r#"{"text":"bad"}"#).await;
    assert_eq!(refused.code(), 400);
    assert!(refused.json()["error"].as_str().unwrap().contains("notes_text_check"), "{refused:?}");
    let mine = platform.call("GET", "", true, "").await.json();
    assert_eq!((&mine["notes"][0]["text"], &mine["count"]), (&json!("milk"), &json!(1)), "{mine}");
    assert_eq!(mine["user"], "ann@example.com");
    let nobodys = platform.call("GET", "", false, "").await;
    assert_eq!(nobodys.json(), json!({ "notes": [], "count": 0, "user": null }), "{nobodys:?}");
    let id = &mine["notes"][0]["id"];
    assert_eq!(
        platform.call("DELETE", &format!("?id={id}"), true, "").await.json(),
        json!({ "deleted": true })
    );
    assert_eq!(platform.call("GET", "", true, "").await.json()["count"], 0);
}

#[tokio::test]
async fn a_documented_function_runs_unchanged_against_insforges_backend() {
    let backend = Peer::start(|request| match request.path.split('?').next() {
        Some("/api/auth/sessions/current") => {
            (200, json!({ "user": { "email": "ann@example.com" } }).to_string())
        }
        _ => (200, json!([{ "id": 7, "text": "tea" }]).to_string()),
    })
    .await;
    let run = Run::file(&source("insforge-notes")).allow_private_network();
    let run = run.env("INSFORGE_BASE_URL", backend.url("").trim_end_matches('/')).env("ANON_KEY", ANON_KEY);
    let function = run.start().await;

    let answer = function.get("/").await.json();
    assert_eq!(
        (&answer["notes"], &answer["user"]),
        (&json!([{ "id": 7, "text": "tea" }]), &Value::Null),
        "{answer}"
    );
    let call = request("GET", "/").header("authorization", "Bearer user-token").body("").unwrap();
    assert_eq!(function.send(call).await.json()["user"], "ann@example.com");
    assert_eq!(function.post("/", r#"{"text":"tea"}"#).await.code(), 201);

    let received = backend.received();
    let [list, again, who, insert] = received.as_slice() else { panic!("{received:?}") };
    let query = "/api/database/records/notes?select=id%2Ctext&order=id.desc&limit=10";
    assert_eq!((list.path.as_str(), again.path.as_str()), (query, query));
    assert_eq!(list.header("authorization"), Some(format!("Bearer {ANON_KEY}").as_str()));
    assert_eq!(list.header("prefer"), Some("count=exact"));
    assert_eq!(
        (who.path.as_str(), who.header("authorization")),
        ("/api/auth/sessions/current", Some("Bearer user-token"))
    );
    assert_eq!((insert.method.as_str(), insert.json()), ("POST", json!([{ "text": "tea" }])));
    assert_eq!(insert.header("prefer"), Some("return=representation"));
}
