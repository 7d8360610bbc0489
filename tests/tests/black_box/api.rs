//! What clients of the admin API see, beside modules and credentials.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, Database, Node, Serve, answering, unseen};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// `2026-01-02T03:04:05.678Z`
fn is_iso(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let format = time::format_description::well_known::Rfc3339;
    text.len() == 24 && text.ends_with('Z') && time::OffsetDateTime::parse(text, &format).is_ok()
}

/// InsForge's fields, then ours.
const LISTED: [&str; 15] = [
    "auth",
    "capabilities",
    "createdAt",
    "deployedAt",
    "description",
    "id",
    "kind",
    "limits",
    "moduleSha256",
    "moduleSize",
    "name",
    "slug",
    "status",
    "updatedAt",
    "version",
];

#[tokio::test]
async fn a_module_in_base64_is_created_shown_listed_and_deleted() {
    let (_database, node) = node().await;
    let module = answering(207);
    let body = json!({"name": "My Function", "description": "d", "module": BASE64_STANDARD.encode(&module)});
    let created = node.create(body).await;
    assert_eq!(created.code(), 201, "{created:?}");
    assert_eq!(keys(&created.json()), ["deployment", "function", "success"]);
    assert_eq!((&created.json()["success"], &created.json()["deployment"]), (&json!(true), &Value::Null));
    let function = created.json()["function"].clone();
    assert_eq!((&function["slug"], &function["name"]), (&json!("my-function"), &json!("My Function")));
    assert_eq!((&function["kind"], &function["version"]), (&json!("component"), &json!(1)));
    assert_eq!((&function["status"], &function["moduleSize"]), (&json!("active"), &json!(module.len())));
    for field in ["createdAt", "updatedAt", "deployedAt"] {
        assert!(is_iso(&function[field]), "{field}: {function}");
    }
    assert_eq!(node.status_of("my-function").await, 207);

    let shown = node.read("my-function").await;
    assert_eq!((shown.code(), shown.json()), (200, function.clone()));
    assert!(!shown.json()["code"].as_str().unwrap().is_empty());

    node.deploy("second", answering(200)).await;
    for path in ["/api/functions", "/api/functions/"] {
        let list = node.admin("GET", path, None).await.json();
        assert_eq!(keys(&list), ["deploymentUrl", "functions", "runtime"]);
        assert_eq!((&list["runtime"], &list["deploymentUrl"]), (&json!({"status": "running"}), &Value::Null));
        assert_eq!(list["functions"][0]["slug"], "second", "newest first");
        assert_eq!(keys(&list["functions"][1]), LISTED, "lists carry no code");
    }
    let metadata = node.admin("GET", "/api/metadata/functions", None).await.json();
    let expected =
        json!({"slug": "my-function", "name": "My Function", "description": "d", "status": "active"});
    assert_eq!(metadata[1], expected);

    let deleted = node.delete("my-function").await;
    let message = json!({"success": true, "message": "Function my-function deleted successfully"});
    assert_eq!((deleted.code(), deleted.json()), (200, message));
    assert_eq!(node.slugs().await, ["second"]);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let (_database, node) = node().await;
    let before = node.deploy("f", answering(201)).await;
    let touched = node.update("f", json!({})).await;
    assert_eq!(touched.code(), 200);
    let function = &touched.json()["function"];
    assert_ne!(function["updatedAt"], before["updatedAt"]);
    for field in ["id", "name", "status", "version", "moduleSha256", "deployedAt", "createdAt"] {
        assert_eq!(function[field], before[field], "{field}");
    }
    let renamed = node.update("f", json!({"name": "New", "slug": "g"})).await.json();
    assert_eq!((&renamed["function"]["name"], &renamed["function"]["slug"]), (&json!("New"), &json!("f")));

    let module = json!({"module": BASE64_STANDARD.encode(answering(202))});
    let replaced = node.update("f", module).await.json();
    assert_eq!(replaced["function"]["version"], 2);
    assert_eq!(replaced["function"]["deployedAt"], before["deployedAt"], "only `active` moves it");
    assert_eq!(node.status_of("f").await, 202);
    let active = node.update("f", json!({"status": "active"})).await.json();
    assert_ne!(active["function"]["deployedAt"], before["deployedAt"]);

    let limits = json!({"limits": {"wallMs": 500}});
    assert_eq!(node.update("f", limits.clone()).await.json()["function"]["limits"], limits["limits"]);
    let reset = node.update("f", json!({"limits": null})).await.json();
    assert_eq!((&reset["function"]["limits"], &reset["function"]["version"]), (&Value::Null, &json!(4)));
}

