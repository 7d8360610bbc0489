//! What `dev` asks of the platform: take this function.

use crate::compile::{BuildError, Loader};
use crate::registry::{
    Author, Code, Definition, Expected, ModuleHash, PostgresRegistry, Settings, Slug, Upload,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// The code of one function, as it is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// A WebAssembly component.
    Component(Bytes),
    /// JavaScript or TypeScript source.
    Source(String),
}

impl Artifact {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Component(bytes) => bytes,
            Self::Source(text) => text.as_bytes(),
        }
    }
}

/// What a deploy has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// The function is new or has new code.
    Changed,
    /// The registry held this code already.
    Unchanged,
}

/// Why a function was not taken, for its author.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The code does not compile.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It could not be stored.
    #[error("{0}")]
    Store(String),
}

impl DeployError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self::Store(error.to_string())
    }
}

/// Stores functions and makes them answer. What was there before keeps serving when it fails.
#[async_trait]
pub trait Deploy: Send + Sync {
    /// Deploys `artifact` as `slug`, and returns when the next request will run it.
    ///
    /// # Errors
    /// [`DeployError`], when the code is refused or cannot be stored.
    async fn deploy(&self, slug: &Slug, artifact: Artifact) -> Result<Deployed, DeployError>;
}

/// Deploys to a node's own registry, without HTTP between.
pub struct RegistryDeploy {
    /// Where functions are stored.
    pub registry: PostgresRegistry,
    /// Checks code, and keeps them warm for their first request.
    pub loader: Arc<Loader>,
}

#[async_trait]
impl Deploy for RegistryDeploy {
    async fn deploy(&self, slug: &Slug, artifact: Artifact) -> Result<Deployed, DeployError> {
        let admitted = match &artifact {
            Artifact::Component(module) => self.loader.admit(module.clone()).await,
            Artifact::Source(text) => self.loader.admit_source(text.clone().into()).await,
        };
        admitted?;
        let stored = self.registry.get(slug.as_str()).await.map_err(DeployError::new)?;
        if stored.is_some_and(|stored| holds(&stored, &artifact)) {
            return Ok(Deployed::Unchanged);
        }
        let code = match artifact {
            Artifact::Component(module) => Code::Component(module),
            Artifact::Source(text) => Code::Source(text),
        };
        let author = Author { actor: "dev".to_owned(), ip: None };
        let upload = Upload { code, settings: Settings::default(), status: None };
        let deployed = self.registry.deploy(slug, upload, &Expected::Anything, &author).await;
        deployed.map_err(DeployError::new)?;
        Ok(Deployed::Changed)
    }
}

/// Whether a stored function has this code already: a start changes nothing that is as it was.
fn holds(stored: &Definition, artifact: &Artifact) -> bool {
    match (artifact, &stored.deployed) {
        (_, Some(deployed)) => deployed.module == ModuleHash::of(artifact.bytes()),
        (Artifact::Source(text), None) => stored.code.as_ref() == Some(text),
        (Artifact::Component(_), None) => false,
    }
}
