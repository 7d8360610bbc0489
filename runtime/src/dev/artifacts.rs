//! Builds what paths on a command line name, once.

use super::build::Builder;
use super::deploy::Artifact;
use super::project::{self, Code};
use crate::config::Variables;
use crate::registry::Slug;
use std::io;
use std::path::{Path, PathBuf};

/// A function that was asked for.
pub struct Built {
    /// Its name.
    pub slug: Slug,
    /// The file that somebody wrote, of a source.
    pub file: Option<PathBuf>,
    /// Its code, or why there is none.
    pub artifact: Result<Artifact, String>,
}

/// Builds the function at `path`, or the functions of the folder at `path`.
///
/// # Errors
/// Where there is nothing that looks like a function.
pub async fn artifacts(path: &Path, variables: &Variables) -> io::Result<Vec<Built>> {
    let project = project::named(path)?;
    if let Some(refused) = project.refused.first() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, refused.to_string()));
    }
    let artifacts = Builder::new(variables.clone()).build(&project.entries, None).await;
    let built = project.entries.into_iter().zip(artifacts);
    Ok(built
        .map(|(entry, artifact)| {
            let file = match entry.code {
                Code::Source(file) => Some(file),
                Code::Crate(_) | Code::Component(_) => None,
            };
            Built { slug: entry.slug, file, artifact }
        })
        .collect())
}

/// The sources and components among what `path` names: a file, a function's folder, or a folder of functions. Crates are
/// cargo's to check.
///
/// # Errors
/// Where there is nothing that looks like a function.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let project = project::named(path)?;
    if let Some(refused) = project.refused.first() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, refused.to_string()));
    }
    let file = |entry: project::Entry| match entry.code {
        Code::Source(file) | Code::Component(file) => Some(file),
        Code::Crate(_) => None,
    };
    Ok(project.entries.into_iter().filter_map(file).collect())
}
