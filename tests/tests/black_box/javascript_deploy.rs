//! Deploying sources: what is refused and how it is said, hostile sources, and rows that others write.

use serde_json::json;
use wasmforge_tests::{Database, Node, Serve, answering, in_time};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

/// What an author is told who deploys `code`.
async fn refusal(node: &Node, code: &str) -> String {
    let (status, kind, message) =
        node.create(json!({ "name": "f", "slug": "f", "code": code })).await.api_error();
    assert_eq!((status, kind.as_str()), (400, "INVALID_SOURCE"), "{message}");
    message
}

/// Stores a source as InsForge's backend does.
async fn write_source(database: &Database, slug: &str, code: &str) {
    let code = code.replace('\'', "''");
    database
        .execute(&format!(
            "INSERT INTO functions.definitions (slug, name, code, status) VALUES ('{slug}', '{slug}', '{code}', 'active')
             ON CONFLICT (slug) DO UPDATE SET code = EXCLUDED.code"
        ))
        .await;
}

#[tokio::test]
async fn a_syntax_error_is_shown_where_it_is() {
    let (_database, node) = node().await;
    let message = refusal(&node, "const a = 1;\nconst b = (2;\nmodule.exports = () => b").await;
    assert!(message.contains("(line 2, column 13)"), "{message}");
    assert!(message.contains("2 | const b = (2;\n  |             ^"), "{message}");
    let typescript = refusal(&node, "interface A { b: string }\nconst c: A = { b: 'c' ;").await;
    assert!(typescript.contains("line 2"), "{typescript}");
    // What only the engine finds.
    let late = refusal(&node, "module.exports = () => 1;\nimport.meta.x; return 5;").await;
    assert!(late.contains("line 2"), "{late}");
    assert_eq!(node.status_of("f").await, 404);
}

#[tokio::test]
async fn an_import_that_is_not_there_is_named_with_what_to_do() {
    let (_database, node) = node().await;
    for specifier in ["npm:zod@3", "zod", "jsr:@std/encoding", "https://example.com/zod.js", "./other.js"] {
        for source in [
            format!("// first\nimport x from '{specifier}';\nexport default () => x"),
            format!("// first\nexport * from '{specifier}';"),
            format!("// first\nmodule.exports = async () => (await import('{specifier}')).x"),
            format!("// first\nimport x from '{specifier}'; const y: number = x;\nexport default () => y"),
        ] {
            let message = refusal(&node, &source).await;
            assert!(message.contains(&format!("Cannot import {specifier:?}")), "{message}");
            assert!(message.contains("line 2, column") && message.contains("`wasmforge build`"), "{message}");
        }
    }
    let node_module = refusal(&node, "import fs from 'node:fs';\nexport default () => fs").await;
    assert!(node_module.contains("\"node:fs\"") && node_module.contains("buffer"), "{node_module}");
    let jsx = refusal(&node, "export default () => <p>hi</p>").await;
    assert!(jsx.contains("JSX") && jsx.contains("`wasmforge build`"), "{jsx}");
}

#[tokio::test]
async fn hostile_sources_harm_nobody() {
    let (_database, node) = node().await;
    node.store_source("well", "module.exports = () => new Response('well')").await;
    let nested = 300_000;
    let sources = [
        format!("module.exports = {}1{}", "(".repeat(nested), ")".repeat(nested)),
        format!("module.exports = {}1", "() => ".repeat(nested)),
        format!("module.exports = {}", "[".repeat(nested)),
        format!("module.exports = () => 1; {}", "let a = 1;".repeat(1000)),
        "}); globalThis.escaped = 1; (function () {".to_owned(),
        format!("x = `{}", "${`".repeat(nested)),
    ];
    for source in sources {
        let message = refusal(&node, &source).await;
        assert!(message.len() < 4000, "{message}");
        assert_eq!(node.functions.get("/well").await.text(), "well");
    }
}

#[tokio::test]
async fn a_source_of_ten_megabytes_runs() {
    let (_database, node) = node().await;
    let line = "  // a line of a comment that says nothing much, as bundles have them by the thousand\n";
    let source = format!(
        "module.exports = () => new Response('large');\n{}",
        line.repeat(10 * 1024 * 1024 / line.len())
    );
    node.store_source("large", &source).await;
    assert_eq!(node.functions.get("/large").await.text(), "large");
}

#[tokio::test]
async fn what_others_write_compiles_when_it_is_called() {
    let (database, node) = node().await;
    write_source(&database, "f", "module.exports = () => new Response('', { status: 201 })").await;
    node.answers_soon("f", 201).await;
    write_source(&database, "f", "export default () => new Response('', { status: 202 })").await;
    node.answers_soon("f", 202).await;
    // A component takes its place, and a source that of the component.
    database.write_module("f", &answering(203)).await;
    node.answers_soon("f", 203).await;
    write_source(&database, "f", "export default () => new Response('', { status: 206 })").await;
    node.answers_soon("f", 206).await;
    node.deploy("f", answering(205)).await;
    assert_eq!(node.status_of("f").await, 205);
    let code = "export default () => new Response('', { status: 207 })";
    assert_eq!(node.update("f", json!({ "code": code })).await.code(), 200);
    assert_eq!(node.status_of("f").await, 207);
}

#[tokio::test]
async fn a_syntax_error_that_others_write_is_told_to_the_caller() {
    let (database, node) = node().await;
    write_source(&database, "never", "module.exports = (").await;
    node.answers_soon("never", 500).await;
    let answer = node.functions.get("/never").await;
    assert_eq!(answer.failure(), (500, "NOT_BUILT".into()));
    assert!(answer.json()["error"].as_str().unwrap().contains("line 1"), "{answer:?}");
}

#[tokio::test]
async fn the_last_good_source_keeps_serving() {
    let (database, node) = node().await;
    node.store_source("f", "module.exports = () => new Response('', { status: 201 })").await;
    write_source(&database, "f", "module.exports = (").await;
    let noticed = node.process.stderr.containing("the last good one keeps serving");
    let calls = async {
        loop {
            assert_eq!(node.status_of("f").await, 201);
        }
    };
    tokio::select! { _ = noticed => {}, () = calls => {} }
    assert_eq!(node.status_of("f").await, 201);
}

#[tokio::test]
async fn what_one_node_compiles_another_finds_in_the_database() {
    let database = Database::create().await;
    let empty = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Serve::over(&database).code_cache(empty[0].path()).start().await;
    first.store_source("f", "module.exports = () => new Response('once')").await;
    // The engine's machine code, and the function's bytecode.
    let artifacts = async {
        while database.number("(SELECT count(*) FROM functions.artifacts)").await < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    in_time("both artifacts", artifacts).await;
    let second = Serve::over(&database).code_cache(empty[1].path()).var("WASMFORGE_COMPILE_WALL_MS", 1);
    let second = second.start().await;
    assert_eq!(second.functions.get("/f").await.text(), "once");
}

#[tokio::test]
async fn a_server_without_an_engine_says_so() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_JS_ENGINE", "/nonexistent/engine.wasm").start().await;
    let source = "module.exports = () => new Response('')";
    let refused = node.create(json!({ "name": "f", "slug": "f", "code": source })).await;
    assert!(refused.status.is_server_error(), "{refused:?}");
    write_source(&database, "f", source).await;
    node.answers_soon("f", 503).await;
}
