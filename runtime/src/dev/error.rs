//! Why local services cannot be had. Each text is one sentence that says what to do.

use std::io;
use std::path::PathBuf;

/// Why `wasmforge dev` cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// Neither `HOME` nor a data folder is known.
    #[error("no place to keep data: set HOME, or give a folder with --data-dir")]
    NoDataDir,
    /// The folder holds something else.
    #[error("{0} is neither empty nor a wasmforge data folder: give another one with --data-dir")]
    ForeignDataDir(PathBuf),
    /// Another process uses the folder.
    #[error("another `wasmforge dev` uses {0}: stop that one, or give another folder with --data-dir")]
    DataDirInUse(PathBuf),
    /// The user that services run as cannot get at a path.
    #[error(
        "PostgreSQL refuses to run as root, so it runs as {user}, who cannot enter {blocked}: use a folder outside of \
         it, such as /var/lib/wasmforge"
    )]
    Unreachable {
        /// The unprivileged user.
        user: String,
        /// The folder that shuts it out.
        blocked: PathBuf,
    },
    /// Root has no one to become.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has no user `nobody` that it could run as: run as \
         another user, or set DATABASE_URL"
    )]
    NoAccount,
    /// A file of ours cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of keys is damaged.
    #[error(
        "{path} does not hold wasmforge's keys ({problem}): restore it, or remove the data folder to start afresh"
    )]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The thread that starts processes could not be made.
    #[error("cannot start a thread: {0}")]
    Launcher(io::Error),
    /// A program that a variable names is not usable.
    #[error("{variable}={path} does not hold {wanted}")]
    Named {
        /// The variable.
        variable: &'static str,
        /// Its value.
        path: PathBuf,
        /// What was expected there.
        wanted: &'static str,
    },
    /// A program is not on the machine and could not be fetched.
    #[error("{wanted} is not on this machine and could not be fetched ({reason}): {remedy}")]
    Missing {
        /// The program.
        wanted: &'static str,
        /// Why it was not fetched.
        reason: String,
        /// The command that gets it.
        remedy: &'static str,
    },
    /// A program could not be run at all.
    #[error("cannot run {program}: {source}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The database cluster could not be made.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// The data belong to another version.
    #[error(
        "{path} was made by PostgreSQL {found}, and only PostgreSQL {expected} can read it here: give another folder \
         with --data-dir"
    )]
    DataVersion {
        /// The cluster.
        path: PathBuf,
        /// Its major version.
        found: String,
        /// The one that is used.
        expected: u32,
    },
    /// The database ended while it started.
    #[error("PostgreSQL does not start: {0}")]
    PostgresExited(String),
    /// The database does not answer in time.
    #[error("PostgreSQL did not answer within {seconds} s: {last}")]
    PostgresSilent {
        /// How long it was waited for.
        seconds: u64,
        /// The last error.
        last: String,
    },
    /// The database refuses what a fresh one needs.
    #[error("PostgreSQL: {0}")]
    Database(#[from] sqlx::Error),
    /// An earlier PostgreSQL still runs on the data.
    #[error("PostgreSQL of an earlier run (process {0}) still uses the data folder and does not stop")]
    Orphan(i32),
    /// No database was named and none was started.
    #[error("no database: set DATABASE_URL")]
    NoDatabase,
}

impl DevError {
    /// Names the file that an error is about.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
