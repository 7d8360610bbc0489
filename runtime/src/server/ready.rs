//! Tells scripts where the listeners are.

use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file of `--ready-file`, removed again when the process stops.
pub struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Writes the addresses, whole or not at all. The file holds a key, so only this user may read it.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn write(
        path: &Path,
        functions: &str,
        platform: Option<&str>,
        api_key: Option<&str>,
    ) -> io::Result<Self> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let text = json!({ "functions": functions, "platform": platform, "apiKey": api_key }).to_string();
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(&temporary, path)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // It may have been taken away by whoever waited for it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The URL of a listener, as somebody on this machine reaches it.
#[must_use]
pub fn url_of(addr: SocketAddr) -> String {
    let port = addr.port();
    match addr {
        addr if addr.ip().is_unspecified() => format!("http://127.0.0.1:{port}"),
        addr => format!("http://{addr}"),
    }
}
