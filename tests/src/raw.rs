//! A TCP connection that sends bytes as they are, however wrong they are.

use crate::in_time;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Silence that is taken for the end of an answer.
const QUIET: Duration = Duration::from_secs(1);

/// A connection without a protocol.
pub struct Raw(TcpStream);

impl Raw {
    pub(crate) fn over(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Sends bytes. `false` where the server has closed.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        in_time("the bytes' departure", self.0.write_all(bytes.as_ref())).await.is_ok()
    }

    /// Reads until `text` has come, and returns everything up to there and what came with it. At the connection's end,
    /// what there was.
    pub async fn read_until(&mut self, text: &str) -> String {
        let read = async {
            let mut read = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                if String::from_utf8_lossy(&read).contains(text) {
                    return read;
                }
                match self.0.read(&mut buffer).await {
                    Ok(0) | Err(_) => return read,
                    Ok(n) => read.extend_from_slice(&buffer[..n]),
                }
            }
        };
        String::from_utf8_lossy(&in_time(text, read).await).into_owned()
    }

    /// What comes until the server closes the connection, or has been silent for a second: a server that waits for more
    /// says nothing.
    pub async fn read_until_quiet(&mut self) -> String {
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(Ok(n @ 1..)) = timeout(QUIET, self.0.read(&mut buffer)).await {
            read.extend_from_slice(&buffer[..n]);
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Everything until the server closes, or resets, the connection.
    pub async fn read_to_end(&mut self) -> String {
        let mut read = Vec::new();
        let _ = in_time("the connection's end", self.0.read_to_end(&mut read)).await;
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Closes with a reset instead of an end.
    pub fn reset(self) {
        self.0.set_zero_linger().unwrap();
    }
}