#[tokio::test]
async fn the_history_tells_every_version_and_whether_it_compiled() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    node.deploy("f", answering(202)).await;
    database.write_module("f", b"\0asm nonsense").await;
    node.health_when("the change being seen", |_, _| true).await;
    let history = async || node.admin("GET", "/api/functions/f/versions", None).await.json();
    let told = async {
        loop {
            node.status_of("f").await;
            let history = history().await;
            if history["versions"][0]["build"] == "bad" {
                return history;
            }
        }
    };
    let history = wasmforge_tests::in_time("the bad build being recorded", told).await;
    let builds: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|v| (&v["version"], &v["build"])).collect();
    let (bad, good) = (json!("bad"), json!("good"));
    assert_eq!(builds, [(&json!(3), &bad), (&json!(2), &good), (&json!(1), &good)]);
    assert!(
        history["versions"][0]["buildError"].as_str().is_some_and(|error| !error.is_empty()),
        "{history}"
    );
}

/// Every fault that a field can have: the body, the field, and a word of what is said of it.
fn faults() -> Vec<(Value, &'static str, &'static str)> {
    let with = |field: &str, value: Value| {
        let mut body = json!({"name": "n", "slug": "s", "code": "x"});
        body[field] = value;
        body
    };
    vec![
        (json!({}), "name", "Required"),
        (json!({"code": "x"}), "name", "Required"),
        (json!({"name": "n"}), "code", "Required"),
        (with("name", json!("")), "name", "required"),
        (with("name", json!(5)), "name", "received number"),
        (with("name", Value::Null), "name", "received null"),
        (with("code", json!("")), "code", "required"),
        (with("code", json!(["x"])), "code", "received array"),
        (with("code", json!("a\0b")), "code", "NUL"),
        (with("slug", json!("")), "slug", "at least one"),
        (with("slug", json!("a b")), "slug", "' '"),
        (with("slug", json!("a/b")), "slug", "'/'"),
        (with("slug", json!("..")), "slug", "'.'"),
        (with("slug", json!("é")), "slug", "'é'"),
        (with("slug", json!("x".repeat(256))), "slug", "255"),
        (with("slug", json!(true)), "slug", "received boolean"),
        (with("slug", json!("health")), "slug", "reserved"),
        (with("slug", json!("HEALTH")), "slug", "reserved"),
        (with("status", json!("error")), "status", "'draft' | 'active'"),
        (with("status", json!(1)), "status", "received number"),
        (with("description", json!({})), "description", "received object"),
        (with("module", json!("AAAA")), "module", "not both"),
        (json!({"name": "n", "module": "%%%"}), "module", "not base64"),
        (json!({"name": "n", "module": 7}), "module", "received number"),
        (json!({"name": "n", "module": ""}), "module", "required"),
        (with("limits", json!({"wallMs": "long"})), "limits", "limits"),
        (with("limits", json!({"wallMs": -1})), "limits", "limits"),
        (with("limits", json!({"walMs": 1})), "limits", "walMs"),
        (with("auth", json!("nobody")), "auth", "nobody"),
        (with("capabilities", json!([])), "capabilities", "capabilities"),
    ]
}

#[tokio::test]
async fn a_faulty_field_is_named_in_insforges_list_of_issues() {
    let (_database, node) = node().await;
    for (body, field, word) in faults() {
        let (status, code, message) = node.create(body.clone()).await.api_error();
        assert_eq!((status, code.as_str()), (400, "INVALID_INPUT"), "{body}: {message}");
        let issues: Value = serde_json::from_str(&message).unwrap_or_else(|_| panic!("{body}: {message}"));
        let found = issues.as_array().unwrap().iter().find(|issue| issue["path"] == json!([field]));
        let issue = found.unwrap_or_else(|| panic!("{body}: no issue at {field}: {message}"));
        assert!(
            issue["code"].is_string() && issue["message"].as_str().unwrap().contains(word),
            "{body}: {issue}"
        );
    }
    assert!(node.slugs().await.is_empty(), "something was stored");
}

