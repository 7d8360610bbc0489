//! Notices when files are saved.

use crate::author;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Editors write a file in several steps, and a change of branch touches many: a batch ends when it has been quiet
/// this long.
const QUIET: Duration = Duration::from_millis(120);
/// The same where only sources changed, or what is gone again, which are not built by cargo: one deploy too many costs
/// little.
const QUIET_SOURCES: Duration = Duration::from_millis(30);
/// A batch ends after this long in any case.
const LONGEST: Duration = Duration::from_secs(2);

/// Watches folders with all that is in them.
pub(crate) struct FileWatch {
    changes: mpsc::Receiver<()>,
    /// What changed since the last batch ended.
    paths: Arc<Mutex<BTreeSet<PathBuf>>>,
    _watcher: RecommendedWatcher,
}

impl FileWatch {
    pub(crate) fn new(dirs: &[PathBuf]) -> notify::Result<Self> {
        // One place is enough: a change that finds it taken is part of a batch that has not begun.
        let (changed, changes) = mpsc::channel(1);
        let paths: Arc<Mutex<BTreeSet<PathBuf>>> = Arc::default();
        let seen = paths.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let paths = event.map(changed_paths).unwrap_or_default();
            if !paths.is_empty() {
                seen.lock().extend(paths);
                let _ = changed.try_send(());
            }
        })?;
        for dir in dirs {
            watcher.watch(dir, RecursiveMode::Recursive)?;
        }
        Ok(Self { changes, paths, _watcher: watcher })
    }

    /// Waits for the next batch of changes, and gives their paths; `None` when there can be no more.
    pub(crate) async fn changed(&mut self) -> Option<BTreeSet<PathBuf>> {
        let paths = self.paths.clone();
        let quiet = || match paths.lock().iter().all(|path| author::is_source(path) || !path.exists()) {
            true => QUIET_SOURCES,
            false => QUIET,
        };
        let more = batch(&mut self.changes, quiet, LONGEST).await;
        more.then(|| std::mem::take(&mut *self.paths.lock()))
    }
}

async fn batch(changes: &mut mpsc::Receiver<()>, quiet: impl Fn() -> Duration, longest: Duration) -> bool {
    if changes.recv().await.is_none() {
        return false;
    }
    let settled = async { while let Ok(Some(())) = tokio::time::timeout(quiet(), changes.recv()).await {} };
    let _ = tokio::time::timeout(longest, settled).await;
    true
}

/// Reading a file is no change, and neither is what a build writes.
fn changed_paths(event: Event) -> Vec<PathBuf> {
    let is_change = !matches!(event.kind, EventKind::Access(_));
    event.paths.into_iter().filter(|path| is_change && is_written_by_people(path)).collect()
}

fn is_written_by_people(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let temporary =
        name.starts_with('.') || name.ends_with('~') || ["Cargo.lock", "wasmforge.lock"].contains(&&*name);
    let generated = path.components().any(|part| {
        let part = part.as_os_str();
        part == "target" || part == "node_modules" || part == ".git"
    });
    !temporary && !generated
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_burst_is_one_batch() {
        let (sender, mut receiver) = mpsc::channel(8);
        for _ in 0..5 {
            sender.send(()).await.unwrap();
        }
        drop(sender);
        assert!(batch(&mut receiver, || Duration::from_secs(60), Duration::from_secs(60)).await);
        assert!(!batch(&mut receiver, || QUIET, LONGEST).await);
    }

    #[tokio::test]
    async fn changes_that_never_end_do_not_hold_a_batch_open() {
        let (sender, mut receiver) = mpsc::channel(1);
        let busy = tokio::spawn(async move { while sender.send(()).await.is_ok() {} });
        let ended = batch(&mut receiver, || Duration::from_secs(60), Duration::from_millis(50));
        assert!(tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap());
        drop(receiver);
        busy.await.unwrap();
    }

    #[tokio::test]
    async fn a_saved_file_is_noticed_and_what_a_build_writes_is_not() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("hello/src")).unwrap();
        fs::create_dir_all(temp.path().join("hello/target")).unwrap();
        let mut watch = FileWatch::new(&[temp.path().to_owned()]).unwrap();
        fs::write(temp.path().join("hello/target/x.o"), "").unwrap();
        fs::write(temp.path().join("hello/Cargo.lock"), "").unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(300), watch.changed()).await.is_err());
        fs::write(temp.path().join("hello/src/lib.rs"), "fn main() {}").unwrap();
        let changed = tokio::time::timeout(Duration::from_secs(10), watch.changed()).await.unwrap().unwrap();
        assert!(changed.iter().any(|path| path.ends_with("hello/src/lib.rs")), "{changed:?}");
    }
}
