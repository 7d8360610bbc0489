//! `system.audit_logs`: who did what. A row is written in the transaction of what it tells of.

use super::write_error::WriteError;
use crate::registry::Author;
use serde_json::Value;
use sqlx::{PgConnection, Row};

/// Which part of the platform an entry is about, as InsForge names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditModule {
    Functions,
    Secrets,
}

impl AuditModule {
    fn name(self) -> &'static str {
        match self {
            Self::Functions => "FUNCTIONS",
            Self::Secrets => "SECRETS",
        }
    }
}

/// Writes an entry. An older InsForge has no such table; then there is none.
pub(super) async fn record(
    connection: &mut PgConnection,
    author: &Author,
    module: AuditModule,
    action: &str,
    details: Value,
) -> Result<(), WriteError> {
    if !exists(connection, "system.audit_logs").await? {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO system.audit_logs (actor, action, module, details, ip_address)
         VALUES ($1, $2, $3, $4, $5::text::inet)",
    )
    .bind(&author.actor)
    .bind(action)
    .bind(module.name())
    .bind(details)
    .bind(author.ip.map(|ip| ip.to_string()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a table of InsForge's is there; an older release may lack it.
pub(super) async fn exists(connection: &mut PgConnection, table: &str) -> Result<bool, WriteError> {
    let row = sqlx::query("SELECT to_regclass($1) IS NOT NULL").bind(table).fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}
