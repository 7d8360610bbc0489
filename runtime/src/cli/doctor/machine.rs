//! This machine: room on its disks, and the JavaScript engine.

use super::super::output::size;
use super::finding::Finding;
use crate::compile::{EngineFile, Interfaces};
use crate::config::{Config, StoreConfig};
use std::path::{Path, PathBuf};

/// Bytes that should be free, and that must be.
const CAUTION: u64 = 1024 * 1024 * 1024;
const BAD: u64 = 128 * 1024 * 1024;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let mut folders = vec![
        ("code cache", config.compile.cache_dir.clone(), "WASMFORGE_CACHE_DIR"),
        ("scratch", config.files.scratch.clone(), "WASMFORGE_SCRATCH_DIR"),
    ];
    if let Some(StoreConfig::Directory(folder)) = &config.storage.store {
        folders.push(("storage", folder.clone(), "STORAGE_DIR"));
    }
    let mut findings: Vec<Finding> =
        folders.iter().map(|(subject, folder, variable)| room(subject, folder, variable)).collect();
    findings.push(engine(config));
    findings
}

fn room(subject: &'static str, folder: &Path, variable: &str) -> Finding {
    let place = existing(folder);
    let shown = folder.display();
    if rustix::fs::access(&place, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_err() {
        let fix = format!("let this user write there, or name another folder in {variable}");
        return Finding::bad(subject, format!("{shown} cannot be written"), fix);
    }
    let free = match rustix::fs::statvfs(&place) {
        Ok(system) => system.f_bavail.saturating_mul(system.f_frsize),
        Err(error) => {
            return Finding::caution(subject, format!("{shown}: {error}"), "see whether it is mounted");
        }
    };
    let text = format!("{shown}, {} free", size(free));
    let fix = format!("make room, or name another folder in {variable}");
    match free {
        ..BAD => Finding::bad(subject, text, fix),
        BAD..CAUTION => Finding::caution(subject, text, fix),
        _ => Finding::good(subject, text),
    }
}

/// The folder itself, or the one that it would be made in.
fn existing(folder: &Path) -> PathBuf {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    there.unwrap_or(Path::new("/")).to_owned()
}

fn engine(config: &Config) -> Finding {
    let file = EngineFile::new(config.compile.javascript_engine.as_deref());
    let path = file.path().display();
    let fix = "put wasmforge-js.wasm beside the program (`cargo xtask js` builds it), or name it in WASMFORGE_JS_ENGINE";
    match std::fs::read(file.path()) {
        Ok(bytes) if Interfaces::of(&bytes).is_ok() => Finding::good("JavaScript", path.to_string()),
        Ok(_) => Finding::bad("JavaScript", format!("{path} is no component"), fix),
        Err(error) => Finding::bad("JavaScript", format!("{path}: {error}"), fix),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_folder_that_is_still_to_be_made_is_judged_by_its_parent() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(existing(&temp.path().join("a/b")), temp.path());
        let finding = room("code cache", &temp.path().join("a/b"), "X");
        assert_ne!(finding.state, State::Absent);
        assert!(finding.found.contains("a/b"), "{finding:?}");
    }
}
