//! `postmaster.pid`, the file by which PostgreSQL knows that a cluster is in use.
//!
//! It is left behind when the machine or the container stops hard, and its process id may belong to another program by
//! then; PostgreSQL refuses to start while a process of that id and user exists. The data folder's lock is ours, so
//! what the file names is either nothing, a stranger, or a PostgreSQL of an earlier run that is still stopping.

use super::DevError;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How long a PostgreSQL of an earlier run may take to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes sure that no PostgreSQL runs on the cluster `data`, and that no file says so.
pub(super) async fn clear(data: &Path) -> Result<(), DevError> {
    let file = data.join("postmaster.pid");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(DevError::File { path: file, source }),
    };
    if let Some(pid) = process_id(&text).filter(|pid| serves(*pid, data)) {
        stop(pid, data).await?;
    }
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(DevError::File { path: file, source: error })
        }
        _ => Ok(()),
    }
}

/// The first line is the process id, negative for a standalone backend.
fn process_id(text: &str) -> Option<Pid> {
    let id: i32 = text.lines().next()?.trim().parse().ok()?;
    Pid::from_raw(id.checked_abs()?)
}

/// A postmaster's working directory is its cluster.
fn serves(pid: Pid, data: &Path) -> bool {
    let cwd = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    matches!((cwd, data.canonicalize()), (Ok(cwd), Ok(data)) if cwd == data)
}

async fn stop(pid: Pid, data: &Path) -> Result<(), DevError> {
    tracing::warn!(
        "PostgreSQL of an earlier run (process {}) is still there, stopping it",
        pid.as_raw_nonzero()
    );
    let _ = kill_process(pid, Signal::INT);
    let gone = async {
        while serves(pid, data) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.map_err(|_| DevError::Orphan(pid.as_raw_nonzero().get()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[tokio::test]
    async fn a_file_whose_process_is_a_stranger_or_gone_is_removed_and_no_one_is_killed() {
        let temp = tempfile::tempdir().unwrap();
        let mut stranger = Command::new("sleep").arg("60").stdout(Stdio::null()).spawn().unwrap();
        for text in [format!("{}\n/data\n", stranger.id()), "4194304\n".to_owned(), "rubbish".to_owned()] {
            fs::write(temp.path().join("postmaster.pid"), text).unwrap();
            clear(temp.path()).await.unwrap();
            assert!(!temp.path().join("postmaster.pid").exists());
        }
        assert!(stranger.try_wait().unwrap().is_none(), "the stranger was not touched");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[tokio::test]
    async fn a_process_that_serves_the_cluster_is_stopped_first() {
        let temp = tempfile::tempdir().unwrap();
        let mut orphan = Command::new("sleep").arg("60").current_dir(temp.path()).spawn().unwrap();
        fs::write(temp.path().join("postmaster.pid"), format!("{}\n", orphan.id())).unwrap();
        let reaper = std::thread::spawn(move || orphan.wait().unwrap());
        clear(temp.path()).await.unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&reaper.join().unwrap()), Some(2));
    }
}
