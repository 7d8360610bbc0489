use crate::client::{API_KEY, Api};
use crate::support::find;
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use uuid::Uuid;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn is_iso(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T' && text.as_bytes()[19] == b'.'
}

#[tokio::test]
async fn a_function_is_created_read_listed_changed_and_deleted() {
    let api = Api::start().await;
    let created = api.create("First", "module.exports = f").await.body;
    assert_eq!(keys(&created), ["deployment", "function", "success"]);
    assert_eq!((&created["success"], &created["deployment"]), (&json!(true), &Value::Null));
    let function = &created["function"];
    assert!(Uuid::parse_str(function["id"].as_str().unwrap()).is_ok());
    assert_eq!(function["slug"], "first");
    assert_eq!((&function["status"], &function["description"]), (&json!("active"), &Value::Null));
    assert!(is_iso(&function["createdAt"]) && is_iso(&function["deployedAt"]), "{function}");
    assert_eq!((&function["kind"], &function["version"]), (&json!("source"), &json!(1)));

    let read = api.call("GET", "/api/functions/first", None).await;
    assert_eq!((read.status.as_u16(), &read.body), (200, function));
    assert_eq!(read.body["code"], "module.exports = f");

    api.create("second", "x").await;
    let list = api.call("GET", "/api/functions", None).await.body;
    assert_eq!(keys(&list), ["deploymentUrl", "functions", "runtime"]);
    assert_eq!((&list["runtime"], &list["deploymentUrl"]), (&json!({"status": "running"}), &Value::Null));
    let slugs: Vec<_> = list["functions"].as_array().unwrap().iter().map(|f| &f["slug"]).collect();
    assert_eq!(slugs, ["second", "first"]);
    assert!(list["functions"][0].get("code").is_none());

    let body = json!({"name": "Renamed", "code": "y", "description": "d", "status": "draft"});
    let updated = api.call("PUT", "/api/functions/first", Some(body)).await;
    assert_eq!(updated.status, 200);
    let changed = &updated.body["function"];
    assert_eq!(
        (&changed["name"], &changed["code"], &changed["version"]),
        (&json!("Renamed"), &json!("y"), &json!(2))
    );
    assert_eq!(changed["deployedAt"], function["deployedAt"]);
    assert!(find(&api.registry, "first").is_none(), "a draft cannot be invoked");
    let touched = api.call("PUT", "/api/functions/first", Some(json!({}))).await;
    assert_eq!(touched.status, 200);
    assert_ne!(touched.body["function"]["updatedAt"], changed["updatedAt"]);
    assert_eq!(touched.body["function"]["version"], 2);
    let active = api.call("PUT", "/api/functions/first", Some(json!({"status": "active"}))).await;
    assert_ne!(active.body["function"]["deployedAt"], function["deployedAt"]);
    assert_eq!(find(&api.registry, "first").unwrap().version, 2);

    let deleted = api.call("DELETE", "/api/functions/first", None).await;
    let message = json!({"success": true, "message": "Function first deleted successfully"});
    assert_eq!((deleted.status.as_u16(), &deleted.body), (200, &message));
    assert!(find(&api.registry, "first").is_none());
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| json!({}));
        let answer = api.call(method, "/api/functions/first", body).await;
        assert_eq!(answer.error(), (404, "FUNCTION_NOT_FOUND", "Function not found"), "{method}");
    }
    let answer = api.call("GET", "/api/functions/first/versions", None).await;
    assert_eq!(answer.error().1, "FUNCTION_NOT_FOUND");
    api.registry.shutdown().await;
}

#[tokio::test]
async fn settings_of_ours_are_stored_and_reach_the_next_request() {
    let api = Api::start().await;
    let body = json!({"name": "f", "code": "x", "limits": {"wallMs": 500}, "auth": "service",
        "capabilities": {"http": {"hosts": ["example.com"]}}});
    let created = api.call("POST", "/api/functions", Some(body.clone())).await.body;
    for field in ["limits", "auth", "capabilities"] {
        assert_eq!(created["function"][field], body[field], "{field}");
    }
    let function = find(&api.registry, "f").unwrap();
    assert_eq!(function.limits.wall_ms, Some(500));
    assert_eq!(function.auth, wasmforge::registry::AuthPolicy::Service);
    let body = json!({"limits": null, "auth": "public"});
    let updated = api.call("PUT", "/api/functions/f", Some(body)).await.body;
    assert_eq!((&updated["function"]["limits"], &updated["function"]["version"]), (&Value::Null, &json!(2)));
    assert_eq!(find(&api.registry, "f").unwrap().limits.wall_ms, None);
    assert_eq!(updated["function"]["capabilities"]["http"]["hosts"][0], "example.com");
    api.registry.shutdown().await;
}

