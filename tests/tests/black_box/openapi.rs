//! The description that the platform gives of itself.

use serde_json::Value;
use std::collections::BTreeSet;
use wasmforge_tests::{Database, Node, Serve};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

async fn document(node: &Node) -> Value {
    let answer = node.platform().get("/openapi.json").await;
    assert_eq!((answer.code(), answer.header("content-type")), (200, Some("application/json")));
    answer.json()
}

/// All operations, each with its path and method.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
        })
        .collect()
}

/// Every `$ref` in a document.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_operation_has_a_name_a_summary_and_the_errors_of_its_kind() {
    let (_database, node) = node().await;
    let document = document(&node).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let operations = operations(&document);
    let names: BTreeSet<_> = operations.iter().map(|(_, of)| of["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations.len(), "a name is given twice: {names:?}");
    for (route, operation) in &operations {
        assert!(operation["summary"].is_string(), "{route} has no summary");
        let is_ours = operation["responses"].get("default").is_none();
        if operation.get("security").is_some() && is_ours {
            for status in ["401", "403", "503"] {
                let body = &operation["responses"][status]["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(body, "#/components/schemas/ErrorBody", "{route} {status}");
            }
        }
        for segment in route.split('/').filter(|segment| segment.starts_with('{')) {
            let name = segment.trim_matches(['{', '}']);
            let parameters = operation["parameters"].as_array().unwrap();
            let is_described = parameters.iter().any(|of| of["name"] == name && of["in"] == "path");
            assert!(is_described, "{route} does not describe {name}");
        }
    }
}

#[tokio::test]
async fn what_the_description_refers_to_is_in_it() {
    let (_database, node) = node().await;
    let document = document(&node).await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} is not there");
    }
}

#[tokio::test]
async fn everything_described_is_served() {
    let (_database, node) = node().await;
    let document = document(&node).await;
    for (route, _) in operations(&document) {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace(['{', '}'], "");
        let answer = node.ask(method, &path, &[], "").await;
        let code =
            serde_json::from_slice(&answer.body).map_or(Value::Null, |body: Value| body["error"].clone());
        assert!(code != "NOT_FOUND" && code != "METHOD_NOT_ALLOWED", "{route}: {answer:?}");
    }
}
