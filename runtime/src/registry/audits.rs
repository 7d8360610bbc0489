//! Who did what: entries of `system.audit_logs`.

use serde_json::Value;
use std::net::IpAddr;
use time::OffsetDateTime;
use uuid::Uuid;

/// One deed of an admin's.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// The row's key.
    pub id: Uuid,
    /// `api-key`, or the subject of the admin's token.
    pub actor: String,
    /// What was done: `CREATE_FUNCTION`.
    pub action: String,
    /// In which part of the platform: `FUNCTIONS`.
    pub module: String,
    /// To what, and how.
    pub details: Option<Value>,
    /// Where the request came from.
    pub ip: Option<IpAddr>,
    /// When.
    pub created_at: Option<OffsetDateTime>,
    /// When the entry was last written, which is once.
    pub updated_at: Option<OffsetDateTime>,
}

/// Which entries are asked for. What is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Exactly this actor.
    pub actor: Option<String>,
    /// Exactly this action.
    pub action: Option<String>,
    /// Exactly this module.
    pub module: Option<String>,
    /// Not before.
    pub since: Option<OffsetDateTime>,
    /// Not after.
    pub until: Option<OffsetDateTime>,
    /// How many.
    pub limit: u32,
    /// After so many that are newer.
    pub offset: u32,
}

/// Some of the entries that were asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// How many there are in all.
    pub total: u64,
}
