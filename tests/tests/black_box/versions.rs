//! What was deployed, by whom, and how one goes back to it.

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, Answer, Database, Headers, Node, Serve, answering, in_seconds, token};

/// A node that only notices bring changes to: nothing that a test waits for comes by a poll.
fn noticing(database: &Database) -> Serve {
    Serve::over(database).var("WASMFORGE_POLL_MS", 3_600_000)
}

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = noticing(&database).start().await;
    (database, node)
}

async fn roll_back(node: &Node, body: Value) -> Answer {
    node.admin("POST", "/api/functions/f/rollback", Some(body)).await
}

async fn versions(node: &Node, query: &str) -> Value {
    let answer = node.admin("GET", &format!("/api/functions/f/versions{query}"), None).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    answer.json()
}

/// Version and code of the live one.
async fn live(node: &Node) -> (Value, u16) {
    (node.read("f").await.json()["version"].clone(), node.status_of("f").await)
}

/// Status and code of a refusal.
fn refused(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["statusCode"], answer.code(), "{answer:?}");
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer:?}");
    (answer.code(), body["error"].as_str().unwrap_or_default().to_owned())
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_rollback_is_seen_by_the_next_request_here_and_by_the_notice_elsewhere() {
    let (database, first) = node().await;
    let second = noticing(&database).start().await;
    first.deploy("f", answering(201)).await;
    first.deploy("f", answering(500)).await;
    second.answers_soon("f", 500).await;
    let answer = roll_back(&first, json!({})).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["success"], &body["from"], &body["to"]), (&json!(true), &json!(2), &json!(1)));
    assert_eq!(body["function"]["version"], 1);
    assert_eq!(live(&first).await, (json!(1), 201));
    second.answers_soon("f", 201).await;
    assert_eq!(live(&second).await, (json!(1), 201));

    // And forward again, from the other node.
    assert_eq!(roll_back(&second, json!({ "version": 2 })).await.json()["to"], 2);
    assert_eq!(second.status_of("f").await, 500);
    first.answers_soon("f", 500).await;
}

#[tokio::test]
async fn a_number_never_means_two_things() {
    let (database, node) = node().await;
    for status in [201, 202, 203] {
        node.deploy("f", answering(status)).await;
    }
    roll_back(&node, json!({ "version": 1 })).await;
    assert_eq!(live(&node).await, (json!(1), 201));
    assert_eq!(node.deploy("f", answering(204)).await["version"], 4);
    assert_eq!(live(&node).await, (json!(4), 204));
    let number = "(SELECT count(*) FROM functions.versions WHERE slug = 'f')";
    assert_eq!(database.number(number).await, 4, "going back makes no version");
    // The newest good one below the live one, whatever was live before.
    assert_eq!(roll_back(&node, json!({})).await.json()["to"], 3);
    assert_eq!(roll_back(&node, json!({ "version": 3 })).await.json()["from"], 3, "it is live already");
}

#[tokio::test]
async fn settings_and_source_text_come_back_with_their_version() {
    let (_database, node) = node().await;
    let code = "export default () => new Response('one')";
    node.create(json!({ "name": "f", "code": code, "limits": { "wallMs": 5000 }, "auth": "service" })).await;
    node.update("f", json!({ "limits": null, "auth": "public", "capabilities": { "functions": [] } })).await;
    node.deploy("f", answering(202)).await;
    let moved = roll_back(&node, json!({ "version": 1 })).await.json();
    let function = &moved["function"];
    assert_eq!((&function["code"], &function["kind"]), (&json!(code), &json!("source")));
    assert_eq!((&function["limits"], &function["auth"]), (&json!({ "wallMs": 5000 }), &json!("service")));
    assert_eq!(
        (&function["capabilities"], &function["effectiveLimits"]["wallMs"]),
        (&Value::Null, &json!(5000))
    );
    assert_eq!(node.status_of("f").await, 401);
    let moved = roll_back(&node, json!({ "version": 3 })).await.json();
    assert_eq!(moved["function"]["kind"], "component");
    assert_eq!(node.status_of("f").await, 202);
    assert_eq!(node.read("f").await.json(), moved["function"]);
}

