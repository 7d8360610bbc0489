//! The tables of InsForge's that services read and write for functions: each with one statement of ours, never a guest's.

use super::RegistryError;
use super::connect::{is_unavailable, lazy_pool, sqlstate};
use crate::config::DatabaseConfig;
use async_trait::async_trait;
use sqlx::{PgPool, Row};
use std::collections::HashSet;
use uuid::Uuid;
use wasmforge_host_api::auth::{User, Users, UsersUnavailable};
use wasmforge_host_api::realtime::{Messages, PublishError};

/// Connections. They are not the registry's own: functions that publish without end must not keep it waiting.
const CONNECTIONS: u32 = 4;

/// What the database does not have where it is not InsForge's: a schema, a table, a function.
const MISSING: [&str; 3] = ["3F000", "42P01", "42883"];

/// Users and channels.
pub(super) struct PlatformTables(PgPool);

impl PlatformTables {
    pub(super) fn new(database: &DatabaseConfig) -> Result<Self, RegistryError> {
        lazy_pool(database, CONNECTIONS).map(Self)
    }

    /// Which columns of a table or view hold text, and so may hold none at all: `''`.
    ///
    /// # Errors
    /// Where the database is away or refuses.
    pub(super) async fn text_columns(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<HashSet<String>, sqlx::Error> {
        let statement = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = $1 AND table_name = $2
                AND (data_type IN ('text', 'character varying', 'character') OR udt_name = 'citext')",
        );
        Ok(statement.bind(schema).bind(table).fetch_all(&self.0).await?.into_iter().collect())
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl Users for PlatformTables {
    async fn by_id(&self, id: Uuid) -> Result<Option<User>, UsersUnavailable> {
        const TIME: &str = r#"'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'"#;
        let statement = format!(
            "SELECT id, email, coalesce(email_verified, false), to_char(created_at AT TIME ZONE 'UTC', {TIME}),
                to_char(updated_at AT TIME ZONE 'UTC', {TIME}), coalesce(profile, '{{}}')::text,
                coalesce(metadata, '{{}}')::text,
                ARRAY(SELECT DISTINCT provider::text FROM auth.user_providers WHERE user_id = users.id ORDER BY 1)
                    || CASE WHEN password <> '' THEN ARRAY['email'] ELSE '{{}}' END
             FROM auth.users WHERE id = $1"
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(id).fetch_optional(&self.0).await;
        let user = |row: sqlx::postgres::PgRow| {
            Ok(User {
                id: row.try_get(0)?,
                email: row.try_get(1)?,
                email_verified: row.try_get(2)?,
                created_at: row.try_get::<Option<_>, _>(3)?.unwrap_or_default(),
                updated_at: row.try_get::<Option<_>, _>(4)?.unwrap_or_default(),
                profile: row.try_get(5)?,
                metadata: row.try_get(6)?,
                providers: row.try_get(7)?,
            })
        };
        found.and_then(|row| row.map(user).transpose()).map_err(|error| UsersUnavailable(reason(&error)))
    }

    async fn merge_profile(&self, id: Uuid, keys: &str) -> Result<Option<String>, UsersUnavailable> {
        let statement = sqlx::query_scalar(
            "UPDATE auth.users SET profile = coalesce(profile, '{}') || $2::jsonb, updated_at = now()
             WHERE id = $1 RETURNING profile::text",
        );
        let profile = statement.bind(id).bind(keys).fetch_optional(&self.0).await;
        profile.map_err(|error| UsersUnavailable(reason(&error)))
    }
}

#[async_trait]
impl Messages for PlatformTables {
    async fn publish(&self, channel: &str, event: &str, payload: &str) -> Result<Uuid, PublishError> {
        let statement = sqlx::query_scalar("SELECT realtime.publish($1, $2, $3::jsonb)");
        let published = statement.bind(channel).bind(event).bind(payload).fetch_one(&self.0).await;
        match published {
            Ok(Some(id)) => Ok(id),
            // The function warns and returns NULL.
            Ok(None) => Err(PublishError::NoSuchChannel),
            Err(error) => Err(match sqlstate(&error) {
                // The data is what it does not like: text that jsonb cannot hold, say.
                Some(code) if code.starts_with("22") => {
                    PublishError::Invalid("the database cannot store this payload".to_owned())
                }
                _ => PublishError::Unavailable(reason(&error)),
            }),
        }
    }
}

/// What a function is told. The whole error is for the operator.
fn reason(error: &sqlx::Error) -> String {
    let missing = sqlstate(error).is_some_and(|code| MISSING.contains(&code.as_str()));
    let reason = match error {
        _ if missing => "the database does not have it",
        error if is_unavailable(error) => "the database is unavailable",
        _ => "the database refused",
    };
    tracing::warn!(%error, "a service cannot be provided: {reason}");
    reason.to_owned()
}
