//! What there is to deploy: the entries of folders such as `functions/` and `examples/`.

use crate::author::{index_of, is_source, slug_of};
use crate::registry::Slug;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One function of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slug: Slug,
    pub(super) code: Code,
}

/// How its code is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// A Rust crate: the folder that holds `Cargo.toml`.
    Crate(PathBuf),
    /// A `.wasm` file.
    Component(PathBuf),
    /// A file in JavaScript or TypeScript.
    Source(PathBuf),
}

impl Code {
    fn path(&self) -> &Path {
        match self {
            Self::Crate(path) | Self::Component(path) | Self::Source(path) => path,
        }
    }
}

/// An entry that looks like a function and is not deployed.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}", path = path.display())]
pub(super) struct Refused {
    path: PathBuf,
    problem: String,
}

/// What the folders hold, in the order of their slugs.
#[derive(Debug, Default)]
pub(super) struct Project {
    pub(super) entries: Vec<Entry>,
    pub(super) refused: Vec<Refused>,
}

/// Lists the functions in `dirs`. A folder with a `Cargo.toml` or an `index` in JavaScript or TypeScript is one, and so
/// is a file that is a component, JavaScript or TypeScript; they are named after themselves. Everything else is not
/// looked at. Of two with one name, the first is taken.
pub(super) fn discover(dirs: &[PathBuf]) -> io::Result<Project> {
    let mut found: BTreeMap<String, Entry> = BTreeMap::new();
    let mut refused = Vec::new();
    for dir in dirs {
        for path in sorted(dir)? {
            let Some((name, code)) = recognise(&path) else { continue };
            let problem = match Slug::parse(&name) {
                Err(error) => error.to_string(),
                Ok(slug) if slug.is_reserved() => format!("the name {name} is reserved"),
                Ok(slug) => match found.get(&name) {
                    Some(first) => format!("{} is named {name} too", first.code.path().display()),
                    None => {
                        found.insert(name, Entry { slug, code });
                        continue;
                    }
                },
            };
            refused.push(Refused { path, problem });
        }
    }
    Ok(Project { entries: found.into_values().collect(), refused })
}

fn sorted(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<PathBuf>> = fs::read_dir(dir)?.map(|entry| entry.map(|e| e.path())).collect();
    let mut entries = entries?;
    entries.sort();
    Ok(entries)
}

fn recognise(path: &Path) -> Option<(String, Code)> {
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let name = text(path.file_name()?);
    if name.starts_with('.') || name == "node_modules" {
        return None;
    }
    if path.is_dir() {
        return code_of_folder(path).map(|code| (name, code));
    }
    let stem = text(path.file_stem()?);
    let is_test = [".test", ".spec", ".config"].iter().any(|ending| stem.ends_with(ending));
    code_of_file(path).filter(|_| !is_test).map(|code| (stem, code))
}

fn code_of_folder(path: &Path) -> Option<Code> {
    match path.join("Cargo.toml").is_file() {
        true => Some(Code::Crate(path.to_owned())),
        false => index_of(path).map(Code::Source),
    }
}

fn code_of_file(path: &Path) -> Option<Code> {
    let is_component = path.extension().is_some_and(|extension| extension == "wasm");
    match is_component {
        true => Some(Code::Component(path.to_owned())),
        false => is_source(path).then(|| Code::Source(path.to_owned())),
    }
}

/// The functions that a path on a command line means: itself, or what is in the folder.
pub(super) fn named(path: &Path) -> io::Result<Project> {
    let code = if path.is_dir() { code_of_folder(path) } else { code_of_file(path) };
    let Some(code) = code else {
        return match path.is_dir() {
            true => discover(&[path.to_owned()]),
            false => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is neither a component nor JavaScript or TypeScript",
            )),
        };
    };
    match slug_of(path) {
        Some(slug) => Ok(Project { entries: vec![Entry { slug, code }], refused: Vec::new() }),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> (tempfile::TempDir, Project) {
        let temp = tempfile::tempdir().unwrap();
        for file in files {
            let path = temp.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let project = discover(&[temp.path().join("functions")]).unwrap();
        (temp, project)
    }

    #[test]
    fn crates_components_and_sources_are_named_after_themselves() {
        let (temp, project) = project(&[
            "functions/beta/Cargo.toml",
            "functions/gamma.wasm",
            "functions/alpha.ts",
            "functions/delta_1.js",
            "functions/README.md",
            "functions/types.d.ts",
            "functions/.hidden.js",
            "functions/data/table.csv",
            "functions/epsilon/index.ts",
            "functions/epsilon/part.ts",
            "functions/alpha.test.ts",
            "functions/node_modules/index.js",
        ]);
        let at = |file: &str| temp.path().join("functions").join(file);
        let expected = [
            ("alpha", Code::Source(at("alpha.ts"))),
            ("beta", Code::Crate(at("beta"))),
            ("delta_1", Code::Source(at("delta_1.js"))),
            ("epsilon", Code::Source(at("epsilon/index.ts"))),
            ("gamma", Code::Component(at("gamma.wasm"))),
        ];
        let found: Vec<_> = project.entries.into_iter().map(|e| (e.slug.to_string(), e.code)).collect();
        assert_eq!(found, expected.map(|(slug, code)| (slug.to_owned(), code)));
        assert!(project.refused.is_empty());
    }

    #[test]
    fn names_that_cannot_be_slugs_are_refused_with_the_reason() {
        let (_temp, project) = project(&[
            "functions/health.js",
            "functions/not a slug.js",
            "functions/twice.js",
            "functions/twice.wasm",
        ]);
        assert_eq!(project.entries.len(), 1);
        let refused: Vec<String> = project.refused.iter().map(ToString::to_string).collect();
        assert!(refused[0].ends_with("health.js: the name health is reserved"), "{refused:?}");
        assert!(refused[1].contains("found ' '"), "{refused:?}");
        assert!(refused[2].contains("twice.wasm: ") && refused[2].ends_with("twice.js is named twice too"));
    }
}
