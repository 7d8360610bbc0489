//! The guests that tests run: components that were built beforehand, and texts that are assembled here.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The target folder that this test was built into.
pub(crate) fn target_dir() -> PathBuf {
    // <target>/<profile>/deps/<test>
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_owned()
}

/// A folder below the target folder that outlives one test, so that work is not done again for each.
#[must_use]
pub fn scratch(name: &str) -> PathBuf {
    let dir = target_dir().join("tmp/black-box").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The component built from `examples/<name>`, `functions/<name>` or `tests/guests/<name>`.
#[must_use]
pub fn component(name: &str) -> PathBuf {
    let dir = std::env::var_os("WASMFORGE_GUESTS")
        .map_or_else(|| target_dir().join("wasm32-wasip2/guest"), PathBuf::from);
    let path = dir.join(format!("{}.wasm", name.replace('-', "_")));
    assert!(path.is_file(), "there is no {}; run `cargo xtask guests`", path.display());
    path
}

/// The source of `examples/<name>`, `functions/<name>` or `tests/guests/<name>`: its `index.js` or `index.ts`.
#[must_use]
pub fn source(name: &str) -> PathBuf {
    let found = ["examples", "functions", "tests/guests"]
        .iter()
        .find_map(|folder| index_of(&repository().join(folder).join(name)));
    found.unwrap_or_else(|| panic!("there is no source of {name}"))
}

fn index_of(folder: &Path) -> Option<PathBuf> {
    ["index.js", "index.ts"].iter().map(|file| folder.join(file)).find(|path| path.is_file())
}

/// `tests/guests/wat/<name>.wat`, assembled.
#[must_use]
pub fn assembled(name: &str) -> PathBuf {
    let text = repository().join(format!("tests/guests/wat/{name}.wat"));
    written(&format!("{name}.wasm"), &wat::parse_file(text).unwrap())
}

/// A file of this name with these bytes. Tests run at once, and each finds it whole.
#[must_use]
pub fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let dir = scratch("guests");
    let path = dir.join(name);
    let mut file = tempfile::NamedTempFile::new_in(&dir).unwrap();
    file.write_all(bytes).unwrap();
    file.persist(&path).unwrap();
    path
}

/// The names of all examples, functions and guests, whatever they are written in.
#[must_use]
pub fn named_guests() -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["examples", "functions", "tests/guests", "tests/guests/wat"] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_guest = path.join("Cargo.toml").is_file() || path.extension().is_some_and(|e| e == "wat");
            if is_guest || index_of(&path).is_some() {
                names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    names
}
