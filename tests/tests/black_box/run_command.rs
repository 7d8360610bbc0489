//! `wasmforge run`: what it says, what it refuses, how it ends.

use std::path::Path;
use tokio::net::{TcpListener, TcpStream};
use wasmforge_tests::{Finished, Launch, Run, assembled, component, eventually, request, written};

#[tokio::test]
async fn a_command_gets_its_arguments_and_its_input_and_ends_with_its_status() {
    let command = component("command");
    let run = || Launch::new(["run"]).arg(&command).arg("--");
    let finished = run().arg("one").arg("two words").arg("--addr").stdin("the input").finish().await;
    assert!(finished.status.success(), "{finished:?}");
    assert_eq!(finished.stdout, "one\ntwo words\n--addr\nthe input");
    let failed = run().arg("--exit").arg("1").finish().await;
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    let failed = run().arg("--exit").arg("7").finish().await;
    assert!(matches!(failed.status.code(), Some(1 | 7)), "{failed:?}");
    assert_eq!(failed.stdout, "--exit");
}

#[tokio::test]
async fn bytes_pass_through_a_command_unchanged() {
    let bytes: Vec<u8> = (0..200_000_u32).map(|i| b'a' + (i % 26) as u8).collect();
    let finished = Launch::new(["run"]).arg(component("command")).stdin(bytes.clone()).finish().await;
    assert_eq!(finished.stdout.as_bytes(), bytes);
}

#[tokio::test]
async fn the_first_line_says_where_it_listens() {
    let hello = Run::guest("hello").start().await;
    let first = hello.process.stderr.all().first().cloned().unwrap();
    assert_eq!(first, format!("listening on {}", hello.url("/")));
}

#[tokio::test]
async fn it_listens_where_it_is_told_to() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let hello = Run::guest("hello").arg("--addr").arg(free.to_string()).start().await;
    assert_eq!(hello.http.0, free);
    assert_eq!(hello.get("/any/path").await.code(), 200);
}

#[tokio::test]
async fn the_ready_file_is_private_and_goes_with_the_process() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ready.json");
    let mut process = Launch::new(["run"]).arg(component("hello")).arg("--ready-file").arg(&file).start();
    let text = eventually("the ready file", || std::fs::read_to_string(&file).ok()).await;
    let addresses: serde_json::Value = serde_json::from_str(&text).unwrap();
    let url = addresses["functions"].as_str().unwrap();
    assert_eq!(wasmforge_tests::Endpoint::of_url(url).get("/").await.code(), 200);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing half-written is left beside it");
    process.terminate();
    assert!(process.exit().await.success());
    assert!(!file.exists());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let finished = Launch::new(["run"]).arg(component("hello")).arg("--addr").arg(&addr).finish().await;
    refused(&finished, &["cannot listen on", &addr]);
}

#[tokio::test]
async fn sigterm_lets_a_live_stream_finish_and_takes_nothing_new() {
    for guest in ["probe", "p3-hello"] {
        let mut running = Run::guest(guest).start().await;
        let slow = request("GET", "/?do=slow-body&chunks=4&ms=300").body("").unwrap();
        let mut stream = running.open(slow).await;
        assert_eq!(stream.at_least(8).await, b"chunk 0\n");
        running.process.terminate();
        let addr = running.http.0;
        loop {
            match TcpStream::connect(addr).await {
                Ok(_too_early) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
                // Reset is what becomes of one that the kernel had queued when the listener was closed.
                Err(refused) => {
                    let kinds = [std::io::ErrorKind::ConnectionRefused, std::io::ErrorKind::ConnectionReset];
                    break assert!(kinds.contains(&refused.kind()), "{refused}");
                }
            }
        }
        assert_eq!(stream.finish().await.text(), "chunk 1\nchunk 2\nchunk 3\n", "{guest}");
        assert!(running.process.exit().await.success(), "{guest}");
        let lines = running.process.stdout.to_end().await;
        assert!(lines.iter().any(|line| line.contains("\"outcome\":\"ok\"")), "{guest}: {lines:?}");
    }
}

