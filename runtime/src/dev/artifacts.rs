//! Builds what paths on a command line name, once.

use super::build::Builder;
use super::deploy::Artifact;
use super::project;
use crate::config::Variables;
use crate::registry::Slug;
use std::io;
use std::path::Path;

/// A function that was asked for.
pub struct Built {
    /// Its name.
    pub slug: Slug,
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
    Ok(built.map(|(entry, artifact)| Built { slug: entry.slug, artifact }).collect())
}
