//! From the entries of folders to what is deployed, doing again only what a change asks for.

use super::deploy::Artifact;
use super::guest_build;
use super::project::{Code, Entry};
use crate::author::{self, Bundler, Prepared, is_source};
use crate::config::Variables;
use futures_util::{StreamExt, stream};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Functions that are read at once; one process bundles them, one after the other.
const CONCURRENT: usize = 4;

/// Builds functions, and remembers what they were made of.
pub(super) struct Builder {
    bundler: Bundler,
    crates: HashMap<PathBuf, Result<PathBuf, String>>,
    sources: HashMap<PathBuf, Source>,
}

/// A source that has been prepared.
struct Source {
    stamp: Stamp,
    code: String,
}

/// Files with their times and lengths; `None` where one is not there.
#[derive(PartialEq, Eq)]
struct Stamp(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl Stamp {
    fn of(files: Vec<PathBuf>) -> Self {
        let state = |file: &Path| {
            let metadata = fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Self(files.into_iter().map(|file| (file.clone(), state(&file))).collect())
    }

    fn holds(&self) -> bool {
        let now = Self::of(self.0.iter().map(|(file, _)| file.clone()).collect());
        *self == now && self.0.iter().all(|(_, state)| state.is_some())
    }
}

impl Builder {
    pub(super) fn new(variables: Variables) -> Self {
        Self { bundler: Bundler::new(variables), crates: HashMap::new(), sources: HashMap::new() }
    }

    /// The artifacts of all entries, in their order. `changed` are the files that were saved since the last time, all
    /// of them where that is not known.
    pub(super) async fn build(
        &mut self,
        entries: &[Entry],
        changed: Option<&BTreeSet<PathBuf>>,
    ) -> Vec<Result<Artifact, String>> {
        self.build_crates(entries, changed).await;
        self.prepare_sources(entries)
            .await
            .into_iter()
            .zip(entries)
            .map(|(source, entry)| {
                let component = |path: &PathBuf| {
                    fs::read(path).map(|bytes| Artifact::Component(bytes.into())).map_err(|e| e.to_string())
                };
                match (&entry.code, source) {
                    (_, Some(source)) => source.map(Artifact::Source),
                    (Code::Crate(folder), None) => match self.crates.get(folder) {
                        Some(Ok(path)) => component(path),
                        Some(Err(problem)) => Err(problem.clone()),
                        None => Err("it was not built".to_owned()),
                    },
                    (Code::Component(path) | Code::Source(path), None) => component(path),
                }
            })
            .collect()
    }

    /// Asking cargo takes a while, so it is asked only about what may concern it.
    async fn build_crates(&mut self, entries: &[Entry], changed: Option<&BTreeSet<PathBuf>>) {
        let crates: Vec<PathBuf> = entries
            .iter()
            .filter_map(|entry| match &entry.code {
                Code::Crate(folder) => Some(folder.clone()),
                Code::Component(_) | Code::Source(_) => None,
            })
            .collect();
        let concerns = |path: &PathBuf| concerns_cargo(path, &crates);
        let known = crates.iter().all(|folder| self.crates.contains_key(folder));
        if known && changed.is_some_and(|changed| !changed.iter().any(concerns)) {
            return;
        }
        self.crates = guest_build::build(&crates).await;
    }

    /// For each entry that is a source: its code, or why there is none.
    async fn prepare_sources(&mut self, entries: &[Entry]) -> Vec<Option<Result<String, String>>> {
        let stale: Vec<PathBuf> =
            entries.iter().filter_map(source_of).filter(|path| !self.is_current(path)).collect();
        let bundler = &self.bundler;
        let prepare = stale.into_iter().map(|path| async move {
            let prepared = author::prepare(&path, bundler).await;
            (path, prepared)
        });
        let jobs: Vec<_> = prepare.collect();
        let prepared: Vec<_> = stream::iter(jobs).buffer_unordered(CONCURRENT).collect().await;
        let mut failed = HashMap::new();
        for (path, prepared) in prepared {
            match prepared {
                Ok(Prepared { code, inputs }) => {
                    self.sources.insert(path, Source { stamp: Stamp::of(inputs), code });
                }
                Err(error) => {
                    self.sources.remove(&path);
                    failed.insert(path, error.to_string());
                }
            }
        }
        let mut code = |path: PathBuf| match (failed.remove(&path), self.sources.get(&path)) {
            (None, Some(source)) => Ok(source.code.clone()),
            (problem, _) => Err(problem.unwrap_or_default()),
        };
        entries.iter().map(|entry| source_of(entry).map(&mut code)).collect()
    }

    fn is_current(&self, path: &Path) -> bool {
        self.sources.get(path).is_some_and(|source| source.stamp.holds())
    }
}

fn source_of(entry: &Entry) -> Option<PathBuf> {
    match &entry.code {
        Code::Source(path) => Some(path.clone()),
        Code::Crate(_) | Code::Component(_) => None,
    }
}

/// Whether a change of `path` may be one of what `crates` are built from, which need not lie within them. Many editors
/// write a file beside the one that they save, and rename it: what is gone again was no part of a crate.
fn concerns_cargo(path: &Path, crates: &[PathBuf]) -> bool {
    crates.iter().any(|folder| is_within(path, folder)) || !is_source(path) && path.exists()
}

/// Whether a path is in a folder. What the watch reports is absolute, what the command line names need not be.
fn is_within(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder) || folder.canonicalize().is_ok_and(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_an_editor_saves_by_renaming_does_not_make_cargo_build() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        fs::create_dir(at("greet")).unwrap();
        fs::write(at("shared.toml"), "").unwrap();
        let crates = [at("greet")];
        for (path, expected) in
            [("hello.ts", false), ("sedQx3f", false), ("greet/src/gone.rs", true), ("shared.toml", true)]
        {
            assert_eq!(concerns_cargo(&at(path), &crates), expected, "{path}");
        }
    }
}
