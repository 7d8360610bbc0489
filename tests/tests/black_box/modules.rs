//! Modules that cannot be deployed: every one is refused in words for its author, and nothing is harmed.

use bytes::Bytes;
use std::fmt::Write as _;
use std::time::Duration;
use wasmforge_tests::{
    API_KEY, Database, Node, Serve, answering, assembled, component, eventually, request, unseen,
};

const MIB: u64 = 1024 * 1024;

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

fn assembled_bytes(name: &str) -> Vec<u8> {
    std::fs::read(assembled(name)).unwrap()
}

/// What is uploaded, and a word of what its author is told.
fn refused_modules() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let hello = std::fs::read(component("hello")).unwrap();
    let cut = |len: usize| hello.iter().take(len).copied().collect::<Vec<u8>>();
    let mut flipped = hello.clone();
    flipped.iter_mut().skip(hello.len() / 2).take(64).for_each(|byte| *byte ^= 0xff);
    vec![
        ("nothing", Vec::new(), "empty"),
        ("text", b"export default () => {}".to_vec(), "\\0asm"),
        ("WebAssembly text", b"(component)".to_vec(), "WebAssembly text"),
        ("a zip archive", b"PK\x03\x04....".to_vec(), "zip"),
        ("a gzip file", b"\x1f\x8b\x08....".to_vec(), "gzip"),
        ("machine code", b"\x7fELF\x02\x01\x01".to_vec(), "already compiled"),
        ("eight bytes of a component", cut(8), "exports nothing"),
        ("half a component", cut(hello.len() / 2), "not a WebAssembly module"),
        ("a component without its last byte", cut(hello.len() - 1), "not a WebAssembly module"),
        ("a component with damage inside", flipped, ""),
        ("a future version", b"\0asm\x0d\0\x09\0".to_vec(), "not a WebAssembly module"),
        ("a core module", assembled_bytes("core-module"), "wasm32-wasip2"),
        ("a component without a handler", assembled_bytes("no-handler"), "exports no HTTP handler"),
        ("an unknown import", assembled_bytes("unknown-import"), "acme:secret/thing"),
        ("a command", std::fs::read(component("command")).unwrap(), "wasi:cli/run"),
    ]
}

#[tokio::test]
async fn what_is_no_function_is_refused_and_its_author_is_told_why() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    for (what, module, word) in refused_modules() {
        for slug in ["f", "new"] {
            let (status, code, message) = node.upload(slug, module.clone()).await.api_error();
            assert_eq!((status, code.as_str()), (400, "INVALID_MODULE"), "{what}: {message}");
            assert!(message.contains(word), "{what}: {message:?} does not speak of {word:?}");
        }
    }
    assert_eq!(node.slugs().await, ["f"], "nothing was stored");
    assert_eq!(node.status_of("f").await, 201, "the good version keeps serving");
    assert_eq!(node.read("f").await.json()["version"], 1);
}

#[tokio::test]
async fn a_module_must_be_sent_as_what_it_is() {
    let (_database, node) = node().await;
    for content_type in ["application/json", "application/octet-stream", "text/plain", ""] {
        let headers = [("x-api-key", API_KEY), ("content-type", content_type)];
        let answer = node.ask("PUT", "/api/functions/f/module", &headers, answering(200)).await;
        let (status, code, message) = answer.api_error();
        assert_eq!((status, code.as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"), "{content_type}");
        assert!(message.contains("application/wasm"), "{message}");
    }
    for slug in ["a.b", "a%20b", "%C5%BE"] {
        let (status, code, _) = node.upload(slug, answering(200)).await.api_error();
        assert_eq!((status, code.as_str()), (400, "INVALID_INPUT"), "{slug}");
    }
}

#[tokio::test]
async fn two_hundred_megabytes_are_refused_before_they_are_held() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_MAX_MODULE_MIB", 8).start().await;
    node.deploy("f", answering(201)).await;
    node.process.vitals().forget_peak();
    let before = node.process.vitals().peak_resident();

    let put = || {
        request("PUT", "/api/functions/big/module")
            .header("x-api-key", API_KEY)
            .header("content-type", "application/wasm")
    };
    let announced = put().header("content-length", 200 * MIB);
    let mut connection = node.platform().http1().await;
    let (_unsent, answer) = connection.upload(announced);
    let (status, code, message) = answer.await.unwrap().finish().await.api_error();
    assert_eq!((status, code.as_str()), (413, "MODULE_TOO_LARGE"), "{message}");

    let mut connection = node.platform().http1().await;
    let (body, answer) = connection.upload(put());
    let answer = tokio::spawn(answer);
    let chunk = Bytes::from(vec![0; MIB as usize]);
    for _ in 0..200 {
        if !body.write(chunk.clone()).await {
            break;
        }
    }
    drop(body);
    // The server may cut a sender who does not stop before the answer is read.
    if let Ok(answer) = answer.await.unwrap() {
        assert_eq!(answer.finish().await.code(), 413);
    }
    let rise = node.process.vitals().peak_resident().saturating_sub(before);
    assert!(rise < 64 * MIB, "the node's memory rose by {} MiB", rise / MIB);
    assert_eq!(node.status_of("f").await, 201);
    assert_eq!(node.slugs().await, ["f"]);
}

/// A valid component whose one module has `functions` functions that are dull to compile.
fn huge(functions: usize) -> Vec<u8> {
    let mut text = String::from(
        r#"(component
        (import "wasi:http/types@0.2.0" (instance $types
          (export "incoming-request" (type (sub resource)))
          (export "response-outparam" (type (sub resource)))))
        (alias export $types "incoming-request" (type $request))
        (alias export $types "response-outparam" (type $out))
        (core module $program (memory 1) (func (export "handle") (param i32 i32))"#,
    );
    for n in 0..functions {
        text.push_str("(func (param i32 i64) (result i64) (local i64)");
        for at in 0..40 {
            let _ = write!(
                text,
                "(local.set 2 (i64.add (i64.mul (local.get 1) (i64.const {n})) (i64.load (i32.add (local.get 0)
                 (i32.const {at})))))(if (i64.eqz (local.get 2)) (then (local.set 1 (local.get 2))))"
            );
        }
        text.push_str("(local.get 2))");
    }
    text.push_str(
        r#")
        (core instance $main (instantiate $program))
        (func $handle (param "request" (own $request)) (param "response-out" (own $out))
          (canon lift (core func $main "handle")))
        (instance $handler (export "handle" (func $handle)))
        (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))"#,
    );
    wat::parse_str(text).unwrap()
}

