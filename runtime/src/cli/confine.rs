//! `confine`: becomes another program, as an unprivileged user and bound to the life of its parent.
//!
//! PostgreSQL refuses to run as root, and a service must not outlive the process that supervises it, however that
//! one ends. Both are attributes of a process that only the process itself can set, between `fork` and `exec`. Doing
//! it in a command of our own, after one `exec`, needs no unsafe code: here the process is whole and has one thread.

use rustix::process::{Gid, Signal, Uid, getgid, getppid, getuid, set_parent_process_death_signal};
use rustix::thread::{set_no_new_privs, set_thread_gid, set_thread_groups, set_thread_uid};
use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The signal that the program is sent when its parent dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DeathSignal {
    /// SIGINT; PostgreSQL's fast shutdown.
    Int,
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
}

impl DeathSignal {
    /// The signal's name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Term => "term",
            Self::Kill => "kill",
        }
    }

    /// The signal itself.
    #[must_use]
    pub fn signal(self) -> Signal {
        match self {
            Self::Int => Signal::INT,
            Self::Term => Signal::TERM,
            Self::Kill => Signal::KILL,
        }
    }
}

/// `wasmforge confine [--uid U --gid G] [--parent PID [--death-signal S]] -- PROGRAM [ARGS…]`
#[derive(Clone, Debug, clap::Args)]
pub struct ConfineArgs {
    /// The user to become; needs root, unless it is the present one.
    #[arg(long, requires = "gid", value_parser = clap::value_parser!(u32).range(..=4_294_967_294))]
    uid: Option<u32>,
    /// The group to become; supplementary groups are dropped.
    #[arg(long, requires = "uid", value_parser = clap::value_parser!(u32).range(..=4_294_967_294))]
    gid: Option<u32>,
    /// The process that must be the parent; the program is stopped when it dies.
    #[arg(long)]
    parent: Option<i32>,
    /// How it is stopped then.
    #[arg(long, value_enum, default_value_t = DeathSignal::Term)]
    death_signal: DeathSignal,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Why the program was not started.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// Root would be no confinement.
    #[error("refusing to run a service as root: give the uid and gid of an unprivileged user")]
    Root,
    /// Only root may become someone else.
    #[error("only root can become uid {uid}, gid {gid}; this is uid {own_uid}, gid {own_gid}")]
    NotRoot {
        /// The user that was asked for.
        uid: u32,
        /// The group that was asked for.
        gid: u32,
        /// The present user.
        own_uid: u32,
        /// The present group.
        own_gid: u32,
    },
    /// A system call failed.
    #[error("{call}: {source}")]
    System {
        /// The call.
        call: &'static str,
        /// Its error.
        source: rustix::io::Errno,
    },
    /// The parent died before it could be watched.
    #[error("process {0}, which this one was to live as long as, is not its parent")]
    Orphan(i32),
    /// There is nothing to run.
    #[error("no program given")]
    NoProgram,
    /// The program could not be run.
    #[error("cannot run {program}: {source}")]
    Exec {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
}

/// Replaces this process. It must have a single thread: credentials are those of a thread, and `exec` keeps the
/// caller's.
///
/// # Errors
/// [`ConfineError`]; on success it does not return.
pub fn run(args: &ConfineArgs) -> Result<Infallible, ConfineError> {
    if let (Some(uid), Some(gid)) = (args.uid, args.gid) {
        become_user(uid, gid)?;
    }
    set_no_new_privs(true).map_err(system("prctl(PR_SET_NO_NEW_PRIVS)"))?;
    if let Some(parent) = args.parent {
        die_with(parent, args.death_signal)?;
    }
    let (program, rest) = args.command.split_first().ok_or(ConfineError::NoProgram)?;
    let source = Command::new(program).args(rest).exec();
    Err(ConfineError::Exec { program: program.to_string_lossy().into_owned(), source })
}

/// Groups first, since changing them needs the privilege that changing the user gives up.
fn become_user(uid: u32, gid: u32) -> Result<(), ConfineError> {
    if uid == 0 || gid == 0 {
        return Err(ConfineError::Root);
    }
    let (own_uid, own_gid) = (getuid(), getgid());
    if !rustix::process::geteuid().is_root() {
        return if own_uid.as_raw() == uid && own_gid.as_raw() == gid {
            Ok(())
        } else {
            Err(ConfineError::NotRoot { uid, gid, own_uid: own_uid.as_raw(), own_gid: own_gid.as_raw() })
        };
    }
    set_thread_groups(&[]).map_err(system("setgroups"))?;
    set_thread_gid(Gid::from_raw(gid)).map_err(system("setgid"))?;
    set_thread_uid(Uid::from_raw(uid)).map_err(system("setuid"))
}

/// Comes after the change of user, which clears the death signal. A parent that died in between is noticed by its
/// process id being no longer the parent's.
fn die_with(parent: i32, signal: DeathSignal) -> Result<(), ConfineError> {
    set_parent_process_death_signal(Some(signal.signal())).map_err(system("prctl(PR_SET_PDEATHSIG)"))?;
    match getppid() {
        Some(pid) if pid.as_raw_nonzero().get() == parent => Ok(()),
        _ => Err(ConfineError::Orphan(parent)),
    }
}

fn system(call: &'static str) -> impl FnOnce(rustix::io::Errno) -> ConfineError {
    move |source| ConfineError::System { call, source }
}
