//! Where a new Rust project gets the SDK.

use super::super::failure::Misuse;
use std::path::{Path, PathBuf};

/// Where the SDK is in this repository.
const FOLDER: &str = "guest-sdk/rust";

/// The line of `Cargo.toml` that names the SDK: what was asked for, else the clone that this program was built in, else
/// the address that this program's package names as its repository.
pub(super) fn dependency(asked: Option<&str>) -> Result<String, Misuse> {
    if let Some(asked) = asked {
        return if is_address(asked) { Ok(by_git(asked)) } else { by_path(Path::new(asked)) };
    }
    if let Some(folder) = beside_program() {
        return by_path(&folder);
    }
    match env!("CARGO_PKG_REPOSITORY") {
        "" => Err(Misuse(
            "where is the SDK? Give its folder, or its repository's address, with --sdk".to_owned(),
        )),
        repository => Ok(by_git(repository)),
    }
}

fn is_address(text: &str) -> bool {
    text.contains("://") || text.starts_with("git@")
}

fn by_git(address: &str) -> String {
    format!("{{ package = \"wasmforge-sdk\", git = {} }}", quoted(address))
}

/// The folder of the SDK, or of the repository that holds it.
fn by_path(folder: &Path) -> Result<String, Misuse> {
    let candidates = [folder.to_owned(), folder.join(FOLDER)];
    let found = candidates.iter().find(|folder| is_sdk(folder)).and_then(|folder| folder.canonicalize().ok());
    match found {
        Some(folder) => {
            Ok(format!("{{ package = \"wasmforge-sdk\", path = {} }}", quoted(&folder.to_string_lossy())))
        }
        None => Err(Misuse(format!("{} is not the folder of wasmforge-sdk", folder.display()))),
    }
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == "name = \"wasmforge-sdk\"")
}

/// `target/<profile>/wasmforge` is within the clone.
fn beside_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| is_sdk(folder))
}

/// A string of TOML, which is written like one of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_is_a_folder_or_an_address() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let expected = own.join(FOLDER).canonicalize().unwrap();
        for folder in [own.to_owned(), own.join(FOLDER)] {
            let line = dependency(folder.to_str()).unwrap();
            assert!(line.contains(&format!("path = \"{}\"", expected.display())), "{line}");
        }
        let line = dependency(Some("https://example.com/w.git")).unwrap();
        assert_eq!(line, "{ package = \"wasmforge-sdk\", git = \"https://example.com/w.git\" }");
        assert!(dependency(Some("/nowhere")).is_err());
    }
}
