//! A function's history, as the admin API shows it.

use super::releases::missing;
use super::write_error::WriteError;
use super::{Shared, reader, row};
use crate::registry::{Version, VersionEntry, VersionPage};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

/// One row at least for a function that exists, whatever its history has been cut down to.
const HISTORY: &str =
    "SELECT v.version, v.kind, v.module_sha256, v.module_size, v.limits, v.capabilities, v.auth,
        v.created_at, v.created_by, v.build, v.build_error,
        d.version AS live, t.version AS canary, t.percent
    FROM functions.definitions d
    LEFT JOIN functions.traffic t ON t.slug = d.slug
    LEFT JOIN functions.versions v ON v.slug = d.slug AND v.version < coalesce($2, 9223372036854775807)
    WHERE d.slug = $1 ORDER BY v.version DESC NULLS LAST LIMIT $3";

/// The versions below one, or the newest, and no more than `limit` of them.
pub(super) async fn page(
    shared: &Shared,
    slug: &str,
    below: Option<Version>,
    limit: usize,
) -> Result<VersionPage, WriteError> {
    shared.require_versions()?;
    reader::within(async {
        let mut connection = shared.pool.acquire().await?;
        Ok(VersionPage::of(entries(&mut connection, slug, below, limit).await?, limit))
    })
    .await
}

/// One version.
pub(super) async fn one(shared: &Shared, slug: &str, version: Version) -> Result<VersionEntry, WriteError> {
    shared.require_versions()?;
    reader::within(async {
        let mut connection = shared.pool.acquire().await?;
        let entries = entries(&mut connection, slug, Some(version.saturating_add(1)), 1).await?;
        match VersionPage::of(entries, 1).entries.pop() {
            Some(entry) if entry.version == version => Ok(entry),
            _ => Err(missing(&mut connection, slug, version).await),
        }
    })
    .await
}

/// One more than `limit`, where there is: the last one shows what the one before it changed.
async fn entries(
    connection: &mut PgConnection,
    slug: &str,
    below: Option<Version>,
    limit: usize,
) -> Result<Vec<VersionEntry>, WriteError> {
    let more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let query = sqlx::query(HISTORY).bind(slug).bind(below).bind(more);
    let rows = query.fetch_all(connection).await?;
    if rows.is_empty() {
        return Err(WriteError::NotFound);
    }
    Ok(rows.iter().filter_map(|row| entry(row).transpose()).collect::<Result<_, sqlx::Error>>()?)
}

fn entry(row: &PgRow) -> Result<Option<VersionEntry>, sqlx::Error> {
    let Some(version): Option<Version> = row.try_get("version")? else { return Ok(None) };
    let (kind, module) = row::kind_and_hash(row)?;
    let live = row.try_get::<Option<Version>, _>("live")? == Some(version);
    let canary: Option<Version> = row.try_get("canary")?;
    let percent: Option<i16> = row.try_get("percent")?;
    let percent = percent.and_then(|percent| u8::try_from(percent).ok()).unwrap_or(0);
    Ok(Some(VersionEntry {
        version,
        kind,
        module,
        size: row.try_get("module_size")?,
        limits: row.try_get("limits")?,
        capabilities: row.try_get("capabilities")?,
        auth: row::parse_auth(row.try_get("auth")?).unwrap_or_default(),
        created_at: row.try_get("created_at")?,
        created_by: row.try_get("created_by")?,
        build: row.try_get("build")?,
        build_error: row.try_get("build_error")?,
        live,
        percent: match live {
            true => 100_u8.saturating_sub(percent),
            false if canary == Some(version) => percent,
            false => 0,
        },
        changes: Vec::new(),
    }))
}
