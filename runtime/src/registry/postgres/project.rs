//! Reads what the database holds of a project.

use super::audit::exists;
use super::reader::within;
use super::{PostgresRegistry, WriteError};
use crate::registry::{BucketSize, Channel, Channels, DatabaseSize, Policy, TableSize};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};

/// Bytes of the largest table whose rows are counted one by one.
const COUNTED: i64 = 64 * 1024 * 1024;

impl PostgresRegistry {
    /// The tables of the schema `public`, and how large the database is.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn database_size(&self) -> Result<DatabaseSize, WriteError> {
        self.0.require()?;
        within(async { tables(&mut *self.0.pool.acquire().await?).await }).await
    }

    /// The storage's buckets, by name.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn buckets(&self) -> Result<Vec<BucketSize>, WriteError> {
        self.0.require()?;
        within(async { buckets(&mut *self.0.pool.acquire().await?).await }).await
    }

    /// The channels of realtime and the policies that guard them.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn channels(&self) -> Result<Channels, WriteError> {
        self.0.require()?;
        within(async { channels(&mut *self.0.pool.acquire().await?).await }).await
    }
}

async fn tables(connection: &mut PgConnection) -> Result<DatabaseSize, WriteError> {
    let rows = sqlx::query(
        "SELECT c.relname::text AS name, quote_ident(c.relname) AS quoted, greatest(c.reltuples, 0)::bigint AS estimate,
            pg_relation_size(c.oid) AS bytes
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut tables = Vec::with_capacity(rows.len());
    for row in &rows {
        let rows = match row.try_get::<i64, _>("bytes")? {
            bytes if bytes > COUNTED => row.try_get("estimate")?,
            _ => count(connection, row.try_get("quoted")?).await?,
        };
        tables.push(TableSize { name: row.try_get("name")?, rows: rows.unsigned_abs() });
    }
    let bytes: i64 =
        sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(connection).await?;
    Ok(DatabaseSize { tables, bytes: bytes.unsigned_abs() })
}

/// A table that went away in between has no rows.
async fn count(connection: &mut PgConnection, quoted: &str) -> Result<i64, WriteError> {
    let query = AssertSqlSafe(format!("SELECT count(*) FROM public.{quoted}"));
    match sqlx::query_scalar(query).fetch_one(connection).await {
        Err(error) if super::connect::sqlstate(&error).as_deref() == Some("42P01") => Ok(0),
        counted => Ok(counted?),
    }
}

async fn buckets(connection: &mut PgConnection) -> Result<Vec<BucketSize>, WriteError> {
    if !exists(connection, "storage.buckets").await? {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT b.name, b.public IS TRUE AS public, b.created_at, count(o.key) AS objects,
            coalesce(sum(o.size), 0)::bigint AS bytes
         FROM storage.buckets b LEFT JOIN storage.objects o ON o.bucket = b.name GROUP BY b.name ORDER BY b.name",
    )
    .fetch_all(connection)
    .await?;
    let bucket = |row: &PgRow| {
        Ok(BucketSize {
            name: row.try_get("name")?,
            public: row.try_get("public")?,
            created_at: row.try_get("created_at")?,
            objects: row.try_get::<i64, _>("objects")?.unsigned_abs(),
            bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
        })
    };
    Ok(rows.iter().map(bucket).collect::<Result<_, sqlx::Error>>()?)
}

async fn channels(connection: &mut PgConnection) -> Result<Channels, WriteError> {
    if !exists(connection, "realtime.channels").await? {
        return Ok(Channels::default());
    }
    let channels = sqlx::query("SELECT * FROM realtime.channels ORDER BY created_at DESC, pattern")
        .fetch_all(&mut *connection)
        .await?;
    let policies = sqlx::query(
        "SELECT policyname::text, tablename::text, cmd, roles::text[], qual, with_check FROM pg_policies
         WHERE schemaname = 'realtime' AND tablename IN ('channels', 'messages') ORDER BY policyname",
    )
    .fetch_all(connection)
    .await?;
    Ok(Channels {
        channels: channels.iter().map(channel).collect::<Result<_, sqlx::Error>>()?,
        policies: policies.iter().map(policy).collect::<Result<_, sqlx::Error>>()?,
    })
}

fn channel(row: &PgRow) -> Result<Channel, sqlx::Error> {
    Ok(Channel {
        id: row.try_get("id")?,
        pattern: row.try_get("pattern")?,
        description: row.try_get("description")?,
        webhook_urls: row.try_get("webhook_urls")?,
        enabled: row.try_get("enabled")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn policy(row: &PgRow) -> Result<Policy, sqlx::Error> {
    Ok(Policy {
        name: row.try_get("policyname")?,
        table: row.try_get("tablename")?,
        command: row.try_get::<Option<String>, _>("cmd")?.unwrap_or_default(),
        roles: row.try_get("roles")?,
        using: row.try_get("qual")?,
        with_check: row.try_get("with_check")?,
    })
}
