//! Who a statement runs as.

use super::{ANN, BOB, Probe, database_error, refusal, user};
use serde_json::json;
use wasmforge_tests::{
    ANON_KEY, API_KEY, Database, Guest, Run, Serve, in_seconds, request, token, token_signed_with,
    unsigned_token,
};

wasmforge_tests::twins!(example: "sql", "sql-ts": the_example_keeps_everybodys_notes_apart);

const WHO: &str = "SELECT current_user::text, auth.uid()::text, current_setting('request.jwt.claims')";

#[tokio::test]
async fn two_callers_see_each_their_own_rows() {
    let probe = Probe::start().await;
    for (id, body) in [(ANN, "of Ann"), (BOB, "of Bob")] {
        let write = json!([{ "execute": "INSERT INTO secrets (body) VALUES ($1)", "params": [body] }]);
        assert_eq!(probe.steps("/caller", &user(id), write).await, [json!({ "ok": 1 })]);
    }
    let read = json!([{ "query": "SELECT body FROM secrets" }]);
    assert_eq!(probe.steps("/caller", &user(ANN), read.clone()).await, [json!({ "ok": [["of Ann"]] })]);
    assert_eq!(probe.steps("/caller", &user(BOB), read.clone()).await, [json!({ "ok": [["of Bob"]] })]);
    assert_eq!(probe.steps("/caller", "", read.clone()).await, [json!({ "ok": [] })]);
    let forged = json!([{ "execute": format!("INSERT INTO secrets VALUES ('{BOB}', 'x')") }]);
    assert_eq!(refusal(&probe.steps("/caller", &user(ANN), forged).await[0]), database_error("42501"));
    let count = json!([{ "query": "SELECT count(*) FROM secrets" }]);
    let all = probe.steps("/service?as=service", &user(ANN), count).await;
    assert_eq!(all, [json!({ "ok": [[2]] })]);
}

