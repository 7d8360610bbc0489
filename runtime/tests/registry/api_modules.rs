use crate::client::Api;
use crate::support::{eventually, find};
use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use wasmforge::compile::BuildError;
use wasmforge::registry::{FunctionKind, ModuleHash};

#[tokio::test]
async fn a_module_is_deployed_as_its_own_bytes() {
    let api = Api::start().await;
    let created = api.put_module("hello", "application/wasm", &b"\0asm one"[..]).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let function = &created.body["function"];
    let hash = ModuleHash::of(b"\0asm one");
    assert_eq!((&function["slug"], &function["name"]), (&json!("hello"), &json!("hello")));
    assert_eq!((&function["kind"], &function["status"]), (&json!("component"), &json!("active")));
    assert_eq!((&function["moduleSha256"], &function["moduleSize"]), (&json!(hash.to_hex()), &json!(8)));
    assert_eq!(function["code"], format!("// WebAssembly component, sha256 {}", hash.to_hex()));
    assert_eq!(find(&api.registry, "hello").unwrap().module, hash);

    let replaced = api.put_module("hello", "Application/WASM", &b"\0asm two"[..]).await;
    assert_eq!((replaced.status.as_u16(), &replaced.body["function"]["version"]), (200, &json!(2)));
    assert_eq!(replaced.body["function"]["name"], "hello");
    let again = api.put_module("hello", "application/wasm", &b"\0asm two"[..]).await;
    assert_eq!((again.status.as_u16(), &again.body["function"]["version"]), (200, &json!(2)));

    let versions = api.call("GET", "/api/functions/hello/versions", None).await.body;
    let versions = versions["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!((&versions[0]["version"], &versions[1]["version"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&versions[1]["moduleSha256"], &versions[1]["build"]),
        (&json!(hash.to_hex()), &json!("good"))
    );
    api.registry.shutdown().await;
}

#[tokio::test]
async fn a_module_is_deployed_as_base64_and_becomes_source_again() {
    let api = Api::start().await;
    let module = BASE64_STANDARD.encode(b"\0asm");
    let body = json!({"name": "C", "module": module, "limits": {"memoryMib": 64}});
    let created = api.call("POST", "/api/functions", Some(body)).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(find(&api.registry, "c").unwrap().kind, FunctionKind::Component);
    let updated = api.call("PUT", "/api/functions/c", Some(json!({"code": "text"}))).await;
    assert_eq!(
        (&updated.body["function"]["kind"], &updated.body["function"]["version"]),
        (&json!("source"), &json!(2))
    );
    assert_eq!(updated.body["function"]["limits"]["memoryMib"], 64);
    let updated = api.call("PUT", "/api/functions/c", Some(json!({"module": module}))).await;
    assert_eq!(updated.body["function"]["kind"], "component");
    let updated = api.call("PUT", "/api/functions/c", Some(json!({"name": "other"}))).await;
    assert_eq!(
        (&updated.body["function"]["kind"], &updated.body["function"]["version"]),
        (&json!("component"), &json!(3))
    );
    api.registry.shutdown().await;
}

#[tokio::test]
async fn a_bad_upload_is_refused_and_the_good_one_stays() {
    let api = Api::start().await;
    api.put_module("f", "application/wasm", "\0asm good").await;
    let good = find(&api.registry, "f").unwrap();
    let answer = api.put_module("f", "application/wasm", "not wasm").await;
    let (status, code, message) = answer.error();
    assert_eq!((status, code), (400, "INVALID_MODULE"));
    assert!(message.contains("no magic number"), "{message}");
    assert_eq!(api.put_module("f", "application/wasm", "").await.error().1, "INVALID_MODULE");
    for content_type in ["application/octet-stream", "text/plain", ""] {
        let answer = api.put_module("f", content_type, "\0asm").await;
        assert_eq!((answer.error().0, answer.error().1), (415, "UNSUPPORTED_MEDIA_TYPE"), "{content_type}");
    }
    let answer = api.put_module("f", "application/wasm", vec![0; 65]).await;
    assert_eq!((answer.error().0, answer.error().1), (413, "MODULE_TOO_LARGE"));
    let chunks = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>("\0asm")));
    let answer = api.put_module("f", "application/wasm", Body::from_stream(chunks)).await;
    assert_eq!(answer.error().1, "MODULE_TOO_LARGE");
    let cut = futures_util::stream::iter([Ok("\0asm"), Err(std::io::Error::other("gone"))]);
    let answer = api.put_module("f", "application/wasm", Body::from_stream(cut)).await;
    assert_eq!((answer.error().0, answer.error().1), (400, "INVALID_INPUT"));
    let body = json!({"name": "g", "module": BASE64_STANDARD.encode("no")});
    assert_eq!(api.call("POST", "/api/functions", Some(body)).await.error().1, "INVALID_MODULE");
    let body = json!({"module": BASE64_STANDARD.encode([0; 65])});
    assert_eq!(api.call("PUT", "/api/functions/f", Some(body)).await.error().1, "MODULE_TOO_LARGE");
    let body = json!({"module": BASE64_STANDARD.encode("\0asm")});
    assert_eq!(api.call("PUT", "/api/functions/none", Some(body)).await.error().1, "FUNCTION_NOT_FOUND");
    for (error, status) in
        [(BuildError::Compiler("no fork".into()), 500), (BuildError::Store("away".into()), 503)]
    {
        *api.gate.broken.lock() = Some(error);
        assert_eq!(api.put_module("f", "application/wasm", "\0asm new").await.error().0, status);
    }
    let now = find(&api.registry, "f").unwrap();
    assert_eq!((now.version, now.module), (good.version, good.module));
    assert!(find(&api.registry, "g").is_none());
    api.registry.shutdown().await;
}

#[tokio::test]
async fn names_that_no_url_reaches_are_refused() {
    let api = Api::start().await;
    let answer = api.put_module("health", "application/wasm", "\0asm").await;
    assert_eq!((answer.error().0, answer.error().1), (400, "FUNCTION_SLUG_RESERVED"));
    for slug in ["a.b", "a%20b", "%C5%BE"] {
        let answer = api.put_module(slug, "application/wasm", "\0asm").await;
        assert_eq!((answer.error().0, answer.error().1), (400, "INVALID_INPUT"), "{slug}");
    }
    api.registry.shutdown().await;
}

#[tokio::test]
async fn uploads_that_race_end_with_one_function_and_a_version_each() {
    let api = Api::start().await;
    let uploads = (0..8).map(|n| api.put_module("f", "application/wasm", format!("\0asm {n}")));
    let answers = futures_util::future::join_all(uploads).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 7);
    assert_eq!(find(&api.registry, "f").unwrap().version, 8);
    api.registry.shutdown().await;
}

#[tokio::test]
async fn without_a_database_the_api_says_so() {
    let api = Api::start().await;
    api.put_module("f", "application/wasm", "\0asm").await;
    api.registry.shutdown().await;
    eventually("the pool is closed", || async {
        api.call("GET", "/api/functions", None).await.status == 503
    })
    .await;
    for (method, path) in [("GET", "/api/functions/f"), ("DELETE", "/api/functions/f")] {
        let answer = api.call(method, path, None).await;
        assert_eq!(answer.error(), (503, "DATABASE_UNAVAILABLE", "The database is unavailable"), "{path}");
        assert_eq!(answer.headers["retry-after"], "1");
    }
    assert_eq!(api.put_module("f", "application/wasm", "\0asm x").await.error().0, 503);
    assert!(find(&api.registry, "f").is_some());
}