#[tokio::test]
async fn a_module_that_takes_too_long_to_compile_is_given_up() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_COMPILE_CPU_MS", 1000).start().await;
    node.deploy("f", answering(201)).await;
    let (status, code, message) = node.upload("huge", unseen(&huge(2_000))).await.api_error();
    assert_eq!((status, code.as_str()), (400, "INVALID_MODULE"), "{message}");
    assert_eq!(message, "compiling the module took more than 1s of CPU time");
    assert_eq!(node.status_of("f").await, 201);
    node.deploy("g", unseen(&answering(202))).await;
    assert_eq!(node.status_of("g").await, 202, "the compiler is free again");
}

#[tokio::test]
async fn a_module_that_waits_too_long_for_the_compiler_is_given_up() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_COMPILE_WALL_MS", 300).start().await;
    let (status, _, message) = node.upload("huge", unseen(&huge(2_000))).await.api_error();
    assert_eq!((status, message.contains("300ms")), (400, true), "{message}");
    let no_compiler = || child(&node, "compile-worker").is_none().then_some(());
    eventually("the compiler being gone", no_compiler).await;
}

#[tokio::test]
async fn a_module_that_takes_too_much_memory_to_compile_is_given_up() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_COMPILE_MEMORY_MIB", 80).start().await;
    let (status, code, message) = node.upload("huge", unseen(&huge(2_000))).await.api_error();
    assert_eq!((status, code.as_str()), (400, "INVALID_MODULE"), "{message}");
    assert_eq!(message, "compiling the module took more memory than the 80 MiB that are allowed");
    node.deploy("small", unseen(&answering(202))).await;
    assert_eq!(node.status_of("small").await, 202);
}

#[tokio::test]
async fn the_compiler_knows_no_secret_and_dies_with_the_node() {
    let (_database, node) = node().await;
    let mut connection = node.platform().http1().await;
    let (body, answer) = connection.upload(
        request("PUT", "/api/functions/huge/module")
            .header("x-api-key", API_KEY)
            .header("content-type", "application/wasm"),
    );
    let answer = tokio::spawn(answer);
    assert!(body.write(unseen(&huge(2_000))).await);
    drop(body);
    let pid = eventually("the compiler's process", || child(&node, "compile-worker")).await;
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    assert_eq!(String::from_utf8_lossy(&environment), "", "the compiler's environment");
    assert_eq!(std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap().to_str(), Some("/"));
    assert_eq!(sockets_of(pid), 0, "the compiler holds sockets of the node");

    drop(node);
    eventually("the compiler's end", || (!is_alive(pid)).then_some(())).await;
    let _ = tokio::time::timeout(Duration::from_secs(5), answer).await;
}

/// A child of the node whose command line contains `word`.
fn child(node: &Node, word: &str) -> Option<u32> {
    let pid = node.process.pid();
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let children =
        tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<u32> = children
        .flat_map(|pids| pids.split_whitespace().map(|p| p.parse().unwrap()).collect::<Vec<_>>())
        .collect();
    let named = |pid: &u32| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
    };
    pids.into_iter().find(named)
}

fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn sockets_of(pid: u32) -> usize {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let socket = |to: std::path::PathBuf| to.to_string_lossy().starts_with("socket:");
    open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).filter(|to| socket(to.clone())).count()
}
