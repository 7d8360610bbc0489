//! From a function's file to what is deployed.

use super::imports::need_bundling;
use super::{AuthorError, Bundler};
use crate::registry::Slug;
use std::path::{Path, PathBuf};

/// The endings of files that are written in JavaScript or TypeScript.
const ENDINGS: [&str; 6] = ["js", "mjs", "ts", "mts", "jsx", "tsx"];

/// A source that a server takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// One module or script, which imports only what every function has.
    pub code: String,
    /// The files of this machine that it was made of.
    pub inputs: Vec<PathBuf>,
}

/// Whether a file's name says that it is JavaScript or TypeScript. One that only declares types is not.
#[must_use]
pub fn is_source(file: &Path) -> bool {
    let ends = file.extension().and_then(|ending| ending.to_str()).is_some_and(|e| ENDINGS.contains(&e));
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    ends && !name.ends_with(".d.ts") && !name.ends_with(".d.mts")
}

/// The file of a folder that is a function: its `index`.
#[must_use]
pub fn index_of(folder: &Path) -> Option<PathBuf> {
    ENDINGS.iter().map(|ending| folder.join(format!("index.{ending}"))).find(|file| file.is_file())
}

/// The name of a function that is deployed from `path`: the file's, or its folder's where the file is an `index`. Every
/// character that a slug may not have becomes `-`; `None` where nothing is left.
#[must_use]
pub fn slug_of(path: &Path) -> Option<Slug> {
    let path = std::path::absolute(path).ok()?;
    let stem = if path.is_dir() { path.file_name()? } else { path.file_stem()? };
    let name = match stem == "index" {
        true => path.parent()?.file_name()?,
        false => stem,
    };
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = name.to_string_lossy().chars().map(allowed).take(255).collect();
    Slug::parse(&name).ok()
}

/// Reads a function's file, and bundles it if it imports what not every function has.
///
/// # Errors
/// [`AuthorError`]
pub async fn prepare(path: &Path, bundler: &Bundler) -> Result<Prepared, AuthorError> {
    let code = std::fs::read_to_string(path).map_err(AuthorError::file(path))?;
    match need_bundling(path, &code) {
        true => bundler.bundle(path).await,
        false => Ok(Prepared { code, inputs: vec![path.to_owned()] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_after_its_file_or_after_the_folder_of_an_index() {
        let slug = |path: &str| slug_of(Path::new(path)).unwrap().to_string();
        assert_eq!(slug("/tmp/json_api.wasm"), "json_api");
        assert_eq!(slug("functions/greet.ts"), "greet");
        assert_eq!(slug("/functions/greet/index.ts"), "greet");
        assert_eq!(slug("a b.é.js"), "a-b--");
        assert!(slug_of(Path::new("/")).is_none());
    }

    #[test]
    fn declarations_of_types_are_no_functions() {
        assert!(is_source(Path::new("a.ts")) && is_source(Path::new("a.jsx")));
        assert!(!is_source(Path::new("a.d.ts")) && !is_source(Path::new("a.css")));
    }
}