#[tokio::test]
async fn bad_input_gets_its_own_error_and_changes_nothing() {
    let api = Api::start().await;
    api.create("taken", "x").await;
    let post = |body: Value| api.call("POST", "/api/functions", Some(body));
    assert_eq!(
        post(json!({"name": "Taken", "code": "y"})).await.error(),
        (409, "FUNCTION_ALREADY_EXISTS", "Function with this slug already exists")
    );
    assert_eq!(post(json!({"name": "health", "code": "y"})).await.error().1, "FUNCTION_SLUG_RESERVED");
    for body in [
        json!({"name": "n", "slug": "HEALTH", "code": "y"}),
        json!({"name": "n", "slug": "a b", "code": "y"}),
        json!({"name": "n", "slug": "x".repeat(256), "code": "y"}),
        json!({"name": "n"}),
        json!({"name": 5, "code": "y"}),
        json!({"name": "n", "code": ""}),
        json!({"name": "n", "code": "y", "status": "error"}),
        json!({"name": "n", "module": "%%%"}),
        json!({"name": "n", "code": "y", "limits": {"wallMs": "long"}}),
        json!({"name": "n".repeat(256), "slug": "n", "code": "y"}),
        json!({"name": "n", "code": "Deno.serve(() => {})"}),
        json!(["name"]),
        json!("name"),
    ] {
        let answer = post(body.clone()).await;
        let (status, code, message) = answer.error();
        assert_eq!((status, code), (400, "INVALID_INPUT"), "{body}: {message}");
    }
    let answer = post(json!({})).await;
    let issues: Value = serde_json::from_str(answer.error().2).unwrap();
    assert_eq!((&issues[0]["path"][0], &issues[0]["message"]), (&json!("name"), &json!("Required")));
    let answer = api.call("PUT", "/api/functions/taken", Some(json!({"status": "error"}))).await;
    assert_eq!(answer.error().1, "INVALID_INPUT");
    assert_eq!(api.call("GET", "/api/functions", None).await.body["functions"].as_array().unwrap().len(), 1);
    api.registry.shutdown().await;
}