#[tokio::test]
async fn names_that_are_taken_or_kept_are_refused() {
    let (_database, node) = node().await;
    node.store_source("taken", "x").await;
    let taken = node.create(json!({"name": "Taken", "code": "y"})).await.api_error();
    let expected = (409, "FUNCTION_ALREADY_EXISTS".into(), "Function with this slug already exists".into());
    assert_eq!(taken, expected);
    let derived = node.create(json!({"name": "Health", "code": "y"})).await.api_error();
    assert_eq!((derived.0, derived.1.as_str()), (400, "FUNCTION_SLUG_RESERVED"));
    for slug in ["health", "HeAlTh"] {
        let (status, code, _) = node.upload(slug, answering(200)).await.api_error();
        assert_eq!((status, code.as_str()), (400, "FUNCTION_SLUG_RESERVED"), "{slug}");
    }
    // Stored, as InsForge stores it, but no URL reaches it.
    let odd = node.create(json!({"name": "Hello!", "code": "y"})).await;
    assert_eq!((odd.code(), &odd.json()["function"]["slug"]), (201, &json!("hello!")));
    assert_eq!(node.functions.get("/hello!").await.text(), "Not Found");
    assert_eq!(node.delete("hello!").await.code(), 200);
    assert_eq!(node.read("taken").await.json()["code"], "x");
}

#[tokio::test]
async fn source_that_starts_its_own_server_is_refused() {
    let (_database, node) = node().await;
    for code in ["Deno.serve(() => {})", "// Deno.serve (", "x = 'Deno.serve\n('"] {
        let (status, error, message) = node.create(json!({"name": "n", "code": code})).await.api_error();
        assert_eq!((status, error.as_str()), (400, "INVALID_INPUT"), "{code}");
        assert!(message.starts_with("Function source cannot contain Deno.serve()."), "{message}");
    }
    node.store_source("fine", "Deno.server(); Deno.run()").await;
    let (status, ..) = node.update("fine", json!({"code": "Deno.serve()"})).await.api_error();
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_function_that_is_not_there_is_not_found() {
    let (_database, node) = node().await;
    let not_found = (404, "FUNCTION_NOT_FOUND".to_owned(), "Function not found".to_owned());
    assert_eq!(node.read("nope").await.api_error(), not_found);
    assert_eq!(node.delete("nope").await.api_error(), not_found);
    assert_eq!(node.update("nope", json!({})).await.api_error(), not_found);
    let module = json!({"module": BASE64_STANDARD.encode(unseen(&answering(200)))});
    assert_eq!(node.update("nope", module).await.api_error(), not_found);
    assert_eq!(node.admin("GET", "/api/functions/nope/versions", None).await.api_error(), not_found);
    assert_eq!(node.code_loads("compiler").await, 0, "nothing is compiled for a name that is not there");
    for path in ["/api/functions/..%2f..%2fetc", "/api/functions/a%00b", "/api/functions/%F0%9F%A6%80"] {
        assert_eq!(node.admin("GET", path, None).await.api_error(), not_found, "{path}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_are_refused_in_json() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("MAX_JSON_BODY_SIZE", "4kb").start().await;
    let send = async |content_type: &str, body: String| {
        let headers = [("x-api-key", API_KEY), ("content-type", content_type)];
        let (status, code, _) = node.ask("POST", "/api/functions", &headers, body).await.api_error();
        (status, code)
    };
    let invalid = (400, "INVALID_INPUT".to_owned());
    for body in ["{\"name\": ", "{'name': 'n'}", "[\"name\"]", "\"name\"", "null", "\u{feff}{}", "{\"a\":1}}"]
    {
        assert_eq!(send("application/json", body.into()).await, invalid, "{body}");
    }
    assert_eq!(send("application/json", "[".repeat(4000)).await, invalid, "deep nesting");
    assert_eq!(send("text/plain", "{}".into()).await, (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    let long = format!("{{\"name\":\"{}\"}}", "n".repeat(5000));
    assert_eq!(send("application/json", long).await, (413, "PAYLOAD_TOO_LARGE".into()));
    let (status, code, _) = node.admin("PATCH", "/api/functions/f", None).await.api_error();
    assert_eq!((status, code.as_str()), (405, "METHOD_NOT_ALLOWED"));
    let (status, code, _) = node.admin("GET", "/api/nothing", None).await.api_error();
    assert_eq!((status, code.as_str()), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn every_write_leaves_an_audit_row() {
    let (database, node) = node().await;
    node.store_source("f", "x").await;
    node.update("f", json!({"name": "F"})).await;
    node.deploy("f", answering(200)).await;
    node.delete("f").await;
    let rows = "(SELECT string_agg(concat_ws(' ', actor, action, module, details ->> 'slug'), ', ' ORDER BY created_at)
        FROM system.audit_logs)";
    let expected = "api-key CREATE_FUNCTION FUNCTIONS f, api-key UPDATE_FUNCTION FUNCTIONS f, \
        api-key UPDATE_FUNCTION FUNCTIONS f, api-key DELETE_FUNCTION FUNCTIONS f";
    assert_eq!(database.text(rows).await.as_deref(), Some(expected));
}
