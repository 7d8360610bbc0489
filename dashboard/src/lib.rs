//! The dashboard's files, as `cargo xtask dashboard` built them, within the binary.

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
}

/// The file at `path`, relative to the dashboard's root; `None` where there is none of that name.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let media_type = mime_guess::from_path(path).first_or_octet_stream().to_string();
    Files::get(path).map(|file| Asset { bytes: file.data, media_type })
}
