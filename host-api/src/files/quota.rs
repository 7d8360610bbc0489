//! What an invocation may have in its scratch directory, and open.
//!
//! The sizes are the files' own, read when something is about to grow, so that truncated and deleted files count for what
//! they hold. To ask a file after its name is gone, each is kept open here, which the number of files bounds. What has
//! been let through and is not written yet counts as if it were.

use parking_lot::Mutex;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

/// Files in a scratch directory, folders made there, and descriptors open at once, each.
const MOST: usize = 64;

/// What is used, and how much may be.
pub(super) struct Quota {
    limit: u64,
    files: Mutex<Vec<Tracked>>,
    open: Mutex<Vec<Weak<File>>>,
    folders: AtomicUsize,
}

/// A file that was opened in the scratch directory.
struct Tracked {
    id: (u64, u64),
    /// A descriptor of our own.
    file: File,
    /// The guest's.
    opened: Vec<Weak<File>>,
    /// Where the file ends once everything is written that was let through.
    end: u64,
    /// Held by streams, whose writes come later.
    writers: Arc<()>,
}

/// A stream to a file.
pub(super) struct Writer(#[expect(dead_code, reason = "held, not read")] Arc<()>);

fn id(file: &File) -> Option<((u64, u64), u64, u64)> {
    let metadata = file.metadata().ok()?;
    Some(((metadata.dev(), metadata.ino()), metadata.len(), metadata.nlink()))
}

impl Tracked {
    /// Bytes that it holds, or `None` once nobody can reach it any more.
    fn size(&mut self) -> Option<u64> {
        let (_, size, links) = id(&self.file)?;
        self.opened.retain(|opened| opened.strong_count() > 0);
        if links == 0 && self.opened.is_empty() {
            return None;
        }
        if Arc::strong_count(&self.writers) == 1 {
            self.end = 0;
        }
        Some(size.max(self.end))
    }
}

impl Quota {
    /// So many bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, files: Mutex::default(), open: Mutex::default(), folders: AtomicUsize::new(0) }
    }

    /// Whether one more file or folder may be opened.
    pub(super) fn may_open(&self) -> bool {
        let mut open = self.open.lock();
        open.retain(|file| file.strong_count() > 0);
        open.len() < MOST
    }

    /// Counts a descriptor for as long as it is open.
    pub(super) fn opened(&self, file: &Arc<File>) {
        self.open.lock().push(Arc::downgrade(file));
    }

    /// Whether one more file may be made.
    pub(super) fn may_create(&self) -> bool {
        let mut files = self.files.lock();
        files.retain_mut(|file| file.size().is_some());
        files.len() < MOST
    }

    /// Whether one more folder may be made; it counts even if it is removed.
    pub(super) fn may_create_folder(&self) -> bool {
        self.folders.fetch_add(1, Ordering::Relaxed) < MOST
    }

    /// Follows a file of the scratch directory.
    pub(super) fn track(&self, file: &Arc<File>) -> io::Result<()> {
        let Some((id, ..)) = id(file) else { return Err(io::ErrorKind::NotFound.into()) };
        let mut files = self.files.lock();
        match files.iter_mut().find(|tracked| tracked.id == id) {
            Some(tracked) => tracked.opened.push(Arc::downgrade(file)),
            None => {
                let (own, opened) = (file.try_clone()?, vec![Arc::downgrade(file)]);
                files.push(Tracked { id, file: own, opened, end: 0, writers: Arc::default() });
            }
        }
        Ok(())
    }

    /// Whether a file may be written up to `end`, or for `more` bytes after its end. If so, it counts as written.
    pub(super) fn admit(&self, file: &File, grows: Growth) -> bool {
        let Some((wanted, ..)) = id(file) else { return false };
        let mut files = self.files.lock();
        let (mut used, mut own) = (0u64, None);
        files.retain_mut(|tracked| {
            let Some(size) = tracked.size() else { return false };
            match tracked.id == wanted {
                true => own = Some(size),
                false => used = used.saturating_add(size),
            }
            true
        });
        // A file that nobody follows is none of the scratch directory's.
        let Some(size) = own else { return true };
        let end = match grows {
            Growth::To(end) => size.max(end),
            Growth::By(more) => size.saturating_add(more),
        };
        if end > size && used.saturating_add(end) > self.limit {
            return false;
        }
        if let Some(tracked) = files.iter_mut().find(|tracked| tracked.id == wanted) {
            tracked.end = end;
        }
        true
    }

    /// A stream that will write to a file.
    pub(super) fn writer(&self, file: &File) -> Option<Writer> {
        let (wanted, ..) = id(file)?;
        let files = self.files.lock();
        let tracked = files.iter().find(|tracked| tracked.id == wanted)?;
        Some(Writer(tracked.writers.clone()))
    }
}

