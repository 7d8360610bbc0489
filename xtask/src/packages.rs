//! Debian's packages, downloaded with apt and unpacked into a folder of ours. Nothing is installed into the system.

use crate::command::{read, run, say};
use anyhow::{Context, Result};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NO_APT: &str = "apt does not know the package: run `apt-get update` (as root) on Debian 12 or later";

/// Packages that are used together.
pub(crate) struct Packages {
    pub(crate) names: Vec<String>,
    /// Of the one that matters, as a part of a file's name.
    pub(crate) version: String,
}

impl Packages {
    /// Downloads what is not there yet, and unpacks all of it into `root`.
    pub(crate) fn unpack(&self, archives: &Path, root: &Path) -> Result<()> {
        fs::create_dir_all(archives)?;
        fs::create_dir_all(root)?;
        let missing: Vec<&String> =
            self.names.iter().filter(|name| archive(archives, name).is_none()).collect();
        if !missing.is_empty() {
            download(&missing, archives)?;
        }
        say(format_args!("unpacking them into {}", root.display()));
        for name in &self.names {
            let archive =
                archive(archives, name).with_context(|| format!("apt-get did not download {name}"))?;
            run(Command::new("dpkg").arg("-x").arg(archive).arg(root))?;
        }
        Ok(())
    }
}

fn download(names: &[&String], archives: &Path) -> Result<()> {
    say(format_args!("downloading {} packages with apt-get", names.len()));
    // apt-get gives a file its final name from the first byte; it resumes what it finds.
    let partial = archives.join("partial");
    fs::create_dir_all(&partial)?;
    let mut download = Command::new("apt-get");
    // Its unprivileged user cannot write into our folder; naming root keeps it from a warning about that.
    download.current_dir(&partial).args(["-o", "APT::Sandbox::User=root", "download", "-q"]).args(names);
    run(&mut download).context("Debian's packages could not be downloaded")?;
    for whole in entries(&partial)? {
        fs::rename(&whole, archives.join(&*file_name(&whole)))?;
    }
    Ok(())
}

/// The version of a package that apt would install, as a part of a file's name.
pub(crate) fn version(package: &str) -> Result<String> {
    let policy = read(Command::new("apt-cache").args(["policy", package]))?;
    let version = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))
        .filter(|version| *version != "(none)")
        .with_context(|| format!("{package}: {NO_APT}"))?;
    Ok(version.replace([':', '/'], "_"))
}

/// The package that `package` depends on and whose name is `prefix` and a version.
pub(crate) fn dependency(package: &str, prefix: &str) -> Result<String> {
    let depends = read(Command::new("apt-cache").args(["depends", package]))?;
    versioned(&depends, prefix).with_context(|| format!("{package} depends on no {prefix}…")).context(NO_APT)
}

/// The highest number between `prefix` and `suffix` in the names of packages.
pub(crate) fn newest(prefix: &str, suffix: &str) -> Result<u32> {
    let names = read(Command::new("apt-cache").args(["pkgnames", prefix]))?;
    highest(&names, prefix, suffix).with_context(|| format!("{prefix}…{suffix}: {NO_APT}"))
}

fn highest(names: &str, prefix: &str, suffix: &str) -> Option<u32> {
    names.lines().filter_map(|name| name.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok()).max()
}

/// Finds it in what `apt-cache depends` prints: one `Depends: NAME` a line, indented.
fn versioned(depends: &str, prefix: &str) -> Option<String> {
    let mut names = depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let is_version = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    names.find(|name| name.strip_prefix(prefix).is_some_and(is_version)).map(str::to_owned)
}

/// The file that `apt-get download` made of a package: `NAME_VERSION_ARCHITECTURE.deb`.
fn archive(folder: &Path, package: &str) -> Option<PathBuf> {
    let prefix = format!("{package}_");
    entries(folder).ok()?.into_iter().find(|path| {
        path.extension().is_some_and(|extension| extension == "deb") && file_name(path).starts_with(&prefix)
    })
}

/// What a folder holds.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    list.map(|entry| Ok(entry?.path())).collect()
}

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_by_who_depends_on_them() {
        let depends = "libstd-rust-web-1.96\n  Depends: libc6\n  Depends: libllvm21\n  Suggests: libllvm22\n";
        assert_eq!(versioned(depends, "libllvm").as_deref(), Some("libllvm21"));
        assert_eq!(versioned("x\n  Depends: libstd-rust-web-dev\n", "libstd-rust-web-"), None);
    }

    #[test]
    fn the_newest_of_numbered_packages_is_the_one_with_the_highest_number() {
        let names = "libclang-rt-9-dev-wasm32\nlibclang-rt-22-dev-wasm32\nlibclang-rt-23-dev\n";
        assert_eq!(highest(names, "libclang-rt-", "-dev-wasm32"), Some(22));
        assert_eq!(highest("", "libclang-rt-", "-dev-wasm32"), None);
    }

    #[test]
    fn an_archive_is_found_by_the_whole_name_of_its_package() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path();
        fs::create_dir(folder.join("partial")).unwrap();
        fs::write(folder.join("rust-web-src-extra_1.96_all.deb"), "").unwrap();
        assert_eq!(archive(folder, "rust-web-src"), None);
        let whole = folder.join("rust-web-src_1.96_all.deb");
        fs::write(&whole, "").unwrap();
        assert_eq!(archive(folder, "rust-web-src"), Some(whole));
    }
}
