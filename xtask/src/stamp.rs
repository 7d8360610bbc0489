//! Whether a file was made of what its inputs are now.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The names, lengths and times of a file's inputs: a line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp(String);

impl Stamp {
    /// Of files, and of folders with all that is in them.
    pub(crate) fn of(inputs: &[PathBuf]) -> Result<Self> {
        let mut lines = String::new();
        for input in inputs {
            add(input, &mut lines)?;
        }
        Ok(Self(lines))
    }

    /// Whether the file is there and carries this stamp.
    pub(crate) fn is_on(&self, file: &Path) -> bool {
        file.is_file() && fs::read_to_string(beside(file)).is_ok_and(|found| found == self.0)
    }

    /// Marks a file that has been made.
    pub(crate) fn put_on(&self, file: &Path) -> Result<()> {
        let beside = beside(file);
        fs::write(&beside, &self.0).with_context(|| beside.display().to_string())
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".stamp");
    PathBuf::from(name)
}

fn add(path: &Path, lines: &mut String) -> Result<()> {
    let metadata = fs::metadata(path).with_context(|| path.display().to_string())?;
    if metadata.is_dir() {
        let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
        let mut entries = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add(entry, lines));
    }
    let time = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(writeln!(lines, "{} {} {}", path.display(), metadata.len(), time.as_nanos())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_again_when_an_input_is_changed_added_or_gone() {
        let temp = tempfile::tempdir().unwrap();
        let (folder, made) = (temp.path().join("src"), temp.path().join("made"));
        fs::create_dir_all(folder.join("deep")).unwrap();
        fs::write(folder.join("deep/a.js"), "1").unwrap();
        let inputs = [folder.clone()];
        let stamp = || Stamp::of(&inputs).unwrap();
        assert!(!stamp().is_on(&made));
        fs::write(&made, "").unwrap();
        stamp().put_on(&made).unwrap();
        assert!(stamp().is_on(&made));
        fs::write(folder.join("b.js"), "").unwrap();
        assert!(!stamp().is_on(&made));
        fs::remove_file(folder.join("b.js")).unwrap();
        assert!(stamp().is_on(&made));
        fs::write(folder.join("deep/a.js"), "12").unwrap();
        assert!(!stamp().is_on(&made));
    }
}
