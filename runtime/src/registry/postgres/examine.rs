//! Looks at a database without changing it: what `doctor` tells of it.

use super::migrate;
use crate::config::{Config, Migrate};
use crate::registry::SecretCipher;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};
use std::str::FromStr as _;
use std::time::Duration;
use time::OffsetDateTime;
use wasmforge_host_api::sql::LoginRole;

/// How long connecting and asking may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a database is like.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Its version: `15.8`.
    pub version: String,
    /// The same as a number: `150008`.
    pub version_number: i32,
    /// The role that we are.
    pub role: String,
    /// How far its clock is ahead of ours, in milliseconds.
    pub clock_ahead_ms: i64,
    /// Whether it has the tables that functions need first.
    pub has_tables: bool,
    /// Whether InsForge's backend keeps them.
    pub is_insforges: bool,
    /// Our migrations that it lacks.
    pub pending: Vec<&'static str>,
    /// Whether we may make login roles.
    pub may_create_roles: bool,
    /// The login roles that are not there, or lack a role that they must be able to become.
    pub missing_roles: Vec<&'static str>,
    /// How many active secrets there are.
    pub secrets: usize,
    /// Those that our key does not decrypt.
    pub unreadable_secrets: Vec<String>,
}

/// Why there is nothing to tell.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The URL is not one of PostgreSQL. It may hold the password, so it is not shown.
    #[error("the URL is not of the form postgres://user:password@host:port/database")]
    Url,
    /// It does not answer.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TooLate,
    /// It answers with an error.
    #[error("{0}")]
    Sql(#[from] sqlx::Error),
}

impl Examination {
    /// Looks at the database of a configuration.
    ///
    /// # Errors
    /// [`ExamineError`]
    pub async fn of(config: &Config) -> Result<Self, ExamineError> {
        let options =
            PgConnectOptions::from_str(config.database.url.expose()).map_err(|_| ExamineError::Url)?;
        let look = async {
            let mut connection = PgConnection::connect_with(&options.application_name("wasmforge")).await?;
            let examination = Self::look(&mut connection, config).await;
            let _ = connection.close().await;
            examination
        };
        tokio::time::timeout(PATIENCE, look).await.map_err(|_| ExamineError::TooLate)?
    }

    async fn look(connection: &mut PgConnection, config: &Config) -> Result<Self, ExamineError> {
        let asked = OffsetDateTime::now_utc();
        let row = sqlx::query(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int4,
                current_user::text, clock_timestamp(),
                (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)",
        )
        .fetch_one(&mut *connection)
        .await?;
        let answered = OffsetDateTime::now_utc();
        let clock: OffsetDateTime = row.try_get(3)?;
        let ahead: time::Duration = clock - (asked + (answered - asked) / 2);
        let tables = migrate::state(connection).await?;
        let (secrets, unreadable_secrets) = match tables.has_tables {
            true => read_secrets(connection, config).await?,
            false => (0, Vec::new()),
        };
        Ok(Self {
            version: row.try_get(0)?,
            version_number: row.try_get(1)?,
            role: row.try_get(2)?,
            clock_ahead_ms: i64::try_from(ahead.whole_milliseconds()).unwrap_or(i64::MAX),
            has_tables: tables.has_tables,
            is_insforges: tables.is_insforges,
            pending: if config.migrate == Migrate::Never { Vec::new() } else { tables.pending },
            may_create_roles: row.try_get::<Option<bool>, _>(4)?.unwrap_or_default(),
            missing_roles: missing_roles(connection).await?,
            secrets,
            unreadable_secrets,
        })
    }
}

async fn missing_roles(connection: &mut PgConnection) -> Result<Vec<&'static str>, sqlx::Error> {
    let mut missing = Vec::new();
    for role in [LoginRole::Caller, LoginRole::Service] {
        let complete: bool = sqlx::query_scalar(
            "SELECT count(*) = cardinality($2::text[]) FROM pg_auth_members m
                JOIN pg_roles login ON login.oid = m.member JOIN pg_roles granted ON granted.oid = m.roleid
             WHERE login.rolname = $1 AND login.rolcanlogin AND granted.rolname = ANY($2::text[])",
        )
        .bind(role.name())
        .bind(Vec::from_iter(role.members_of().iter().map(|name| (*name).to_owned())))
        .fetch_one(&mut *connection)
        .await?;
        if !complete {
            missing.push(role.name());
        }
    }
    Ok(missing)
}

async fn read_secrets(
    connection: &mut PgConnection,
    config: &Config,
) -> Result<(usize, Vec<String>), sqlx::Error> {
    let stored: Vec<(String, String)> = sqlx::query_as(
        "SELECT key, value_ciphertext FROM system.secrets
         WHERE is_active AND (expires_at IS NULL OR expires_at > now()) ORDER BY key",
    )
    .fetch_all(connection)
    .await?;
    let cipher = SecretCipher::new(&config.encryption_key);
    let unreadable = stored.iter().filter(|(_, value)| cipher.decrypt(value).is_err());
    Ok((stored.len(), unreadable.map(|(key, _)| key.clone()).collect()))
}