#[tokio::test]
async fn draining_ends_and_the_log_is_whole() {
    let mut probe = Run::guest("probe").var("WASMFORGE_DRAIN_MS", 300).start().await;
    let mut endless = probe.open(request("GET", "/?do=slow-body&chunks=9&ms=60000").body("").unwrap()).await;
    endless.at_least(1).await;
    assert_eq!(probe.does("ok").await.code(), 200);
    probe.process.terminate();
    assert!(probe.process.exit().await.success());
    let (_, cut) = endless.finish_or_cut().await;
    assert!(cut.is_some(), "half of a body looked whole");
    let lines = probe.process.stdout.to_end().await;
    assert_eq!(lines.iter().filter(|line| line.contains("\"outcome\":")).count(), 2, "{lines:?}");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let mut probe = Run::guest("probe").var("WASMFORGE_DRAIN_MS", 600_000).start().await;
    let mut connection = probe.http1().await;
    assert_eq!(connection.send(request("GET", "/?do=ok").body("").unwrap()).await.code(), 200);
    let mut second = probe.http2().await;
    assert_eq!(second.send(request("GET", "/?do=ok").body("").unwrap()).await.code(), 200);
    probe.process.signal(rustix::process::Signal::INT);
    assert!(probe.process.exit().await.success());
}

/// Fails unless the process refused its work with one line that says all of this.
fn refused(finished: &Finished, texts: &[&str]) {
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    let complaints: Vec<_> = finished
        .stderr
        .lines()
        .filter(|line| !line.starts_with("listening on ") && !line.is_empty())
        .collect();
    assert_eq!(complaints.len(), 1, "{finished:?}");
    assert!(complaints[0].starts_with("wasmforge: "), "{finished:?}");
    for text in texts {
        assert!(complaints[0].contains(text), "{text:?} is not in {:?}", complaints[0]);
    }
}

async fn run(file: &Path) -> Finished {
    Launch::new(["run"]).arg(file).finish().await
}

#[tokio::test]
async fn files_that_are_no_component_are_refused_by_what_they_are() {
    let hello = std::fs::read(component("hello")).unwrap();
    for (name, bytes, texts) in [
        ("empty.wasm", b"".as_slice(), ["it is empty", "empty.wasm"]),
        ("text.wasm", b"export default 1", ["does not begin with \\0asm", "text.wasm"]),
        ("elf.wasm", b"\x7fELF\x02\x01\x01", ["native executable", "elf.wasm"]),
        ("zip.wasm", b"PK\x03\x04", ["zip archive", "zip.wasm"]),
        ("wat.wasm", b"(module)", ["assemble it", "wat.wasm"]),
        ("header.wasm", &hello[..8], ["wasmforge: ", "header.wasm"]),
        ("half.wasm", &hello[..hello.len() / 2], ["not a WebAssembly module", "half.wasm"]),
        ("short.wasm", &hello[..hello.len() - 1], ["wasmforge: ", "short.wasm"]),
    ] {
        refused(&run(&written(name, bytes)).await, &texts);
    }
}

#[tokio::test]
async fn a_component_whose_code_is_broken_is_refused() {
    let mut hello = std::fs::read(component("hello")).unwrap();
    let middle = hello.len() / 2;
    hello[middle..middle + 64].fill(0xff);
    refused(&run(&written("broken.wasm", &hello)).await, &["broken.wasm cannot be run"]);
}

#[tokio::test]
async fn components_that_cannot_serve_are_refused_by_what_is_missing() {
    refused(&run(&assembled("core-module")).await, &["core WebAssembly module", "wasm32-wasip2"]);
    refused(&run(&assembled("no-handler")).await, &["no HTTP handler", "answer"]);
    refused(&run(&assembled("unknown-import")).await, &["acme:secret/thing@1.0.0", "does not provide"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    refused(&run(Path::new("/no/such/file.wasm")).await, &["/no/such/file.wasm", "No such file"]);
    let dir = tempfile::tempdir().unwrap();
    refused(&run(dir.path()).await, &[&dir.path().display().to_string(), "directory"]);
}

#[tokio::test]
async fn a_module_that_is_too_large_is_refused() {
    let mut large = std::fs::read(component("hello")).unwrap();
    // A custom section of 2 MiB, which no parser minds.
    large.extend([0, 0x80, 0x80, 0x80, 0x01, 1, b'x']);
    large.resize(large.len() + 2 * 1024 * 1024 - 2, 0);
    let file = written("large.wasm", &large);
    let finished = Launch::new(["run"]).arg(&file).var("WASMFORGE_MAX_MODULE_MIB", "1").finish().await;
    refused(&finished, &["at most 1048576 are accepted"]);
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused() {
    let usage = Launch::new(["run"]).finish().await;
    assert!(!usage.status.success() && usage.stderr.contains("Usage"), "{usage:?}");
    let hello = component("hello");
    let bad = Launch::new(["run"]).arg(&hello).arg("--env").arg("NO_VALUE").finish().await;
    assert!(!bad.status.success() && bad.stderr.contains("NAME=VALUE"), "{bad:?}");
    let files = Launch::new(["run"]).arg(&hello).arg("--files").arg("/no/such").finish().await;
    refused(&files, &["--files /no/such: there is no such folder"]);
}
