//! Sealed machine code that nodes leave for each other (L3). Whoever reads it checks the seal.

use crate::registry::ArtifactKey;
use bytes::Bytes;
use sqlx::PgPool;

/// The largest artifact that is shared; a larger one is compiled by every node.
const MAX_BYTES: usize = 512 * 1024 * 1024;

pub(super) async fn read(pool: &PgPool, key: &ArtifactKey) -> Result<Option<Bytes>, sqlx::Error> {
    let sealed: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT sealed FROM functions.artifacts WHERE module_sha256 = $1 AND engine_key = $2",
    )
    .bind(key.module.as_bytes().as_slice())
    .bind(key.engine.as_slice())
    .fetch_optional(pool)
    .await?;
    Ok(sealed.map(Bytes::from))
}

/// Replaces what is there: an artifact whose seal did not fit is written anew.
pub(super) async fn write(pool: &PgPool, key: &ArtifactKey, sealed: &[u8]) -> Result<(), sqlx::Error> {
    if sealed.len() > MAX_BYTES {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO functions.artifacts (module_sha256, engine_key, sealed) VALUES ($1, $2, $3)
         ON CONFLICT (module_sha256, engine_key)
            DO UPDATE SET sealed = EXCLUDED.sealed, created_at = now()",
    )
    .bind(key.module.as_bytes().as_slice())
    .bind(key.engine.as_slice())
    .bind(sealed)
    .execute(pool)
    .await
    .map(drop)
}
