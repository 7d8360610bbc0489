//! What the author's guide tells, done: from nothing to a function that reads the database as its caller.

use serde_json::{Value, json};
use std::path::Path;
use wasmforge_tests::{API_KEY, Answer, Database, Node, Serve, component, in_seconds, request, token};

const ANN: &str = "a0000000-0000-4000-8000-000000000001";
const BOB: &str = "b0000000-0000-4000-8000-000000000002";

fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// The blocks of code in this language that the guide shows in this section.
fn blocks(section: &str, language: &str) -> Vec<String> {
    let guide = repository("docs/authors-guide.md");
    let (_, rest) = guide.split_once(&format!("\n## {section}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let fenced = section.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| Some(block.strip_prefix(language)?.strip_prefix('\n')?.to_owned())).collect()
}

fn only(blocks: Vec<String>) -> String {
    let [block] = blocks.as_slice() else { panic!("{blocks:#?}") };
    block.clone()
}

const SECTION: &str = "From there to the database, as the caller";

#[test]
fn the_guide_shows_the_function_that_is_tested() {
    let shown = only(blocks(SECTION, "rust"));
    let source = repository("examples/my-notes/src/lib.rs");
    let (function, tests) = source.split_once("\n#[cfg(test)]\n").unwrap();
    assert_eq!(shown, function);
    let shown = blocks("Tests", "rust");
    assert!(shown.iter().any(|block| block == &format!("#[cfg(test)]\n{tests}")), "{shown:#?}");
}

/// A node with the guide's table and function.
async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    database.execute(&only(blocks(SECTION, "sql"))).await;
    let headers = [("x-api-key", API_KEY), ("content-type", "application/wasm")];
    let module = std::fs::read(component("my-notes")).unwrap();
    let deployed = node.ask("PUT", "/api/functions/my-notes/module", &headers, module).await;
    assert_eq!(deployed.code(), 201, "{deployed:?}");
    (database, node)
}

fn bearer(claims: &Value) -> String {
    format!("Bearer {}", token(claims))
}

fn user(id: &str) -> String {
    bearer(&json!({ "sub": id, "role": "authenticated", "exp": in_seconds(900) }))
}

async fn asked(node: &Node, method: &str, bearer: Option<&str>, body: &str) -> Answer {
    let call = request(method, "/functions/my-notes").header("content-type", "application/json");
    let call = bearer.iter().fold(call, |call, bearer| call.header("authorization", *bearer));
    node.platform().send(call.body(body.to_owned()).unwrap()).await
}

async fn texts(node: &Node, bearer: Option<&str>) -> Vec<String> {
    let answer = asked(node, "GET", bearer, "").await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    answer.json().as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_caller_sees_their_own_rows_and_no_others() {
    let (database, node) = node().await;
    let (ann, bob) = (user(ANN), user(BOB));
    for (who, text) in [(&ann, "tea"), (&bob, "coffee"), (&ann, "milk")] {
        let added = asked(&node, "POST", Some(who), &json!({ "text": text }).to_string()).await;
        assert_eq!((added.code(), &added.json()["text"]), (201, &json!(text)), "{added:?}");
    }
    assert_eq!(texts(&node, Some(&ann)).await, ["tea", "milk"]);
    assert_eq!(texts(&node, Some(&bob)).await, ["coffee"]);
    // Many at once, on connections that were somebody else's a moment before.
    let both = (0..40).map(|n| {
        let (who, expected) = if n % 2 == 0 { (&ann, vec!["tea", "milk"]) } else { (&bob, vec!["coffee"]) };
        let node = &node;
        async move { assert_eq!(texts(node, Some(who)).await, expected) }
    });
    futures_util::future::join_all(both).await;
    let owners = "(SELECT string_agg(owner::text || text, ' ' ORDER BY id) FROM notes)";
    let expected = format!("{ANN}tea {BOB}coffee {ANN}milk");
    assert_eq!(database.text(owners).await, Some(expected));
}

#[tokio::test]
async fn whoever_is_nobody_sees_nothing_and_adds_nothing() {
    let (database, node) = node().await;
    asked(&node, "POST", Some(&user(ANN)), r#"{"text":"tea"}"#).await;
    assert!(texts(&node, None).await.is_empty());
    assert_eq!(asked(&node, "POST", None, r#"{"text":"mine"}"#).await.code(), 403);
    let expired = bearer(&json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(-60) }));
    assert_eq!(asked(&node, "GET", Some(&expired), "").await.code(), 401);
    let forged = wasmforge_tests::unsigned_token(&json!({ "sub": ANN, "role": "authenticated" }));
    assert_eq!(asked(&node, "GET", Some(&format!("Bearer {forged}")), "").await.code(), 401);
    assert_eq!(database.number("(SELECT count(*) FROM notes)").await, 1);
}

#[tokio::test]
async fn an_admin_sees_every_row_as_the_policies_of_the_platform_have_it() {
    let (_database, node) = node().await;
    asked(&node, "POST", Some(&user(ANN)), r#"{"text":"tea"}"#).await;
    asked(&node, "POST", Some(&user(BOB)), r#"{"text":"coffee"}"#).await;
    let admin = format!("Bearer {API_KEY}");
    assert_eq!(texts(&node, Some(&admin)).await, ["tea", "coffee"]);
}
