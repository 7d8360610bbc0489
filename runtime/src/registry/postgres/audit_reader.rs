//! Reads `system.audit_logs`.

use super::audit::exists;
use super::reader::within;
use super::{PostgresRegistry, WriteError};
use crate::registry::{AuditEntry, AuditPage, AuditQuery};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

const WHERE: &str = "FROM system.audit_logs WHERE ($1::text IS NULL OR actor = $1)
    AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR module = $3)
    AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at <= $5)";

impl PostgresRegistry {
    /// The audit log's entries, newest first.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn audits(&self, query: &AuditQuery) -> Result<AuditPage, WriteError> {
        self.0.require()?;
        within(async { read(&mut *self.0.pool.acquire().await?, query).await }).await
    }
}

async fn read(connection: &mut PgConnection, query: &AuditQuery) -> Result<AuditPage, WriteError> {
    if !exists(connection, "system.audit_logs").await? {
        return Ok(AuditPage::default());
    }
    let AuditQuery { actor, action, module, since, until, limit, offset } = query;
    let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) {WHERE}")))
        .bind(actor)
        .bind(action)
        .bind(module)
        .bind(since)
        .bind(until)
        .fetch_one(&mut *connection)
        .await?;
    let page = format!(
        "SELECT id, actor, action, module, details, host(ip_address) AS ip, created_at, updated_at {WHERE}
         ORDER BY created_at DESC NULLS LAST, id DESC LIMIT $6 OFFSET $7"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(page))
        .bind(actor)
        .bind(action)
        .bind(module)
        .bind(since)
        .bind(until)
        .bind(i64::from(*limit))
        .bind(i64::from(*offset))
        .fetch_all(connection)
        .await?;
    let entries = rows.iter().map(entry).collect::<Result<_, sqlx::Error>>()?;
    Ok(AuditPage { entries, total: total.unsigned_abs() })
}

fn entry(row: &PgRow) -> Result<AuditEntry, sqlx::Error> {
    Ok(AuditEntry {
        id: row.try_get("id")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        module: row.try_get("module")?,
        details: row.try_get("details")?,
        ip: row.try_get::<Option<String>, _>("ip")?.and_then(|ip| ip.parse().ok()),
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
