//! Where esbuild is: in the project, else fetched.

use super::AuthorError;
use crate::config::Variables;
use crate::dev::cache;
use crate::dev::fetch::{self, Package};
use std::path::{Path, PathBuf};

/// esbuild's interface for Node.
const INTERFACE: Package = Package {
    name: "esbuild",
    version: "0.28.2",
    integrity: "sha512-HKVLS8dvII+xoKW9kmqxbRKrnWEXfJJr/FZhhJmiqIB0e053QNYFqOBouTMO/k5sID4MvCiUCvv8b9M4h32wIA==",
    links: None,
};

/// esbuild itself.
const PROGRAM: Package = Package {
    name: "@esbuild/linux-x64",
    version: "0.28.2",
    integrity: "sha512-4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ==",
    links: None,
};

/// A bundler that can be used.
pub(super) struct Esbuild {
    /// The folder of the npm package.
    pub(super) package: PathBuf,
    /// The executable, where the package would not find it itself.
    pub(super) program: Option<PathBuf>,
}

/// The one that the project at or above `folder` has installed, else the pinned one.
pub(super) async fn provide(folder: &Path, variables: &Variables) -> Result<Esbuild, AuthorError> {
    let installed = folder.ancestors().map(|folder| folder.join("node_modules/esbuild"));
    if let Some(package) = installed.into_iter().find(|package| package.join("lib/main.js").is_file()) {
        return Ok(Esbuild { package, program: None });
    }
    let cache = cache::of_user(variables).ok_or_else(|| {
        AuthorError::Tool("no place to keep esbuild: set HOME or WASMFORGE_CACHE".to_owned())
    })?;
    let tools = cache.join("tools");
    let fetch = async |package: &Package| {
        fetch::provide(package, &tools).await.map_err(|error| {
            AuthorError::Tool(format!("esbuild, which bundles functions, cannot be had ({error}): install it with `npm install --save-dev esbuild`"))
        })
    };
    let package = fetch(&INTERFACE).await?;
    let program = fetch(&PROGRAM).await?.join("bin/esbuild");
    Ok(Esbuild { package, program: Some(program) })
}