#[tokio::test]
async fn a_version_that_does_not_compile_is_rolled_back_from_and_never_to() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    database.write_module("f", b"\0asm nonsense").await;
    let bad = async {
        while versions(&node, "").await["versions"][0]["build"] != "bad" {
            assert_eq!(node.status_of("f").await, 201, "the good one keeps serving");
        }
    };
    wasmforge_tests::in_time("the bad build being recorded", bad).await;
    assert_eq!(roll_back(&node, json!({})).await.json()["to"], 1);
    assert_eq!(live(&node).await, (json!(1), 201));
    let answer = roll_back(&node, json!({ "version": 2 })).await;
    assert_eq!(refused(&answer), refusal(409, "VERSION_NOT_BUILT"));
    // One that nobody has compiled is compiled first.
    database.write_module("f", b"\0asm other nonsense").await;
    database.execute("UPDATE functions.definitions SET version = 1 WHERE slug = 'f'").await;
    let answer = roll_back(&node, json!({ "version": 3 })).await;
    assert_eq!(refused(&answer), refusal(409, "VERSION_NOT_BUILT"));
    assert_eq!(live(&node).await, (json!(1), 201));
}

#[tokio::test]
async fn what_cannot_be_gone_back_to_is_said() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    assert_eq!(refused(&roll_back(&node, json!({})).await), refusal(409, "NO_EARLIER_VERSION"));
    node.deploy("f", answering(202)).await;
    node.deploy("f", answering(203)).await;
    for version in [0, -1, 4, i64::MAX, i64::MIN] {
        let answer = roll_back(&node, json!({ "version": version })).await;
        assert_eq!(refused(&answer), refusal(404, "VERSION_NOT_FOUND"), "{version}");
    }
    for version in [json!("2"), json!(1.5), json!(null), json!([2]), json!(1e30)] {
        let answer = roll_back(&node, json!({ "version": version })).await;
        assert_eq!(refused(&answer), refusal(400, "INVALID_INPUT"), "{version}");
    }
    database.execute("DELETE FROM functions.versions WHERE version = 2").await;
    database
        .execute(
            "DELETE FROM functions.modules m USING functions.versions v
             WHERE v.version = 1 AND m.sha256 = v.module_sha256",
        )
        .await;
    for version in [1, 2] {
        let answer = roll_back(&node, json!({ "version": version })).await;
        assert_eq!(refused(&answer), refusal(410, "VERSION_GONE"), "{version}");
        let path = format!("/api/functions/f/versions/{version}/module");
        assert_eq!(refused(&node.admin("GET", &path, None).await), refusal(410, "VERSION_GONE"));
    }
    assert_eq!(refused(&roll_back(&node, json!({})).await), refusal(409, "NO_EARLIER_VERSION"));
    for (method, path) in
        [("POST", "rollback"), ("POST", "promote"), ("DELETE", "traffic"), ("GET", "versions/1")]
    {
        let answer = node.admin(method, &format!("/api/functions/nobody/{path}"), None).await;
        assert_eq!(refused(&answer), refusal(404, "FUNCTION_NOT_FOUND"), "{path}");
    }
    assert_eq!(live(&node).await, (json!(3), 203), "nothing was changed");
}

