//! Which functions are active, without their code.

use super::row::{self, Rejected};
use super::{Mode, Shared};
use crate::registry::{Entry, Function, Share, Slug};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How far back a usable version is looked for when the deployed row cannot be used.
const FALLBACK_DEPTH: i64 = 20;

/// What is live and what shares its requests, read in one moment: a canary has a `percent`. The two conditions are for a
/// choice of slugs.
fn select(mode: Mode, chosen: &str) -> String {
    match mode {
        Mode::Full => format!(
            "SELECT d.slug, coalesce(d.version, 0) AS version, d.kind, d.module_sha256, d.limits, d.capabilities, d.auth,
                NULL::smallint AS percent
            FROM functions.definitions d WHERE d.status = 'active' AND d.code <> '' {chosen}
            UNION ALL
            SELECT v.slug, v.version, v.kind, v.module_sha256, v.limits, v.capabilities, v.auth, d.percent
            FROM functions.traffic d JOIN functions.versions v ON v.slug = d.slug AND v.version = d.version
            WHERE v.build IS DISTINCT FROM 'bad' {chosen}"
        ),
        // From InsForge's columns alone. Empty code counts as missing, as it does in InsForge's runtime.
        Mode::Unmodified => format!(
            "SELECT d.slug, coalesce((extract(epoch FROM d.updated_at) * 1000000)::bigint, 0) AS version,
                'source' AS kind, sha256(convert_to(d.code, 'UTF8')) AS module_sha256,
                NULL::jsonb AS limits, NULL::jsonb AS capabilities, NULL::text AS auth, NULL::smallint AS percent
            FROM functions.definitions d WHERE d.status = 'active' AND d.code <> '' {chosen}"
        ),
    }
}

/// Reads every active function and replaces the directory.
pub(super) async fn load_all(
    shared: &Shared,
    connection: &mut PgConnection,
    mode: Mode,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query(AssertSqlSafe(select(mode, ""))).fetch_all(&mut *connection).await?;
    let Sorted { mut live, canaries, rejected } = Sorted::of(&rows)?;
    for row in &rejected {
        live.extend(last_usable(shared, connection, mode, &row.slug).await?);
    }
    shared.directory.fill(entries(live, canaries));
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
    let query = AssertSqlSafe(select(mode, "AND d.slug = ANY($1)"));
    let rows = sqlx::query(query).bind(slugs).fetch_all(&mut *connection).await?;
    let Sorted { mut live, canaries, rejected } = Sorted::of(&rows)?;
    let mut gone: HashSet<&str> = slugs.iter().map(String::as_str).collect();
    for row in &rejected {
        live.extend(last_usable(shared, connection, mode, &row.slug).await?);
    }
    for entry in entries(live, canaries) {
        gone.remove(entry.live.slug.as_str());
        shared.directory.upsert(entry);
    }
    for slug in gone {
        shared.directory.remove(slug);
    }
    shared.set_rejected(rejected, |slug| slugs.iter().any(|s| s == slug));
    Ok(())
}

/// What rows turned out to be.
#[derive(Default)]
struct Sorted {
    live: Vec<Arc<Function>>,
    canaries: HashMap<Slug, Share>,
    rejected: Vec<Rejected>,
}

impl Sorted {
    fn of(rows: &[PgRow]) -> Result<Self, sqlx::Error> {
        let mut sorted = Self::default();
        for row in rows {
            let percent: Option<i16> = row.try_get("percent")?;
            match (row::function(row)?, percent.map(u8::try_from)) {
                (Some(Ok(function)), None) => sorted.live.push(function),
                (Some(Ok(function)), Some(percent)) => {
                    let share = Share { function: function.clone(), percent: percent.unwrap_or(0) };
                    sorted.canaries.insert(function.slug.clone(), share);
                }
                (Some(Err(row)), None) => sorted.rejected.push(row),
                (Some(Err(row)), Some(_)) => {
                    tracing::error!(slug = %row.slug, reason = row.reason, "a canary gets no requests");
                }
                (None, _) => {}
            }
        }
        Ok(sorted)
    }
}

/// Functions with their canaries. One of a function that is not active has nothing to stand beside.
fn entries(live: Vec<Arc<Function>>, mut canaries: HashMap<Slug, Share>) -> impl Iterator<Item = Entry> {
    live.into_iter().map(move |live| {
        let canary = canaries.remove(&live.slug).filter(|share| share.function.version != live.version);
        Entry { live, canary }
    })
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
        "SELECT slug, version, kind, module_sha256, limits, capabilities, auth, NULL::smallint AS percent
         FROM functions.versions WHERE slug = $1 ORDER BY version DESC LIMIT $2",
    )
    .bind(slug.as_str())
    .bind(FALLBACK_DEPTH)
    .fetch_all(connection)
    .await?;
    Ok(Sorted::of(&rows)?.live.into_iter().next())
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
