//! What the admin API reads, straight from the tables.

use super::write_error::WriteError;
use super::{Mode, Shared, row};
use crate::registry::{Canary, Definition, Deployed};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// How long the database may take over one request of the admin API.
const PATIENCE: Duration = Duration::from_secs(30);

/// The columns of [`definition`] that every database has.
pub(super) const COLUMNS: &str = "id, slug, name, description, status, created_at, updated_at, deployed_at";
/// The columns of [`deployed`]. A length is known without reading the value.
pub(super) const OURS: &str = "kind, version, module_sha256, limits, capabilities, auth,
    coalesce(octet_length(module), octet_length(code))::bigint AS size";

/// The columns to select in a database of this mode, with or without the code.
pub(super) fn columns(mode: Mode, code: bool) -> String {
    let code = if code { "code" } else { "NULL::text AS code" };
    match mode {
        Mode::Full => format!("{COLUMNS}, {code}, {OURS}"),
        Mode::Unmodified => format!("{COLUMNS}, {code}"),
    }
}

pub(super) async fn list(shared: &Shared) -> Result<Vec<Definition>, WriteError> {
    let mode = shared.require()?;
    let columns = columns(mode, false);
    let query = AssertSqlSafe(format!(
        "SELECT {columns} FROM functions.definitions ORDER BY created_at DESC NULLS LAST, slug"
    ));
    let rows = within(async { Ok(sqlx::query(query).fetch_all(&shared.pool).await?) }).await?;
    rows.iter().map(|row| definition(row, mode).map_err(WriteError::from)).collect()
}

pub(super) async fn get(shared: &Shared, slug: &str) -> Result<Option<Definition>, WriteError> {
    let mode = shared.require()?;
    within(async { find(&mut *shared.pool.acquire().await?, mode, slug).await }).await
}

/// One function as the connection sees it.
pub(super) async fn find(
    connection: &mut PgConnection,
    mode: Mode,
    slug: &str,
) -> Result<Option<Definition>, WriteError> {
    let columns = columns(mode, true);
    let query = AssertSqlSafe(format!("SELECT {columns} FROM functions.definitions WHERE slug = $1"));
    let row = sqlx::query(query).bind(slug).fetch_optional(&mut *connection).await?;
    let Some(row) = row else { return Ok(None) };
    let mut found = definition(&row, mode)?;
    canary(connection, &mut found).await?;
    Ok(Some(found))
}

/// Completes a definition by who shares its requests.
pub(super) async fn canary(
    connection: &mut PgConnection,
    definition: &mut Definition,
) -> Result<(), WriteError> {
    let Some(deployed) = &mut definition.deployed else { return Ok(()) };
    let query = sqlx::query("SELECT version, percent FROM functions.traffic WHERE slug = $1");
    let row = query.bind(&definition.slug).fetch_optional(connection).await?;
    deployed.canary = row.as_ref().map(share).transpose()?;
    Ok(())
}

/// Reads the columns `version` and `percent`.
fn share(row: &PgRow) -> Result<Canary, sqlx::Error> {
    let percent: i16 = row.try_get("percent")?;
    Ok(Canary { version: row.try_get("version")?, percent: u8::try_from(percent).unwrap_or(0) })
}

/// Reads the columns that [`columns`] names.
pub(super) fn definition(row: &PgRow, mode: Mode) -> Result<Definition, sqlx::Error> {
    Ok(Definition {
        id: row.try_get("id")?,
        slug: row.try_get("slug")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        code: row.try_get("code")?,
        status: row.try_get::<Option<String>, _>("status")?.unwrap_or_else(|| "draft".to_owned()),
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        deployed_at: row.try_get("deployed_at")?,
        deployed: match mode {
            Mode::Full => deployed(row)?,
            Mode::Unmodified => None,
        },
    })
}

/// `None` for a row that was written while the triggers were off.
fn deployed(row: &PgRow) -> Result<Option<Deployed>, sqlx::Error> {
    let Some(version) = row.try_get("version")? else { return Ok(None) };
    let (kind, module) = row::kind_and_hash(row)?;
    Ok(Some(Deployed {
        kind,
        version,
        module,
        size: row.try_get("size")?,
        limits: row.try_get("limits")?,
        capabilities: row.try_get("capabilities")?,
        auth: row::parse_auth(row.try_get("auth")?).unwrap_or_default(),
        canary: None,
    }))
}

/// Gives the database a bounded time.
pub(super) async fn within<T>(work: impl Future<Output = Result<T, WriteError>>) -> Result<T, WriteError> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result,
        Err(_) => Err(WriteError::Unavailable("no answer in time".to_owned())),
    }
}

impl Shared {
    /// The mode of a database that is there; an error at once where it is not.
    pub(super) fn require(&self) -> Result<Mode, WriteError> {
        let status = self.status.lock();
        match status.mode {
            Some(mode) if status.connected => Ok(mode),
            _ => Err(WriteError::Unavailable(
                status.last_error.clone().unwrap_or_else(|| "not connected yet".to_owned()),
            )),
        }
    }
}
