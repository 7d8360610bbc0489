//! Notices when files are saved.

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// Editors write a file in several steps, and a change of branch touches many: a batch ends when it has been quiet
/// this long.
const QUIET: Duration = Duration::from_millis(120);
/// A batch ends after this long in any case.
const LONGEST: Duration = Duration::from_secs(2);

/// Watches folders with all that is in them.
pub(super) struct FileWatch {
    changes: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl FileWatch {
    pub(super) fn new(dirs: &[PathBuf]) -> notify::Result<Self> {
        // One place is enough: a change that finds it taken is part of a batch that has not begun.
        let (changed, changes) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_change(&event)) {
                let _ = changed.try_send(());
            }
        })?;
        for dir in dirs {
            watcher.watch(dir, RecursiveMode::Recursive)?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Waits for the next batch of changes; `false` when there can be no more.
    pub(super) async fn changed(&mut self) -> bool {
        batch(&mut self.changes, QUIET, LONGEST).await
    }
}

async fn batch(changes: &mut mpsc::Receiver<()>, quiet: Duration, longest: Duration) -> bool {
    if changes.recv().await.is_none() {
        return false;
    }
    let settled = async { while let Ok(Some(())) = tokio::time::timeout(quiet, changes.recv()).await {} };
    let _ = tokio::time::timeout(longest, settled).await;
    true
}

/// Reading a file is no change, and neither is what a build writes.
fn is_change(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| is_source(path))
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let temporary = name.starts_with('.') || name.ends_with('~') || name == "Cargo.lock";
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
        assert!(batch(&mut receiver, Duration::from_secs(60), Duration::from_secs(60)).await);
        assert!(!batch(&mut receiver, QUIET, LONGEST).await);
    }

    #[tokio::test]
    async fn changes_that_never_end_do_not_hold_a_batch_open() {
        let (sender, mut receiver) = mpsc::channel(1);
        let busy = tokio::spawn(async move { while sender.send(()).await.is_ok() {} });
        let ended = batch(&mut receiver, Duration::from_secs(60), Duration::from_millis(50));
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
        assert!(tokio::time::timeout(Duration::from_secs(10), watch.changed()).await.unwrap());
    }
}
