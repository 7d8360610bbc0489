//! The binary under test: started, watched, stopped.

use crate::{Lines, Vitals, eventually, guests};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// The binary: `WASMFORGE_BIN`, or what a debug build leaves in the target folder.
#[must_use]
pub fn binary() -> PathBuf {
    let path = std::env::var_os("WASMFORGE_BIN")
        .map_or_else(|| guests::target_dir().join("debug/wasmforge"), PathBuf::from);
    assert!(path.is_file(), "there is no {}; build it, or run `cargo xtask test`", path.display());
    path
}

/// How to start the binary.
pub struct Launch {
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    code_cache: PathBuf,
    stdin: Vec<u8>,
}

impl Launch {
    /// `wasmforge` with these arguments. Nothing of this process's environment reaches it but `PATH` and the language.
    /// Machine code is shared with all tests of the same command, unless [`Launch::code_cache`] says otherwise.
    #[must_use]
    pub fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments: Vec<_> = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
        let command =
            arguments.first().map_or_else(String::new, |c: &OsString| c.to_string_lossy().into_owned());
        Self {
            arguments,
            variables: Vec::new(),
            // Another command's seal may be another.
            code_cache: guests::scratch(&format!("code-{command}")),
            stdin: Vec::new(),
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// A variable of the process; the last of a name counts.
    #[must_use]
    pub fn var(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// A folder of its own for machine code.
    #[must_use]
    pub fn code_cache(mut self, dir: &Path) -> Self {
        dir.clone_into(&mut self.code_cache);
        self
    }

    /// What it reads from standard input. Without this it reads nothing.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Starts it.
    #[must_use]
    pub fn start(self) -> Process {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(binary());
        command.args(&self.arguments).env_clear().env("HOME", home.path());
        command.env("WASMFORGE_CACHE_DIR", &self.code_cache);
        for name in ["PATH", "LANG", "LC_ALL", "RUST_BACKTRACE", "WASMFORGE_JS_ENGINE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.variables);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        // On a thread, as a process that reads nothing would block the test. It may end before it has read all of it.
        std::thread::spawn(move || drop(stdin.write_all(&self.stdin)));
        Process { stdout: Lines::of(stdout), stderr: Lines::of(stderr), child, exit: None, _home: home }
    }

    /// Starts it and waits for its end.
    pub async fn finish(self) -> Finished {
        let mut process = self.start();
        let status = process.exit().await;
        Finished {
            status,
            stdout: process.stdout.to_end().await.join("\n"),
            stderr: process.stderr.to_end().await.join("\n"),
        }
    }
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub status: ExitStatus,
    /// What it wrote to standard output, without the last line feed.
    pub stdout: String,
    /// What it wrote to standard error, without the last line feed.
    pub stderr: String,
}

/// A running process. It is killed and waited for when it is dropped.
pub struct Process {
    /// Its standard output.
    pub stdout: Lines,
    /// Its standard error.
    pub stderr: Lines,
    child: Child,
    exit: Option<ExitStatus>,
    _home: TempDir,
}

impl Process {
    /// Its id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the system tells about it.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        Vitals::of(self.pid())
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends it a signal, unless it has ended.
    pub fn signal(&self, signal: Signal) {
        if self.exit.is_none() {
            kill_process(Pid::from_child(&self.child), signal).unwrap();
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.poll_exit().is_none()
    }

    /// Waits for its end.
    pub async fn exit(&mut self) -> ExitStatus {
        let what = format!("the end of process {}", self.pid());
        eventually(&what, || self.poll_exit()).await
    }

    fn poll_exit(&mut self) -> Option<ExitStatus> {
        if self.exit.is_none() {
            self.exit = self.child.try_wait().unwrap();
        }
        self.exit
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.poll_exit().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("process {} on standard error: {}", self.pid(), self.stderr);
            eprintln!("process {} on standard output: {}", self.pid(), self.stdout);
        }
    }
}
