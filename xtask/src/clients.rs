//! Programs of others that tests run against the server.

use crate::{node, paths};
use anyhow::Result;
use std::path::PathBuf;

/// The script that uses the dashboard in a browser; installs its packages the first time. Gives its folder.
pub(crate) fn dashboard() -> Result<PathBuf> {
    node::provide()?;
    let folder = paths::root().join("tests/clients/dashboard");
    node::install(&folder)?;
    Ok(folder)
}

/// InsForge's published SDK and the script that drives it; installs its packages the first time. Gives their folder.
pub(crate) fn insforge_sdk() -> Result<PathBuf> {
    node::provide()?;
    let folder = paths::root().join("tests/clients/insforge-sdk");
    node::install(&folder)?;
    Ok(folder)
}