#[tokio::test]
async fn every_version_tells_who_made_it_and_what_it_changed() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    let admin = token(&json!({ "sub": "ann", "role": "project_admin", "exp": in_seconds(60) }));
    let bearer = format!("Bearer {admin}");
    let headers: Headers = &[("authorization", &bearer), ("content-type", "application/json")];
    let body = json!({ "limits": { "wallMs": 5, "cpuMs": 7 }, "auth": "authenticated" }).to_string();
    assert_eq!(node.ask("PUT", "/api/functions/f", headers, body).await.code(), 200);
    database.write_source("f", "module.exports = () => new Response()").await;
    node.update("f", json!({ "limits": { "wallMs": 6, "cpuMs": 7 } })).await;

    let found = versions(&node, "").await;
    let found = found["versions"].as_array().unwrap();
    let of = |field: &str| found.iter().map(|version| version[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("version"), [4, 3, 2, 1]);
    assert_eq!(of("createdBy"), ["api-key", "database:postgres", "ann", "api-key"]);
    assert_eq!(of("live"), [true, false, false, false]);
    assert_eq!(of("percent"), [100, 0, 0, 0]);
    assert_eq!(of("auth"), ["authenticated", "authenticated", "authenticated", "public"]);
    assert_eq!(found[0]["changes"], json!([{ "field": "limits.wallMs", "from": 5, "to": 6 }]));
    let fields = |at: usize| {
        let changes = found[at]["changes"].as_array().unwrap();
        changes.iter().map(|change| change["field"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(fields(1), ["kind", "module"]);
    assert_eq!(fields(2), ["auth", "limits.cpuMs", "limits.wallMs"]);
    assert_eq!(found[3]["changes"], json!([]));
}

#[tokio::test]
async fn a_long_history_is_read_in_parts() {
    let (_database, node) = node().await;
    for status in 201..=205 {
        node.deploy("f", answering(status)).await;
    }
    let mut cursor = String::new();
    let mut seen = Vec::new();
    for expected in [2, 2, 1] {
        let part = versions(&node, &format!("?limit=2{cursor}")).await;
        let part_versions = part["versions"].as_array().unwrap().clone();
        assert_eq!(part_versions.len(), expected, "{part}");
        let all_but_first = part_versions.iter().filter(|version| version["version"] != 1);
        assert!(all_but_first.clone().all(|v| v["changes"][0]["field"] == "module"), "{part}");
        seen.extend(part_versions.iter().map(|version| version["version"].clone()));
        cursor = part["nextCursor"].as_str().map_or_else(String::new, |next| format!("&cursor={next}"));
    }
    assert_eq!((seen, cursor), (vec![json!(5), json!(4), json!(3), json!(2), json!(1)], String::new()));
    for bad in ["?limit=0", "?limit=201", "?limit=-1", "?limit=x", "?cursor=x", "?cursor="] {
        let answer = node.admin("GET", &format!("/api/functions/f/versions{bad}"), None).await;
        assert_eq!(refused(&answer), refusal(400, "INVALID_INPUT"), "{bad}");
    }
    for bad in ["x", "1.5", "99999999999999999999", "%00"] {
        let answer = node.admin("GET", &format!("/api/functions/f/versions/{bad}"), None).await;
        assert_eq!(refused(&answer), refusal(400, "INVALID_INPUT"), "{bad}");
    }
}

#[tokio::test]
async fn the_bytes_of_every_version_can_be_had() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    node.update("f", json!({ "code": "export default () => new Response('š')" })).await;
    let get = async |path: &str| node.admin("GET", &format!("/api/functions/f/versions/{path}"), None).await;
    let module = get("1/module").await;
    assert_eq!((module.header("content-type"), &*module.body), (Some("application/wasm"), &*answering(201)));
    let text = get("2/module").await;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(text.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(text.text(), "export default () => new Response('š')");
    assert_eq!(get("2").await.json()["code"], text.text());
    assert_eq!(get("1").await.json()["code"], Value::Null);
    assert_eq!(get("1").await.json()["moduleSize"], module.body.len());
}

#[tokio::test]
async fn a_person_with_psql_rolls_back_too() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    node.deploy("f", answering(202)).await;
    database.execute("UPDATE functions.definitions SET version = 1 WHERE slug = 'f'").await;
    node.answers_soon("f", 201).await;
    // A number that is none is not taken.
    database.execute("UPDATE functions.definitions SET version = 77 WHERE slug = 'f'").await;
    assert_eq!(live(&node).await, (json!(1), 201));
    database
        .execute("DELETE FROM functions.modules m USING functions.versions v WHERE v.version = 2 AND m.sha256 = v.module_sha256")
        .await;
    let gone = sqlx::raw_sql("UPDATE functions.definitions SET version = 2 WHERE slug = 'f'");
    assert!(gone.execute(database.pool()).await.unwrap_err().to_string().contains("no longer kept"));
}

#[tokio::test]
async fn of_two_who_saw_the_same_state_one_writes() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    let put = async |tag: &str, body: Value| {
        let headers = [("x-api-key", API_KEY), ("content-type", "application/json"), ("if-match", tag)];
        node.ask("PUT", "/api/functions/f", &headers, body.to_string()).await
    };
    for round in 0..5 {
        let seen = node.read("f").await;
        let tag = seen.header("etag").unwrap();
        let code =
            |writer: u16| json!({ "code": format!("export default () => new Response('{round} {writer}')") });
        let answers = join_all((0..4).map(|writer| put(tag, code(writer)))).await;
        let mut statuses: Vec<_> = answers.iter().map(Answer::code).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
        let winner = answers.iter().find(|answer| answer.code() == 200).unwrap();
        for loser in answers.iter().filter(|answer| answer.code() != 200) {
            assert_eq!(refused(loser), refusal(409, "FUNCTION_CHANGED"));
        }
        assert_eq!(node.read("f").await.json(), winner.json()["function"]);
        assert_eq!(node.read("f").await.header("etag"), winner.header("etag"));
        assert_eq!(winner.json()["function"]["version"], round + 2);
    }
}

#[tokio::test]
async fn every_write_can_be_bound_to_what_was_seen() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    node.deploy("f", answering(202)).await;
    let old = node.read("f").await.header("etag").unwrap().to_owned();
    // Somebody else's backend counts as well.
    database.execute("UPDATE functions.definitions SET description = 'd'").await;
    let bound = async |method: &str, path: &str, tag: &str, kind: &str, body: Bytes| {
        let headers = [("x-api-key", API_KEY), ("content-type", kind), ("if-match", tag)];
        node.ask(method, &format!("/api/functions/{path}"), &headers, body).await
    };
    let json = "application/json";
    let writes = [
        ("PUT", "f", json, r#"{"name":"n"}"#),
        ("PUT", "f", json, r#"{"code":"export default () => new Response()"}"#),
        ("PUT", "f?canary=5", json, r#"{"auth":"service"}"#),
        ("POST", "f/rollback", json, "{}"),
        ("PUT", "f/traffic", json, r#"{"version":1,"percent":5}"#),
        ("DELETE", "f/traffic", json, ""),
        ("DELETE", "f", json, ""),
    ];
    for (method, path, kind, body) in writes {
        let answer = bound(method, path, &old, kind, body.into()).await;
        assert_eq!(refused(&answer), refusal(409, "FUNCTION_CHANGED"), "{method} {path}");
    }
    let wasm = "application/wasm";
    for path in ["f/module", "new/module"] {
        let answer = bound("PUT", path, &old, wasm, answering(203).into()).await;
        assert_eq!(refused(&answer), refusal(409, "FUNCTION_CHANGED"), "{path}");
    }
    let answer = bound("PUT", "new/module", "*", wasm, answering(203).into()).await;
    assert_eq!(refused(&answer), refusal(409, "FUNCTION_CHANGED"), "there is nothing that * could mean");
    for malformed in ["3", "\"", "\"a\" \"b"] {
        let answer = bound("DELETE", "f", malformed, json, Bytes::new()).await;
        assert_eq!(refused(&answer), refusal(400, "INVALID_INPUT"), "{malformed}");
    }
    assert_eq!(live(&node).await, (json!(2), 202), "nothing was written");
    let tag = node.read("f").await.header("etag").unwrap().to_owned();
    assert_eq!(
        bound("PUT", "f", &format!("\"x\", W/{tag}"), json, r#"{"name":"n"}"#.into()).await.code(),
        200
    );
    assert_eq!(bound("PUT", "f/module", "*", wasm, answering(203).into()).await.code(), 200);
    let tag = node.read("f").await.header("etag").unwrap().to_owned();
    assert_eq!(bound("DELETE", "f", &tag, json, Bytes::new()).await.code(), 200);
}

#[tokio::test]
async fn a_first_deploy_can_be_closed_from_its_first_request_on() {
    let (_database, node) = node().await;
    let put = async |path: &str, settings: &str| {
        let headers = [
            ("x-api-key", API_KEY),
            ("content-type", "application/wasm"),
            ("x-wasmforge-settings", settings),
        ];
        let headers = if settings.is_empty() { &headers[..2] } else { &headers[..] };
        node.ask("PUT", &format!("/api/functions/{path}"), headers, answering(201)).await
    };
    let made = put("a/module?auth=service", "").await;
    assert_eq!((made.code(), &made.json()["function"]["auth"]), (201, &json!("service")));
    assert_eq!(node.status_of("a").await, 401);
    let settings = json!({
        "auth": "authenticated", "limits": { "memoryMib": 64 }, "capabilities": { "functions": ["a"] }, "status": "draft",
    });
    let made = put("b/module", &settings.to_string()).await;
    let function = &made.json()["function"];
    for (name, value) in settings.as_object().unwrap() {
        assert_eq!(&function[name], value, "{function}");
    }
    assert_eq!((made.code(), node.status_of("b").await), (201, 404));
    // What is not said stays.
    assert_eq!(
        put("b/module", r#"{"status":"active"}"#).await.json()["function"]["limits"],
        settings["limits"]
    );
    assert_eq!(node.status_of("b").await, 401);
    for (query, settings) in [
        ("?auth=admin", ""),
        ("?auth=", ""),
        ("?auth=service", r#"{"auth":"public"}"#),
        ("", "{"),
        ("", "[]"),
        ("", r#"{"autth":"service"}"#),
        ("", r#"{"auth":1}"#),
        ("", r#"{"limits":{"wall":1}}"#),
        ("", r#"{"capabilities":{"http":{"hosts":"x"}}}"#),
        ("", r#"{"status":"deleted"}"#),
    ] {
        let answer = put(&format!("c/module{query}"), settings).await;
        assert_eq!(refused(&answer), refusal(400, "INVALID_INPUT"), "{query} {settings}");
    }
    assert_eq!(node.slugs().await.len(), 2);
}

#[tokio::test]
async fn an_audit_row_tells_of_every_move() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    node.deploy("f", answering(202)).await;
    roll_back(&node, json!({})).await;
    roll_back(&node, json!({ "version": 1 })).await;
    node.admin("PUT", "/api/functions/f/traffic", Some(json!({ "version": 2, "percent": 5 }))).await;
    node.admin("POST", "/api/functions/f/promote", None).await;
    let rows = "(SELECT string_agg(concat_ws(' ', actor, action, details), '; ' ORDER BY created_at)
        FROM system.audit_logs WHERE action !~ '^(CREATE|UPDATE)_FUNCTION$' AND module = 'FUNCTIONS')";
    let expected = [
        r#"api-key ROLLBACK_FUNCTION {"to": 1, "from": 2, "slug": "f"}"#,
        r#"api-key UPDATE_FUNCTION_TRAFFIC {"live": 1, "slug": "f", "canary": {"percent": 5, "version": 2}}"#,
        r#"api-key PROMOTE_FUNCTION {"to": 2, "from": 1, "slug": "f"}"#,
    ];
    assert_eq!(
        database.text(rows).await.unwrap(),
        expected.join("; "),
        "a move to where it is already is none"
    );
}

#[tokio::test]
async fn a_database_that_stays_as_it_is_has_no_versions() {
    let database = crate::insforge::database().await;
    let node = Serve::over(&database).var("WASMFORGE_MIGRATE", "never").start().await;
    node.store_source("f", "export default () => new Response('x')").await;
    let tag = node.read("f").await.header("etag").unwrap().to_owned();
    for (method, path, body) in [
        ("GET", "versions", None),
        ("GET", "versions/1", None),
        ("GET", "versions/1/module", None),
        ("POST", "rollback", Some(json!({}))),
        ("POST", "rollback", Some(json!({ "version": 1 }))),
        ("POST", "promote", None),
        ("PUT", "traffic", Some(json!({ "version": 1, "percent": 5 }))),
        ("DELETE", "traffic", None),
    ] {
        let answer = node.admin(method, &format!("/api/functions/f/{path}"), body).await;
        assert_eq!(refused(&answer), refusal(501, "NOT_SUPPORTED"), "{method} {path}");
    }
    let canary =
        node.admin("PUT", "/api/functions/f?canary=5", Some(json!({ "code": "export default 1" }))).await;
    assert_eq!(refused(&canary), refusal(501, "NOT_SUPPORTED"));
    // What was seen counts there too.
    let put = async |name: &str| {
        let headers =
            [("x-api-key", API_KEY), ("content-type", "application/json"), ("if-match", tag.as_str())];
        node.ask("PUT", "/api/functions/f", &headers, json!({ "name": name }).to_string()).await
    };
    assert_eq!(put("a").await.code(), 200);
    assert_eq!(refused(&put("b").await), refusal(409, "FUNCTION_CHANGED"));
}