/// How a file is about to grow.
#[derive(Clone, Copy, Debug)]
pub(super) enum Growth {
    /// To an end.
    To(u64),
    /// By so many bytes.
    By(u64),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use tempfile::TempDir;

    struct Folder {
        folder: TempDir,
        quota: Quota,
    }

    impl Folder {
        fn new(limit: u64) -> Self {
            Self { folder: tempfile::tempdir().unwrap(), quota: Quota::new(limit) }
        }

        fn open(&self, name: &str) -> Arc<File> {
            let path = self.folder.path().join(name);
            let file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
            let file = Arc::new(file);
            self.quota.track(&file).unwrap();
            self.quota.opened(&file);
            file
        }

        /// Writes at the file's end if that is admitted.
        fn grow(&self, file: &Arc<File>, bytes: usize) -> bool {
            let admitted = self.quota.admit(file, Growth::By(bytes as u64));
            if admitted {
                (&**file).write_all(&vec![0; bytes]).unwrap();
            }
            admitted
        }
    }

    #[test]
    fn the_bytes_of_all_files_count_together() {
        let folder = Folder::new(100);
        let (a, b) = (folder.open("a"), folder.open("b"));
        assert!(folder.grow(&a, 60) && folder.grow(&b, 40));
        assert!(!folder.grow(&a, 1) && !folder.grow(&b, 1));
        assert!(folder.quota.admit(&a, Growth::To(60)), "what is there may be written over");
        a.set_len(10).unwrap();
        assert!(folder.grow(&b, 50));
    }

    #[test]
    fn a_hole_counts_as_bytes() {
        let folder = Folder::new(100);
        let file = folder.open("a");
        assert!(!folder.quota.admit(&file, Growth::To(u64::MAX)));
        assert!(!folder.quota.admit(&file, Growth::By(u64::MAX)));
        assert!(folder.quota.admit(&file, Growth::To(100)));
    }

    #[test]
    fn a_deleted_file_counts_until_nobody_has_it_open() {
        let folder = Folder::new(100);
        let (a, again) = (folder.open("a"), folder.open("a"));
        assert!(folder.grow(&a, 100));
        std::fs::remove_file(folder.folder.path().join("a")).unwrap();
        let b = folder.open("b");
        drop(a);
        assert!(!folder.grow(&b, 1));
        drop(again);
        assert!(folder.grow(&b, 100));
    }

    #[test]
    fn what_a_stream_has_still_to_write_counts() {
        let folder = Folder::new(100);
        let (a, b) = (folder.open("a"), folder.open("b"));
        let writer = folder.quota.writer(&a).unwrap();
        assert!(folder.quota.admit(&a, Growth::To(80)));
        assert!(!folder.quota.admit(&b, Growth::To(30)));
        assert!(!folder.quota.admit(&a, Growth::By(30)));
        drop(writer);
        assert!(folder.quota.admit(&b, Growth::To(30)), "it was never written");
    }

    #[test]
    fn files_and_descriptors_are_numbered() {
        let folder = Folder::new(100);
        let mut files: Vec<_> = (0..MOST).map(|n| folder.open(&n.to_string())).collect();
        assert!(!folder.quota.may_open() && !folder.quota.may_create());
        std::fs::remove_file(folder.folder.path().join("0")).unwrap();
        files.remove(0);
        assert!(folder.quota.may_open() && folder.quota.may_create());
        assert!((0..MOST).all(|_| folder.quota.may_create_folder()) && !folder.quota.may_create_folder());
    }
}
