//! `wasmforge dev` as a person uses it: a folder of functions, files saved, Ctrl-C.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const WASMFORGE: &str = env!("CARGO_BIN_EXE_wasmforge");
const PATIENCE: Duration = Duration::from_secs(60);

/// A component of the examples, built by `cargo xtask guests`.
fn guest(name: &str) -> PathBuf {
    let folder = std::env::var_os("WASMFORGE_GUESTS").map(PathBuf::from).unwrap_or_else(|| {
        let target = Path::new(WASMFORGE).ancestors().nth(2).unwrap();
        target.join("wasm32-wasip2/guest")
    });
    folder.join(format!("{name}.wasm"))
}

/// The running command; killed when a test ends early, and its services with it.
struct Dev {
    process: Child,
    lines: mpsc::Receiver<String>,
    ready: serde_json::Value,
}

impl Dev {
    fn start(folder: &Path, data_dir: &Path, ready_file: &Path) -> Self {
        let mut process = Command::new(WASMFORGE)
            .args(["dev", "--functions-addr", "127.0.0.1:0", "--platform-addr", "127.0.0.1:0"])
            .args([Path::new("--dir"), folder, Path::new("--data-dir"), data_dir])
            .args([Path::new("--ready-file"), ready_file])
            .env_remove("DATABASE_URL")
            .env_remove("POSTGREST_BASE_URL")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut dev = Self { process, lines, ready: serde_json::Value::Null };
        let first = dev.lines.recv_timeout(PATIENCE).unwrap();
        until("the ready file", || {
            assert!(
                dev.process.try_wait().unwrap().is_none(),
                "{:?}",
                dev.lines.try_iter().collect::<Vec<_>>()
            );
            ready_file.exists()
        });
        dev.ready = serde_json::from_slice(&fs::read(ready_file).unwrap()).unwrap();
        assert_eq!(first, format!("listening on {}/", dev.url("functions")));
        dev
    }

    fn url(&self, listener: &str) -> &str {
        self.ready.get(listener).unwrap().as_str().unwrap()
    }

    /// The status and the body of `POST` on a listener. In HTTP/1.0 a body is not chunked.
    fn post(&self, listener: &str, path: &str, body: &str) -> (u16, String) {
        let addr = self.url(listener).strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.0\r\nhost: {addr}\r\ncontent-length: {length}\r\n");
        write!(stream, "{head}\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Waits for a line of the log.
    fn says(&self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(what) => return,
                Ok(_) => {}
                Err(_) => panic!("it never says {what:?}"),
            }
        }
    }

    /// Ctrl-C; gives the exit status.
    fn interrupt(mut self) -> Option<i32> {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
        let mut status = None;
        until("its end", || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited for {what} in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// As an editor saves: written beside, then renamed.
fn save(path: &Path, content: &[u8]) {
    let beside = path.with_extension("tmp");
    fs::write(&beside, content).unwrap();
    fs::rename(beside, path).unwrap();
}

#[test]
fn a_folder_is_deployed_followed_and_survives_a_restart() {
    let temp = tempfile::tempdir().unwrap();
    let data_dir = tempfile::tempdir().unwrap();
    let folder = temp.path().join("functions");
    let ready_file = temp.path().join("ready.json");
    fs::create_dir(&folder).unwrap();
    let greet = folder.join("greet.wasm");
    save(&greet, &fs::read(guest("hello")).unwrap());

    let dev = Dev::start(&folder, data_dir.path(), &ready_file);
    let hello = (200, r#"{"message":"Hello, you!"}"#.to_owned());
    assert_eq!(dev.post("platform", "/functions/greet", r#"{"name":"you"}"#), hello);
    assert_eq!(dev.post("functions", "/greet", r#"{"name":"you"}"#), hello);

    save(&greet, b"this is no component");
    dev.says("not deployed: greet: not a WebAssembly module");
    assert_eq!(dev.post("functions", "/greet", r#"{"name":"you"}"#), hello, "the last good version serves");

    save(&greet, &fs::read(guest("echo")).unwrap());
    dev.says("deployed greet");
    assert_eq!(dev.post("functions", "/greet", "back"), (200, "back".to_owned()));

    let server = fs::read_to_string(data_dir.path().join("postgres/data/postmaster.pid")).unwrap();
    assert_eq!(dev.interrupt(), Some(0));
    assert!(!Path::new("/proc").join(server.lines().next().unwrap()).exists(), "PostgreSQL has stopped");
    assert!(!ready_file.exists());

    fs::remove_file(&greet).unwrap();
    let dev = Dev::start(&folder, data_dir.path(), &ready_file);
    assert_eq!(dev.post("functions", "/greet", "kept"), (200, "kept".to_owned()));
    assert_eq!(dev.interrupt(), Some(0));
}

#[test]
fn javascript_typescript_and_components_are_deployed_side_by_side_and_followed() {
    let temp = tempfile::tempdir().unwrap();
    let data_dir = tempfile::tempdir().unwrap();
    let folder = temp.path().join("functions");
    fs::create_dir_all(folder.join("typed")).unwrap();
    save(&folder.join("greet.wasm"), &fs::read(guest("hello")).unwrap());
    save(&folder.join("plain.js"), b"module.exports = () => new Response('one');");
    save(&folder.join("typed/index.ts"), b"export default (): Response => new Response('typed' as string);");
    let dev = Dev::start(&folder, data_dir.path(), &temp.path().join("ready.json"));
    let greeting = r#"{"message":"Hello, you!"}"#.to_owned();
    assert_eq!(dev.post("platform", "/functions/greet", r#"{"name":"you"}"#), (200, greeting));
    assert_eq!(dev.post("platform", "/functions/plain", ""), (200, "one".to_owned()));
    assert_eq!(dev.post("platform", "/functions/typed", ""), (200, "typed".to_owned()));

    save(&folder.join("plain.js"), b"module.exports = () => new Response('two';");
    dev.says("not deployed: plain: ");
    assert_eq!(dev.post("functions", "/plain", ""), (200, "one".to_owned()), "the last good version serves");
    save(&folder.join("plain.js"), b"module.exports = () => new Response('two');");
    dev.says("deployed plain");
    assert_eq!(dev.post("functions", "/plain", ""), (200, "two".to_owned()));
    assert_eq!(dev.interrupt(), Some(0));
}

#[test]
fn a_function_reaches_postgrest_without_being_told_where_it_is() {
    let temp = tempfile::tempdir().unwrap();
    let data_dir = tempfile::tempdir().unwrap();
    let folder = temp.path().join("functions");
    fs::create_dir(&folder).unwrap();
    save(&folder.join("notes.wasm"), &fs::read(guest("rest")).unwrap());
    let dev = Dev::start(&folder, data_dir.path(), &temp.path().join("ready.json"));
    // It answers a moment after it was started: there is no such table.
    until("PostgREST's answer", || {
        let (status, body) = dev.post("functions", "/notes", r#"{"text":"milk"}"#);
        status == 404 && !body.contains("Function not found")
    });
    assert_eq!(dev.interrupt(), Some(0));
}
