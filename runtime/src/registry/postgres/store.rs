//! Module bytes, builds and machine code for the compiler.

use super::connect::is_unavailable;
use super::{Mode, Shared, artifacts, row};
use crate::registry::{ArtifactKey, Function, ModuleHash, ModuleStore, StoreError, Version};
use async_trait::async_trait;
use bytes::Bytes;
use sqlx::Row;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long one read or write of bytes may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[async_trait]
impl ModuleStore for Shared {
    async fn module(&self, function: &Function) -> Result<Bytes, StoreError> {
        let bytes = self.ask(module_bytes(self, function)).await?;
        // The row may have changed since the directory was read; those bytes are another deploy's.
        match bytes {
            Some(bytes) if ModuleHash::of(&bytes) == function.module => Ok(Bytes::from(bytes)),
            _ => Err(StoreError::Missing(function.module)),
        }
    }

    async fn last_good(&self, function: &Function) -> Result<Option<Arc<Function>>, StoreError> {
        if self.mode() != Some(Mode::Full) {
            return Ok(None);
        }
        let query = sqlx::query(
            "SELECT slug, version, kind, module_sha256, limits, capabilities, auth FROM functions.versions
             WHERE slug = $1 AND version < $2 AND build = 'good' ORDER BY version DESC LIMIT 1",
        )
        .bind(function.slug.as_str())
        .bind(function.version);
        let row = self.ask(query.fetch_optional(&self.pool)).await?;
        match row.as_ref().map(row::function).transpose() {
            Ok(found) => Ok(found.flatten().and_then(Result::ok)),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    async fn version(&self, slug: &str, version: Version) -> Result<Option<Arc<Function>>, StoreError> {
        if self.mode() != Some(Mode::Full) {
            return Err(StoreError::Unsupported);
        }
        let query = sqlx::query(
            "SELECT v.slug, v.version, v.kind, v.module_sha256, v.limits, v.capabilities, v.auth,
                m.sha256 IS NOT NULL AS kept
             FROM functions.definitions d JOIN functions.versions v ON v.slug = d.slug
             LEFT JOIN functions.modules m ON m.slug = v.slug AND m.sha256 = v.module_sha256
             WHERE d.slug = $1 AND v.version = $2",
        )
        .bind(slug)
        .bind(version);
        let Some(row) = self.ask(query.fetch_optional(&self.pool)).await? else { return Ok(None) };
        let read = || Ok::<_, sqlx::Error>((row::function(&row)?, row.try_get("kept")?));
        match read() {
            Ok((Some(Ok(function)), true)) => Ok(Some(function)),
            Ok((Some(Ok(function)), false)) => Err(StoreError::Missing(function.module)),
            Ok((Some(Err(_)) | None, _)) => Ok(None),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    async fn record_build(&self, function: &Function, error: Option<&str>) -> Result<(), StoreError> {
        if self.mode() != Some(Mode::Full) {
            return Ok(());
        }
        let build = if error.is_none() { "good" } else { "bad" };
        let query = sqlx::query(
            "UPDATE functions.versions SET build = $3, build_error = $4, built_at = now()
             WHERE slug = $1 AND version = $2
                AND (build IS DISTINCT FROM $3 OR build_error IS DISTINCT FROM $4)",
        )
        .bind(function.slug.as_str())
        .bind(function.version)
        .bind(build)
        .bind(error);
        self.ask(query.execute(&self.pool)).await.map(drop)
    }

    async fn artifact(&self, key: &ArtifactKey) -> Result<Option<Bytes>, StoreError> {
        if self.mode() != Some(Mode::Full) {
            return Ok(None);
        }
        self.ask(artifacts::read(&self.pool, key)).await
    }

    async fn put_artifact(&self, key: &ArtifactKey, sealed: Bytes) -> Result<(), StoreError> {
        if self.mode() != Some(Mode::Full) {
            return Ok(());
        }
        self.ask(artifacts::write(&self.pool, key, &sealed)).await
    }
}

async fn module_bytes(shared: &Shared, function: &Function) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let query = match shared.mode() {
        Some(Mode::Full) => {
            sqlx::query_scalar("SELECT bytes FROM functions.modules WHERE slug = $1 AND sha256 = $2")
                .bind(function.slug.as_str())
                .bind(function.module.as_bytes().as_slice())
        }
        _ => sqlx::query_scalar("SELECT convert_to(code, 'UTF8') FROM functions.definitions WHERE slug = $1")
            .bind(function.slug.as_str()),
    };
    query.fetch_optional(&shared.pool).await
}

impl Shared {
    /// Waits for an answer, but neither for a database that is known to be away nor for ever.
    async fn ask<T>(&self, query: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
        if !self.is_connected() {
            let error = self.status.lock().last_error.clone();
            return Err(StoreError::Unavailable(error.unwrap_or_else(|| "not connected yet".to_owned())));
        }
        match timeout(PATIENCE, query).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                if !is_unavailable(&error) {
                    tracing::error!(%error, "the registry's query failed");
                }
                Err(StoreError::Unavailable(error.to_string()))
            }
            Err(_) => Err(StoreError::Unavailable("no answer in time".to_owned())),
        }
    }
}
