//! Starts programs that end when this process does.

use super::account::Account;
use crate::cli::confine::DeathSignal;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// What to run, and how.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// What log lines call it.
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) args: Vec<OsString>,
    /// Its whole environment: nothing is inherited.
    pub(super) env: Vec<(&'static str, OsString)>,
    pub(super) dir: PathBuf,
    /// What asks it to stop; also sent when we die.
    pub(super) stop: DeathSignal,
}

/// Starts programs through the command `confine`, as the services' account.
///
/// The kernel delivers a parent's death when the *thread* that forked ends. The runtime's threads come and go, so
/// one thread does nothing but fork, for as long as this value lives.
pub(super) struct Launcher {
    confine: PathBuf,
    account: Option<Account>,
    requests: mpsc::Sender<Request>,
}

struct Request {
    command: Command,
    runtime: tokio::runtime::Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

impl Launcher {
    pub(super) fn new(confine: PathBuf, account: Option<Account>) -> io::Result<Self> {
        let (requests, queue) = mpsc::channel::<Request>();
        std::thread::Builder::new().name("launcher".to_owned()).spawn(move || {
            for Request { mut command, runtime, reply } in queue {
                let _in_runtime = runtime.enter();
                // A requester that has gone drops the child, which kills it.
                let _ = reply.send(command.spawn());
            }
        })?;
        Ok(Self { confine, account, requests })
    }

    /// Starts `program` with its output piped. It is killed if the returned child is dropped.
    pub(super) async fn spawn(&self, program: &Program) -> io::Result<Child> {
        let (reply, child) = oneshot::channel();
        let request =
            Request { command: self.command(program), runtime: tokio::runtime::Handle::current(), reply };
        let gone = || io::Error::other("the thread that starts processes has ended");
        self.requests.send(request).map_err(|_| gone())?;
        child.await.map_err(|_| gone())?
    }

    fn command(&self, program: &Program) -> Command {
        let mut command = Command::new(&self.confine);
        command.arg("confine").args(["--parent", &std::process::id().to_string()]);
        command.args(["--death-signal", program.stop.as_str()]);
        if let Some(account) = &self.account {
            command.args(["--uid", &account.uid.to_string(), "--gid", &account.gid.to_string()]);
        }
        command.arg("--").arg(&program.path).args(&program.args);
        command.env_clear().envs(program.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(&program.dir).kill_on_drop(true);
        // Ctrl-C at the terminal is for us alone: services stop after the last invocation has.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}
