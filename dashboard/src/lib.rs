//! The dashboard's files, as `cargo xtask dashboard` built them, within the binary.
//!
//! Their sources are in `web/`. Without them the crate is empty, and still compiles.

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "dist"]
#[allow_missing = true]
struct Files;

/// One file of the dashboard.
#[derive(Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type, by its name.
    pub media_type: String,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
}

/// The file at `path`, relative to the dashboard's root; `None` where there is none of that name.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    // What keeps the folder in the repository is no part of the dashboard.
    if path.starts_with('.') {
        return None;
    }
    let file = Files::get(path)?;
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    let media_type = match media_type.type_() {
        mime_guess::mime::TEXT => format!("{media_type}; charset=utf-8"),
        _ => media_type.to_string(),
    };
    Some(Asset { bytes: file.data, media_type, hash: file.metadata.sha256_hash() })
}
