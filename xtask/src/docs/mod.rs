//! `cargo xtask docs`: renders the platform's interfaces, `host-api/wit`, into `docs/platform-api.md`.

mod render;

use crate::command::say;
use crate::paths;
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup};

const PREFACE: &str = "\
These are the imports that the platform adds to WASI's. SDKs wrap them; a component in any language may import them
directly. A component that imports only what is here and in WASI links on every node, whatever its operator has set up:
a service that is not there answers with the error `unavailable`, one that a function is not granted with
`not-granted`.

Of WASI, versions 0.2 and 0.3 are there, `wasi:http` included, and beyond them `wasi:config@0.2.0-rc.1`,
`wasi:keyvalue@0.2.0-draft` and `wasi:logging@0.1.0-draft`.

This page is rendered from `host-api/wit` by `cargo xtask docs`.
";

/// `cargo xtask docs`
pub(crate) fn main() -> Result<()> {
    let page = page();
    fs::write(&page, rendered(&wit())?).with_context(|| page.display().to_string())?;
    say(format_args!("wrote {}", page.display()));
    Ok(())
}

fn wit() -> PathBuf {
    paths::root().join("host-api/wit")
}

fn page() -> PathBuf {
    paths::root().join("docs/platform-api.md")
}

/// The page about the package in `folder`.
fn rendered(folder: &Path) -> Result<String> {
    let mut resolve = Resolve::default();
    let dependencies = entries(&folder.join("deps"))?.into_iter().map(|folder| parsed(&folder));
    let dependencies = dependencies.collect::<Result<_>>()?;
    let id =
        resolve.push_groups(parsed(folder)?, dependencies).with_context(|| folder.display().to_string())?;
    let package = resolve.packages.get(id).context("the package was not kept")?;
    let mut interfaces: Vec<_> = package.interfaces.iter().collect();
    interfaces.sort_by_key(|(name, _)| name.as_str());

    let mut page = format!("# The platform's interfaces\n\nPackage `{}`.\n\n{PREFACE}", package.name);
    page.push_str("\n| interface | |\n|---|---|\n");
    let mut sections = String::new();
    for (name, id) in interfaces {
        let interface = resolve.interfaces.get(*id).context("an interface was not kept")?;
        writeln!(page, "| [`{name}`](#{name}) | {} |", render::summary(&interface.docs))?;
        sections.push_str(&render::interface(&resolve, *id, interface)?);
    }
    Ok(page + &sections)
}

/// The package whose files are in `folder`.
fn parsed(folder: &Path) -> Result<UnresolvedPackageGroup> {
    let mut sources = SourceMap::new();
    for file in entries(folder)?.iter().filter(|path| path.extension().is_some_and(|e| e == "wit")) {
        let name = file.display().to_string();
        sources.push_str(&name, fs::read_to_string(file).context(name.clone())?);
    }
    sources.parse().map_err(|(sources, error)| anyhow::anyhow!("{}", error.render(&sources)))
}

/// What is in a folder, sorted; nothing, where there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_interfaces_say() {
        let page = fs::read_to_string(page()).unwrap();
        assert!(page == rendered(&wit()).unwrap(), "docs/platform-api.md is stale: run `cargo xtask docs`");
    }

    #[test]
    fn everything_that_an_interface_can_hold_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let text = include_str!("sample.wit");
        fs::write(folder.path().join("sample.wit"), text).unwrap();
        let page = rendered(folder.path()).unwrap();
        let (_, sections) = page.split_once("|---|---|\n").unwrap();
        assert_eq!(sections, include_str!("sample.md"), "{sections}");
    }
}