#[tokio::test]
async fn a_derived_slug_may_be_one_that_no_url_reaches() {
    let api = Api::start().await;
    let created = api.create("Hello!", "x").await;
    assert_eq!(created.body["function"]["slug"], "hello!");
    assert!(find(&api.registry, "hello!").is_none());
    assert_eq!(api.call("GET", "/api/functions/hello!", None).await.status, 200);
    assert_eq!(api.call("DELETE", "/api/functions/hello%21", None).await.status, 200);
    api.registry.shutdown().await;
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused_in_json() {
    let api = Api::start().await;
    let send = async |content_type: &str, body: String| {
        let request = Request::post("/api/functions")
            .header("x-api-key", API_KEY)
            .header("content-type", content_type)
            .body(Body::from(body));
        api.send(request.unwrap()).await
    };
    let answer = send("application/json", "{\"name\": ".into()).await;
    assert_eq!((answer.error().0, answer.error().1), (400, "INVALID_INPUT"));
    let answer = send("application/json", "[".repeat(2000)).await;
    assert_eq!(answer.error().1, "INVALID_INPUT");
    let answer = send("text/plain", "name=n".into()).await;
    assert_eq!((answer.error().0, answer.error().1), (415, "UNSUPPORTED_MEDIA_TYPE"));
    let answer = send("application/json", format!("{{\"name\":\"{}\"}}", "n".repeat(5000))).await;
    assert_eq!((answer.error().0, answer.error().1), (413, "PAYLOAD_TOO_LARGE"));
    // A body that does not say how long it is.
    let chunks = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>("x".repeat(100))));
    let request =
        Request::post("/api/functions").header("x-api-key", API_KEY).body(Body::from_stream(chunks));
    assert_eq!(api.send(request.unwrap()).await.error().1, "PAYLOAD_TOO_LARGE");
    let created = send("application/json; charset=utf-8", r#"{"name":"n","code":"x"}"#.into()).await;
    assert_eq!(created.status, 201);
    api.registry.shutdown().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_json() {
    let api = Api::start().await;
    let answer = api.call("GET", "/api/nothing", None).await;
    assert_eq!(answer.error(), (404, "NOT_FOUND", "Endpoint /api/nothing not found"));
    let answer = api.call("PATCH", "/api/functions/f", None).await;
    assert_eq!(answer.error(), (405, "METHOD_NOT_ALLOWED", "PATCH is not allowed on /api/functions/f"));
    assert!(answer.headers["allow"].to_str().unwrap().contains("DELETE"), "{:?}", answer.headers);
    let answer = api.call("GET", "/api/functions/%FF", None).await;
    assert_eq!(answer.error().1, "INVALID_INPUT");
    let answer = api.call("GET", "/api/functions/a%00b", None).await;
    assert_eq!(answer.error().1, "FUNCTION_NOT_FOUND");
    api.registry.shutdown().await;
}

#[tokio::test]
async fn browsers_of_any_origin_may_read_and_ask() {
    let api = Api::start().await;
    let preflight = Request::options("/api/functions")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "x-api-key")
        .body(Body::empty());
    let answer = api.send(preflight.unwrap()).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://app.example");
    assert_eq!(answer.headers["access-control-allow-credentials"], "true");
    assert_eq!(answer.headers["access-control-allow-methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
    assert_eq!(answer.headers["access-control-allow-headers"], "x-api-key");
    let request = Request::get("/api/functions").header("origin", "https://app.example").body(Body::empty());
    let answer = api.send(request.unwrap()).await;
    assert_eq!(answer.error().0, 401);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://app.example");
    assert_eq!(answer.headers["access-control-expose-headers"], "Content-Range,ETag,Preference-Applied");
    api.registry.shutdown().await;
}

#[tokio::test]
async fn every_write_leaves_an_audit_row_and_none_without_it() {
    let api = Api::start().await;
    let created = api.create("f", "x").await.body;
    api.call("PUT", "/api/functions/f", Some(json!({"code": "y", "status": "active"}))).await;
    let module = api.put_module("f", "application/wasm", "\0asm").await;
    assert_eq!(module.status, 200, "{}", module.body);
    api.database
        .execute(
            "INSERT INTO functions.deployments (id, project_id, functions)
             VALUES ('a', 'p', '[\"f\", \"g\"]'), ('b', 'p', '{\"f\": 1}'), ('c', 'p', NULL)",
        )
        .await;
    api.call("DELETE", "/api/functions/f", None).await;
    let rows = "SELECT json_agg(json_build_array(actor, action, module, details) ORDER BY created_at)
        FROM system.audit_logs";
    let rows: Value = serde_json::from_str(&api.database.text(rows).await.unwrap()).unwrap();
    let sha256 = wasmforge::registry::ModuleHash::of(b"\0asm").to_hex();
    let id = &created["function"]["id"];
    assert_eq!(
        rows,
        json!([
            ["api-key", "CREATE_FUNCTION", "FUNCTIONS", {"functionId": id, "slug": "f", "name": "f", "status": "active"}],
            ["api-key", "UPDATE_FUNCTION", "FUNCTIONS", {"slug": "f", "changes": {"code": "y", "status": "active"}}],
            ["api-key", "UPDATE_FUNCTION", "FUNCTIONS", {"slug": "f", "changes": {"module": {"sha256": sha256, "size": 4}}}],
            ["api-key", "DELETE_FUNCTION", "FUNCTIONS", {"slug": "f"}],
        ])
    );
    let left =
        "SELECT string_agg(coalesce(functions::text, '-'), ' ' ORDER BY id) FROM functions.deployments";
    assert_eq!(api.database.text(left).await.as_deref(), Some("[\"g\"] {\"f\": 1} -"));

    api.database
        .execute("ALTER TABLE system.audit_logs ADD CHECK (action <> 'CREATE_FUNCTION') NOT VALID")
        .await;
    let answer = api.call("POST", "/api/functions", Some(json!({"name": "g", "code": "x"}))).await;
    assert_eq!(answer.error(), (500, "INTERNAL_ERROR", "Internal server error"));
    assert_eq!(api.call("GET", "/api/functions/g", None).await.status, 404);
    api.registry.shutdown().await;
}

#[tokio::test]
async fn health_and_metadata_are_what_insforges_clients_expect() {
    let api = Api::start().await;
    let request = Request::get("/api/health").body(Body::empty()).unwrap();
    let health = api.send(request).await;
    assert_eq!((health.status.as_u16(), &health.body["status"]), (200, &json!("ok")));
    assert!(is_iso(&health.body["timestamp"]));
    api.create("f", "x").await;
    let metadata = api.call("GET", "/api/metadata/functions", None).await.body;
    assert_eq!(metadata, json!([{"slug": "f", "name": "f", "description": null, "status": "active"}]));
    api.registry.shutdown().await;
}

#[tokio::test]
async fn a_row_written_while_the_triggers_were_off_spoils_no_list() {
    let api = Api::start().await;
    api.create("good", "x").await;
    api.database
        .execute(
            "SET session_replication_role = replica;
             INSERT INTO functions.definitions (slug, name, code, status) VALUES ('raw', 'r', 'x', 'active');
             RESET session_replication_role",
        )
        .await;
    let list = api.call("GET", "/api/functions", None).await.body;
    assert_eq!(list["functions"].as_array().unwrap().len(), 2);
    let touched = api.call("PUT", "/api/functions/raw", Some(json!({}))).await;
    assert_eq!(
        (&touched.body["function"]["kind"], &touched.body["function"]["version"]),
        (&json!("source"), &json!(1))
    );
    assert_eq!(find(&api.registry, "raw").unwrap().version, 1);
    api.registry.shutdown().await;
}