#[tokio::test]
async fn the_caller_is_who_the_credential_says() {
    let probe = Probe::start().await;
    let who = async |bearer: &str| {
        probe.steps("/caller", bearer, json!([{ "query": WHO }])).await.remove(0)["ok"][0].clone()
    };
    let anon = json!(["anon", null, r#"{"role":"anon"}"#]);
    assert_eq!(who("").await, anon);
    assert_eq!(who(ANON_KEY).await, anon);
    let claims = format!(r#"{{"email":"x@example.com","role":"authenticated","sub":"{ANN}"}}"#);
    assert_eq!(who(&user(ANN)).await, json!(["authenticated", ANN, claims]));
    let admin = json!(["project_admin", null, r#"{"role":"project_admin"}"#]);
    assert_eq!(who(API_KEY).await, admin);
    assert_eq!(who(&token(&json!({ "sub": "local:root", "role": "project_admin" }))).await, admin);
    let within = json!([{ "begin": 1 }, { "query": WHO }, { "stream": WHO }, { "commit": true }]);
    assert_eq!(probe.steps("/caller", &user(ANN), within).await[1]["ok"][0][1], ANN);
}

#[tokio::test]
async fn a_credential_that_is_not_good_is_nobodys() {
    let probe = Probe::start().await;
    let claims = json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(60) });
    let bad = [
        token(&json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(-60) })),
        token_signed_with("guess", &claims),
        unsigned_token(&claims),
        token(&json!({ "sub": ANN, "role": "postgres" })),
        format!("ik_{}", "1".repeat(64)),
        "nonsense".to_owned(),
    ];
    for bearer in bad {
        let results = probe.steps("/caller", &bearer, json!([{ "query": WHO }, { "begin": 1 }])).await;
        for result in results {
            assert_eq!(refusal(&result).0, "InvalidCredential", "{bearer}: {result}");
        }
    }
}

#[tokio::test]
async fn the_service_identity_is_for_those_who_are_granted_it() {
    let probe = Probe::start().await;
    let steps =
        json!([{ "query": WHO }, { "execute": "SELECT 1" }, { "begin": 1 }, { "stream": "SELECT 1" }]);
    for result in probe.steps("/caller?as=service", API_KEY, steps.clone()).await {
        assert_eq!(refusal(&result).0, "NotGranted", "{result}");
        assert!(result["error"]["text"].as_str().unwrap().contains("sql: \"service\""), "{result}");
    }
    let granted = probe.steps("/service?as=service", "", steps).await;
    assert_eq!(granted[0]["ok"][0][0], "project_admin");
    assert_eq!(probe.steps("/service", "", json!([{ "query": WHO }])).await[0]["ok"][0][0], "anon");
}

#[tokio::test]
async fn a_function_without_the_grant_reaches_no_database() {
    let probe = Probe::start().await;
    assert_eq!(probe.node.update("caller", json!({ "capabilities": { "sql": "none" } })).await.code(), 200);
    let result = probe.step(json!({ "query": "SELECT 1" })).await;
    assert_eq!(refusal(&result).0, "NotGranted");
    assert!(result["error"]["text"].as_str().unwrap().contains("sql: \"caller\""), "{result}");
    for bad in [json!("superuser"), json!(["caller"]), json!({ "as": "caller" })] {
        let refused = probe.node.update("caller", json!({ "capabilities": { "sql": bad } })).await;
        assert_eq!(refused.code(), 400, "{refused:?}");
        assert!(refused.text().contains("sql"), "{refused:?}");
    }
}

#[tokio::test]
async fn without_a_database_the_reason_is_said() {
    let alone = Run::guest("sql-probe").start().await;
    let answer = alone.post("/", json!([{ "query": "SELECT 1" }]).to_string()).await;
    assert_eq!(refusal(&answer.json()[0]).0, "Unavailable");
    assert!(answer.text().contains("without a database"), "{answer:?}");
}

#[tokio::test]
async fn login_roles_of_the_operators_own_are_used_and_a_strong_one_is_not() {
    let database = Database::create().await;
    // The first node makes roles and tables.
    drop(Probe::over(database).await.node);
    let database = Database::create().await;
    let serve = Serve::over(&database)
        .var(
            "WASMFORGE_SQL_CALLER_URL",
            database.url().replace("postgres:postgres@", "wasmforge_caller:any@"),
        )
        .var("WASMFORGE_SQL_SERVICE_URL", database.url());
    let probe = Probe::of(serve, database).await;
    assert_eq!(probe.rows("SELECT session_user::text").await, json!([["wasmforge_caller"]]));
    let result = probe.steps("/service?as=service", "", json!([{ "query": "SELECT 1" }])).await.remove(0);
    assert_eq!(refusal(&result).0, "Unavailable");
    assert!(result["error"]["text"].as_str().unwrap().contains("superuser"), "{result}");
}

async fn the_example_keeps_everybodys_notes_apart(guest: Guest) {
    let probe = Probe::start().await;
    probe.database.execute(include_str!("../../../../examples/sql/schema.sql")).await;
    probe.node.deploy_guest("notes", guest).await;
    let send = async |method: &str, path: &str, id: &str, body: &str| {
        let call = request(method, path).header("authorization", format!("Bearer {}", user(id)));
        probe.node.functions.send(call.body(body.to_owned()).unwrap()).await
    };
    let written = send("POST", "/notes", ANN, r#"{"body":"Ann's"}"#).await;
    assert_eq!((written.code(), &written.json()["body"]), (201, &json!("Ann's")));
    assert_eq!(send("POST", "/notes", BOB, r#"{"body":"Bob's"}"#).await.code(), 201);
    let id = written.json()["id"].clone();
    assert_eq!(send("GET", "/notes", ANN, "").await.json().as_array().unwrap().len(), 1);
    assert_eq!(send("DELETE", &format!("/notes?id={id}"), BOB, "").await.code(), 404);
    assert_eq!(send("POST", "/notes", ANN, r#"{"body":""}"#).await.code(), 400);
    assert_eq!(send("DELETE", "/notes", ANN, "").await.json(), json!({ "deleted": 1 }));
    assert_eq!(send("GET", "/notes", ANN, "").await.json(), json!([]));
    assert_eq!(send("GET", "/notes", BOB, "").await.json()[0]["body"], "Bob's");
    assert_eq!(
        probe.node.functions.get("/notes").await.json(),
        json!([]),
        "nobody in particular has no notes"
    );
}
