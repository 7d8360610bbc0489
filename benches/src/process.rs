//! Servers as child processes: started on their core, stopped with us, whatever ends us.

use crate::cores::Cores;
use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to say where it listens.
const START: Duration = Duration::from_secs(60);

/// How long a server may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(10);

/// How often a file is looked at that is waited for.
pub(crate) const POLL: Duration = Duration::from_micros(200);

/// How a process is asked to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// SIGTERM.
    Term,
    /// SIGINT; PostgreSQL's fast shutdown.
    Int,
}

impl Stop {
    /// As `setpriv` and we know it.
    fn signal(self) -> (&'static str, Signal) {
        match self {
            Self::Term => ("TERM", Signal::TERM),
            Self::Int => ("INT", Signal::INT),
        }
    }
}

/// A process to be started: a program, who it runs as, and how it is stopped.
pub(crate) struct Program {
    command: Command,
    name: String,
    stop: Stop,
}

impl Program {
    /// `program`, sent `stop` when our main thread ends. `setpriv`, of util-linux, sets that between `fork` and `exec`
    /// and becomes the program, so that the process that we know is the program's.
    pub(crate) fn new(program: &Path, stop: Stop) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", stop.signal().0]);
        // PostgreSQL refuses to run as root.
        if stop == Stop::Int && rustix::process::geteuid().is_root() {
            let nobody = NOBODY.to_string();
            command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        command.arg("--").arg(program).current_dir("/").env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { command, name, stop }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds a variable to its environment, which is otherwise empty but for `PATH`.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Result<()> {
        let output = self.command.stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("cannot run {}", self.name))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{} failed ({}): {}", self.name, output.status, said.trim());
        }
        Ok(())
    }

    /// Starts it beside us. What it says goes into files in `dir`.
    pub(crate) fn start(self, dir: &Path) -> Result<Running> {
        self.start_by(dir, |command| Ok(command.spawn()))
    }

    /// Starts it on the server's core.
    pub(crate) fn start_on(self, cores: Cores, dir: &Path) -> Result<Running> {
        self.start_by(dir, |command| cores.for_server(|| command.spawn()))
    }

    fn start_by(
        mut self,
        dir: &Path,
        spawn: impl FnOnce(&mut Command) -> Result<std::io::Result<Child>>,
    ) -> Result<Running> {
        // Logs are written where a deployed server would have them: to a file, not to nowhere.
        let said = dir.join(format!("{}.stderr", self.name));
        let (out, err) = (File::create(dir.join(format!("{}.stdout", self.name)))?, File::create(&said)?);
        self.command.stdin(Stdio::null()).stdout(out).stderr(err);
        let started = Instant::now();
        let child = spawn(&mut self.command)?.context("cannot run setpriv, which comes with util-linux")?;
        Ok(Running { child, started, name: self.name, said, stop: self.stop })
    }
}

/// The user that PostgreSQL runs as where we are root.
pub(crate) const NOBODY: u32 = 65534;

/// A process that runs until this is dropped.
pub(crate) struct Running {
    child: Child,
    started: Instant,
    name: String,
    said: PathBuf,
    stop: Stop,
}

impl Running {
    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How long ago it was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until it says on standard error where it listens.
    pub(crate) async fn listening(&mut self) -> Result<SocketAddr> {
        self.wait_for(|said| {
            said.lines().find_map(|line| {
                let (_, url) = line.split_once("http://")?;
                url.split('/').next()?.trim().parse().ok()
            })
        })
        .await
    }

    /// Waits until what it said on standard error holds what `find` looks for.
    pub(crate) async fn wait_for<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        while self.age() < START {
            let said = fs::read_to_string(&self.said).unwrap_or_default();
            // A line that is being written is no line yet.
            let lines = said.rfind('\n').and_then(|end| said.get(..end)).unwrap_or_default();
            if let Some(found) = find(lines) {
                return Ok(found);
            }
            self.check()?;
            tokio::time::sleep(POLL).await;
        }
        bail!("{} did not start within {START:?}", self.name)
    }

    /// An error with its last words if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let said = fs::read_to_string(&self.said).unwrap_or_default();
            let last: Vec<_> = said.lines().rev().take(5).collect();
            let last: Vec<_> = last.into_iter().rev().collect();
            bail!("{} ended ({status}): {}", self.name, last.join(" / "));
        }
        Ok(())
    }

    /// Asks it to stop and waits.
    fn end(&mut self) -> std::io::Result<()> {
        kill_process(Pid::from_child(&self.child), self.stop.signal().1)?;
        let asked = Instant::now();
        while asked.elapsed() < STOP {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        crate::say(format_args!("{} did not stop within {STOP:?} and is killed", self.name));
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        if let Ok(None) = self.child.try_wait()
            && let Err(error) = self.end()
        {
            crate::say(format_args!("{} could not be stopped: {error}", self.name));
        }
    }
}
