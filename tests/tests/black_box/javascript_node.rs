//! Node's modules, and the environment, in functions in JavaScript: `tests/guests/script-node`, and all of the
//! modules at once in `tests/guests/script-modules`.

use serde_json::{Value, json};
use wasmforge_tests::{Run, Running, source};

async fn start() -> Running {
    Run::file(&source("script-node")).env("SECRET", "hush").start().await
}

async fn module(running: &Running, name: &str) -> Value {
    let answer = running.get(&format!("/{name}")).await;
    assert_eq!(answer.code(), 200, "{name}: {answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn bytes_are_buffers_where_they_are_imported() {
    assert_eq!(module(&start().await, "buffer").await, json!(["68c3a9", "hi", 3, true, "undefined"]));
}

#[tokio::test]
async fn hashes_and_derived_keys_are_those_of_node() {
    let expected = json!([
        "187ef4436122d1cc2f40dc2b92f0eba0",
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162",
        "0c60c80f961f0e71f3a9b524af6012062fe037a6",
        true,
        [4, 3, 36, true],
    ]);
    assert_eq!(module(&start().await, "crypto").await, expected);
}

#[tokio::test]
async fn emitters_are_listened_to_and_waited_for() {
    assert_eq!(module(&start().await, "events").await, json!([["hello", 1], [1, 2, 3], 0]));
}

#[tokio::test]
async fn values_are_shown_compared_and_promised() {
    let expected = json!([
        "{ a: [ 1, Map(1) { 'k' => 'v' } ] }",
        "x has 2 of {\"y\":1}",
        true,
        false,
        [true, false, true],
        2,
        "\u{fc}",
    ]);
    assert_eq!(module(&start().await, "util").await, expected);
}

#[tokio::test]
async fn addresses_and_paths_are_taken_apart_and_put_together() {
    let running = start().await;
    let url = module(&running, "url").await;
    assert_eq!(url[0]["host"], "host.com:8080");
    assert_eq!(url[0]["auth"], "u:p");
    assert_eq!(url[0]["query"], json!({ "x": "1" }));
    assert_eq!(url[0]["path"], "/p/a?x=1");
    assert_eq!(url[0]["href"], "https://u:p@host.com:8080/p/a?x=1#h");
    let rest = json!(["https://a.b/c?d=1", "/a b", ["/one/two/four", "http://example.com/two"], true]);
    assert_eq!(Value::from(url.as_array().unwrap().get(1..).unwrap()), rest);
    assert_eq!(module(&running, "path").await, json!(["/b", "y", "/a/b"]));
    let query = json!([{ "a": ["1", " x y"], "b": "2" }, "a=1&a=2&b=x%20y"]);
    assert_eq!(module(&running, "querystring").await, query);
}

#[tokio::test]
async fn failed_assertions_say_what_was_expected() {
    let expected = json!(["AssertionError", "ERR_ASSERTION", 1, "1"]);
    assert_eq!(module(&start().await, "assert").await, expected);
}

#[tokio::test]
async fn secrets_are_the_environment_in_every_way_that_functions_know() {
    let running = start().await;
    let expected = json!(["hush", "hush", "hush", "production", "string", "later"]);
    assert_eq!(module(&running, "process").await, expected);
    assert_eq!(module(&running, "environment").await, json!([true, true, { "SECRET": "hush" }, true]));
}

#[tokio::test]
async fn programs_cannot_be_started() {
    let answer = start().await.get("/command").await;
    assert_eq!(answer.code(), 500);
    assert_eq!(answer.json(), json!({ "error": "Deno.Command is natively disabled" }));
}

#[tokio::test]
async fn modules_are_imported_when_they_are_needed() {
    let expected = json!(["decode", "default", "encode", "escape", "parse", "stringify", "unescape"]);
    assert_eq!(module(&start().await, "dynamic").await, expected);
}

#[tokio::test]
async fn modules_of_node_do_what_code_for_the_web_asks_of_them() {
    let running = Run::file(&source("script-modules")).env("GREETING", "hello").start().await;
    let answer = running.get("/").await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    let by_module = answer.json();
    let expected = json!({
        "buffer": [
            "aMOpbGxv", "hi", "__4", "ff007878", 2, "bc", 258, true, r#"{"type":"Buffer","data":[97]}"#, "<Buffer 68 69>",
        ],
        "events": [[1, -1, 2], ["x", "y"], 1],
        "util": [
            r#"it is 1: {"a":2} more"#, "{ a: { b: { c: [Object] } } }", 2, [null, 8], true, false,
            [true, true, true, false],
        ],
        "url": [
            ["example.com:8080", "8080", "u:p", "/a", "1"], "http://a.com/d", "/one/three", "https://a.b/c?d=1", "/a b",
            "file:///a%20b", true,
        ],
        "path": ["b/c", "y", "/q", ".gz"],
        "querystring": ["a=1&a=2&b=c%20d", { "a": ["1", "2"], "b": " " }],
        "assert": ["ERR_ASSERTION", "ERR_ASSERTION", "ERR_ASSERTION", "ERR_ASSERTION", "ERR_ASSERTION", "ERR_ASSERTION"],
        "crypto": [
            "d41d8cd98f00b204e9800998ecf8427e",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
            "0c60c80f961f0e71f3a9b524af6012062fe037a6",
            "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
            false, 8, 3, 36, true,
        ],
        "process": ["hello", "hello", true, true, 7],
    });
    for (module, values) in expected.as_object().unwrap() {
        assert_eq!(&by_module[module], values, "{module}");
    }
}
