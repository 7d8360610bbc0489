//! What a process writes, line by line.

use crate::PATIENCE;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::time::timeout;

/// The lines of one stream, as far as they have come. Clones see the same lines.
#[derive(Clone)]
pub struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    seen: watch::Receiver<usize>,
}

impl Lines {
    /// Reads `stream` to its end on a thread of its own, so that the process never waits for a test.
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (seen, receiver) = watch::channel(0);
        let written = lines.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n') {
                let Ok(line) = line else { return };
                let mut written = written.lock().unwrap();
                written.push(String::from_utf8_lossy(&line).into_owned());
                seen.send_replace(written.len());
            }
        });
        Self { lines, seen: receiver }
    }

    /// All lines so far.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The first line that `found` makes something of, whether it was written already or is still to come.
    pub async fn find<T>(&self, what: &str, mut found: impl FnMut(&str) -> Option<T>) -> T {
        let mut seen = self.seen.clone();
        let mut next = 0;
        let search = async {
            loop {
                seen.borrow_and_update();
                let lines = self.lines.lock().unwrap().get(next..).unwrap_or_default().to_vec();
                next += lines.len();
                if let Some(found) = lines.iter().find_map(|line| found(line)) {
                    return Some(found);
                }
                if seen.changed().await.is_err() {
                    return None;
                }
            }
        };
        match timeout(PATIENCE, search).await {
            Ok(Some(found)) => found,
            Ok(None) => panic!("{what}: the process ended without that line; {self}"),
            Err(_elapsed) => panic!("{what}: no such line within {PATIENCE:?}; {self}"),
        }
    }

    /// The first line that contains `text`.
    pub async fn containing(&self, text: &str) -> String {
        self.find(text, |line| line.contains(text).then(|| line.to_owned())).await
    }

    /// Waits for the stream's end; then all of it.
    pub async fn to_end(&self) -> Vec<String> {
        let mut seen = self.seen.clone();
        crate::in_time("the end of the output", async { while seen.changed().await.is_ok() {} }).await;
        self.all()
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines.lock().unwrap();
        writeln!(f, "it wrote {} lines, at last:", lines.len())?;
        lines.iter().rev().take(40).rev().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
