//! `function.logs.jsonl`, which InsForge's backend shows as the functions' log.
//!
//! A thread of its own appends, so that a slow disk holds up nothing. Several nodes may append to one file: every write is
//! of whole lines, and a file that another node has put away is opened anew.

use super::insforge_line::InsforgeLine;
use parking_lot::Mutex;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// The name that InsForge's backend reads.
const NAME: &str = "function.logs.jsonl";

/// The file before it.
const BEFORE: &str = "function.logs.1.jsonl";

/// Lines that wait at most; more are dropped.
const QUEUE: usize = 65_536;

/// Bytes of them.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of one write.
const WRITE: usize = 256 * 1024;

/// The file's end that takes lines. Never waits.
pub struct LogFile {
    sender: Mutex<Option<SyncSender<Vec<u8>>>>,
    counts: Arc<Counts>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Counts {
    dropped: AtomicU64,
    waiting: AtomicUsize,
}

impl LogFile {
    /// Begins to append to the file in `folder`, which is begun anew after `most` bytes; the one before it is kept.
    ///
    /// # Errors
    /// Where the system has no thread left. A folder that cannot be written to costs lines only.
    pub fn start(folder: &Path, most: u64) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let counts = Arc::<Counts>::default();
        let writer =
            Writer { folder: folder.to_owned(), most, file: None, is_torn: false, counts: counts.clone() };
        let thread =
            std::thread::Builder::new().name("log-file".into()).spawn(move || writer.run(&receiver))?;
        Ok(Self { sender: Mutex::new(Some(sender)), counts, thread: Mutex::new(Some(thread)) })
    }

    /// Appends a line. One that finds no room is counted and forgotten.
    pub fn append(&self, line: &InsforgeLine) {
        let mut bytes = line.body.to_string().into_bytes();
        bytes.push(b'\n');
        let length = bytes.len();
        let waiting = self.counts.waiting.fetch_add(length, Ordering::Relaxed);
        let sent = waiting + length <= QUEUE_BYTES
            && self.sender.lock().as_ref().is_some_and(|sender| sender.try_send(bytes).is_ok());
        if !sent {
            self.counts.waiting.fetch_sub(length, Ordering::Relaxed);
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that were lost since the start: the queue was full, or the disk.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Writes what is left. Blocks until it is written.
    pub fn stop(&self) {
        self.sender.lock().take();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the log file panicked");
        }
    }
}

struct Writer {
    folder: PathBuf,
    most: u64,
    file: Option<File>,
    /// Whether the last write ended within a line.
    is_torn: bool,
    counts: Arc<Counts>,
}

impl Writer {
    fn run(mut self, lines: &Receiver<Vec<u8>>) {
        while let Ok(mut bytes) = lines.recv() {
            let mut count = 1;
            while bytes.len() < WRITE
                && let Ok(more) = lines.try_recv()
            {
                bytes.extend_from_slice(&more);
                count += 1;
            }
            self.counts.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            if let Err(error) = self.write(&bytes) {
                let was_well = self.file.take().is_some() || !self.is_torn;
                self.is_torn = true;
                self.counts.dropped.fetch_add(count, Ordering::Relaxed);
                if was_well {
                    tracing::warn!(%error, folder = %self.folder.display(), "lines of {NAME} were lost");
                }
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let is_torn = self.is_torn;
        let file = self.open(bytes.len() as u64)?;
        if is_torn {
            file.write_all(b"\n")?;
        }
        file.write_all(bytes)?;
        self.is_torn = false;
        Ok(())
    }

    /// The file, with room for so many bytes.
    fn open(&mut self, room: u64) -> io::Result<&mut File> {
        let path = self.folder.join(NAME);
        let is_ours = |file: &File| Ok::<_, io::Error>(file.metadata()?.ino() == path.metadata()?.ino());
        if self.file.as_ref().is_some_and(|file| !is_ours(file).unwrap_or(false)) {
            self.file = None;
        }
        if path.metadata().is_ok_and(|now| now.len() > 0 && now.len() + room > self.most) {
            std::fs::rename(&path, self.folder.join(BEFORE))?;
            self.file = None;
        }
        match &mut self.file {
            Some(file) => Ok(file),
            none => {
                std::fs::create_dir_all(&self.folder)?;
                Ok(none.insert(OpenOptions::new().create(true).append(true).open(path)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::LogRow;

    fn line(text: &str) -> InsforgeLine {
        InsforgeLine::from(&LogRow { message: text.to_owned(), ..LogRow::example() })
    }

    #[test]
    fn the_disk_is_bounded_and_the_newest_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = LogFile::start(&folder.path().join("logs"), 4096).unwrap();
        for number in 0..200 {
            file.append(&line(&format!("line {number}")));
            // Each in a write of its own.
            std::thread::yield_now();
        }
        file.stop();
        assert_eq!(file.dropped(), 0);
        let read =
            |name: &str| std::fs::read_to_string(folder.path().join("logs").join(name)).unwrap_or_default();
        let text = read(NAME);
        assert!(text.trim_end().ends_with('}') && text.contains("\"line 199\""), "{text}");
        for line in text.lines().chain(read(BEFORE).lines()) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["metadata"]["slug"], "f");
        }
        assert!(std::fs::read_dir(folder.path().join("logs")).unwrap().count() <= 2);
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let not_a_folder = folder.path().join("file");
        std::fs::write(&not_a_folder, "").unwrap();
        let file = LogFile::start(&not_a_folder, 4096).unwrap();
        file.append(&line("lost"));
        file.stop();
        assert_eq!(file.dropped(), 1);
        file.append(&line("too late"));
        assert_eq!(file.dropped(), 2);
    }
}
