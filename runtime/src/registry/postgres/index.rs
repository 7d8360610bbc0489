//! Which functions are active, without their code.

use super::row::{self, Rejected};
use super::{Mode, Shared};
use crate::registry::{Function, Slug};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};
use std::collections::HashSet;
use std::sync::Arc;

/// How far back a usable version is looked for when the deployed row cannot be used.
const FALLBACK_DEPTH: i64 = 20;

/// The columns of [`row::function`] in a database that has ours.
const FULL: &str =
    "SELECT slug, coalesce(version, 0) AS version, kind, module_sha256, limits, capabilities, auth
    FROM functions.definitions WHERE status = 'active' AND code <> ''";

/// The same from InsForge's columns alone. Empty code counts as missing, as it does in InsForge's runtime.
const UNMODIFIED: &str = "SELECT slug,
        coalesce((extract(epoch FROM updated_at) * 1000000)::bigint, 0) AS version,
        'source' AS kind, sha256(convert_to(code, 'UTF8')) AS module_sha256,
        NULL::jsonb AS limits, NULL::jsonb AS capabilities, NULL::text AS auth
    FROM functions.definitions WHERE status = 'active' AND code <> ''";

fn select(mode: Mode) -> &'static str {
    match mode {
        Mode::Full => FULL,
        Mode::Unmodified => UNMODIFIED,
    }
}

/// Reads every active function and replaces the directory.
pub(super) async fn load_all(
    shared: &Shared,
    connection: &mut PgConnection,
    mode: Mode,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query(select(mode)).fetch_all(&mut *connection).await?;
    let (mut functions, rejected) = sort(&rows)?;
    for row in &rejected {
        functions.extend(last_usable(shared, connection, mode, &row.slug).await?);
    }
    shared.directory.fill(functions);
    shared.set_rejected(rejected, |_| true);
    Ok(())
}

/// Reads some functions again: those that are no longer active leave the directory.
pub(super) async fn load_some(
    shared: &Shared,
    connection: &mut PgConnection,
    mode: Mode,
    slugs: &[String],
) -> Result<(), sqlx::Error> {
    if slugs.is_empty() {
        return Ok(());
    }
    let query = AssertSqlSafe(format!("{} AND slug = ANY($1)", select(mode)));
    let rows = sqlx::query(query).bind(slugs).fetch_all(&mut *connection).await?;
    let (mut functions, rejected) = sort(&rows)?;
    let mut gone: HashSet<&str> = slugs.iter().map(String::as_str).collect();
    for row in &rejected {
        functions.extend(last_usable(shared, connection, mode, &row.slug).await?);
    }
    for function in functions {
        gone.remove(function.slug.as_str());
        shared.directory.upsert(function);
    }
    for slug in gone {
        shared.directory.remove(slug);
    }
    shared.set_rejected(rejected, |slug| slugs.iter().any(|s| s == slug));
    Ok(())
}

fn sort(rows: &[PgRow]) -> Result<(Vec<Arc<Function>>, Vec<Rejected>), sqlx::Error> {
    let (mut functions, mut rejected) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        match row::function(row)? {
            Some(Ok(function)) => functions.push(function),
            Some(Err(row)) => rejected.push(row),
            None => {}
        }
    }
    Ok((functions, rejected))
}

/// What a function stays at whose row cannot be used: what memory holds, or the newest version that can be.
async fn last_usable(
    shared: &Shared,
    connection: &mut PgConnection,
    mode: Mode,
    slug: &Slug,
) -> Result<Option<Arc<Function>>, sqlx::Error> {
    if let crate::registry::Lookup::Found(function) = shared.directory.lookup(slug.as_str()) {
        return Ok(Some(function));
    }
    if mode == Mode::Unmodified {
        return Ok(None);
    }
    let rows = sqlx::query(
        "SELECT slug, version, kind, module_sha256, limits, capabilities, auth
         FROM functions.versions WHERE slug = $1 ORDER BY version DESC LIMIT $2",
    )
    .bind(slug.as_str())
    .bind(FALLBACK_DEPTH)
    .fetch_all(connection)
    .await?;
    Ok(sort(&rows)?.0.into_iter().next())
}

impl Shared {
    /// Replaces what is known of the rejected rows that `concerns` selects, and logs the new ones.
    fn set_rejected(&self, rejected: Vec<Rejected>, concerns: impl Fn(&str) -> bool) {
        let mut status = self.status.lock();
        let known = std::mem::take(&mut status.rejected_functions);
        for row in &rejected {
            let entry = (row.slug.to_string(), row.reason.clone());
            if !known.contains(&entry) {
                tracing::error!(slug = %row.slug, reason = row.reason, "a function stays at its last usable version");
            }
        }
        status.rejected_functions = known.into_iter().filter(|(slug, _)| !concerns(slug)).collect();
        status.rejected_functions.extend(rejected.into_iter().map(|row| (row.slug.to_string(), row.reason)));
    }
}
