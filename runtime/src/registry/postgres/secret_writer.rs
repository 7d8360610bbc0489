//! The admin API's side of `system.secrets`: every write with its audit row in one transaction, in force on this node
//! when it returns.

use super::audit::{self, AuditModule};
use super::reader::within;
use super::{PostgresRegistry, Shared, WriteError, sync};
use crate::config::Secret;
use crate::registry::{
    Author, NewSecret, PlatformKey, Rotated, SecretChanges, SecretEntry, SecretError, SecretWriteError,
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Postgres, Row, Transaction};
use std::future::Future;
use std::time::Duration;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Held while a key is rotated, so that of two rotations at once the later one rotates the earlier one's key.
const ROTATION_LOCK: i64 = 0x7761_736d_6b65_7973;

impl PostgresRegistry {
    /// All secrets without their values, newest first, those that were deleted among them.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn secrets(&self) -> Result<Vec<SecretEntry>, WriteError> {
        self.0.require()?;
        let read = async {
            let query = sqlx::query(
                "SELECT id, key, is_active IS TRUE AS is_active, is_reserved IS TRUE AS is_reserved, last_used_at,
                    expires_at, created_at, updated_at
                 FROM system.secrets ORDER BY created_at DESC NULLS LAST, key",
            );
            Ok(query.fetch_all(&self.0.pool).await?)
        };
        let rows = within(read).await?;
        rows.iter().map(|row| entry(row).map_err(WriteError::from)).collect()
    }

    /// The value of a secret that is in force, and notes that it was shown.
    ///
    /// # Errors
    /// [`SecretWriteError`].
    pub async fn secret(&self, key: &str, author: &Author) -> Result<Zeroizing<String>, SecretWriteError> {
        let stored = self.0.transact(show(&self.0.pool, key, author)).await?;
        self.0.cipher.decrypt(&stored).map_err(|reason| unusable(key, reason))
    }

    /// Creates a secret, or brings back one that was deleted, under its old id.
    ///
    /// # Errors
    /// [`SecretWriteError::AlreadyExists`], and what the database may do.
    pub async fn create_secret(&self, new: NewSecret, author: &Author) -> Result<Uuid, SecretWriteError> {
        let stored =
            self.0.cipher.encrypt(new.value.expose()).map_err(|reason| unusable(&new.key, reason))?;
        let id = self.0.transact(create(&self.0.pool, &new, &stored, author)).await?;
        self.0.publish_secrets().await;
        Ok(id)
    }

    /// Changes a secret that is not reserved.
    ///
    /// # Errors
    /// [`SecretWriteError`].
    pub async fn update_secret(
        &self,
        key: &str,
        changes: SecretChanges,
        author: &Author,
    ) -> Result<(), SecretWriteError> {
        let stored = changes.value.as_ref().map(|value| self.0.cipher.encrypt(value.expose()));
        let stored = stored.transpose().map_err(|reason| unusable(key, reason))?;
        self.0.transact(update(&self.0.pool, key, &changes, stored, author)).await?;
        self.0.publish_secrets().await;
        Ok(())
    }

    /// Takes a secret out of force. Its row stays.
    ///
    /// # Errors
    /// [`SecretWriteError`].
    pub async fn delete_secret(&self, key: &str, author: &Author) -> Result<(), SecretWriteError> {
        self.0.transact(delete(&self.0.pool, key, author)).await?;
        self.0.publish_secrets().await;
        Ok(())
    }

    /// Makes a new key. The one before it is good for `grace` more.
    ///
    /// # Errors
    /// [`SecretWriteError`].
    pub async fn rotate_key(
        &self,
        which: PlatformKey,
        grace: Duration,
        author: &Author,
    ) -> Result<Rotated, SecretWriteError> {
        let key = Zeroizing::new(format!("{}{}", which.prefix(), hex::encode(rand::random::<[u8; 32]>())));
        let stored = self.0.cipher.encrypt(&key).map_err(|reason| unusable(which.secret(), reason))?;
        let old_key_expires_at = self.0.transact(rotate(&self.0.pool, which, grace, &stored, author)).await?;
        self.0.publish_secrets().await;
        Ok(Rotated { key: Secret::new(key.as_str()), old_key_expires_at })
    }
}

impl Shared {
    /// Gives the database a bounded time, if it is there.
    async fn transact<T>(
        &self,
        work: impl Future<Output = Result<T, SecretWriteError>>,
    ) -> Result<T, SecretWriteError> {
        self.require()?;
        within(async { Ok(work.await) }).await?
    }

    /// Puts a write into force on this node. It is done, so a failure here is only logged: the change's own notice
    /// brings it.
    async fn publish_secrets(&self) {
        if let Err(error) = sync::refresh_secrets(self).await {
            tracing::warn!(%error, "a changed secret will be seen with the next notice of changes");
        }
    }
}

fn unusable(key: &str, reason: SecretError) -> SecretWriteError {
    SecretWriteError::Cipher { key: key.to_owned(), reason }
}

fn entry(row: &PgRow) -> Result<SecretEntry, sqlx::Error> {
    Ok(SecretEntry {
        id: row.try_get("id")?,
        key: row.try_get("key")?,
        is_active: row.try_get("is_active")?,
        is_reserved: row.try_get("is_reserved")?,
        last_used_at: row.try_get("last_used_at")?,
        expires_at: row.try_get("expires_at")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

async fn show(pool: &PgPool, key: &str, author: &Author) -> Result<String, SecretWriteError> {
    let mut transaction = pool.begin().await?;
    let stored: Option<String> = sqlx::query_scalar(
        "UPDATE system.secrets SET last_used_at = now()
         WHERE key = $1 AND is_active = true AND (expires_at IS NULL OR expires_at > now())
         RETURNING value_ciphertext",
    )
    .bind(key)
    .fetch_optional(&mut *transaction)
    .await?;
    let stored = stored.ok_or_else(|| SecretWriteError::NotFound(key.to_owned()))?;
    record(&mut transaction, author, "GET_SECRET", json!({"key": key})).await?;
    transaction.commit().await?;
    Ok(stored)
}

async fn create(
    pool: &PgPool,
    new: &NewSecret,
    stored: &str,
    author: &Author,
) -> Result<Uuid, SecretWriteError> {
    let mut transaction = pool.begin().await?;
    let id: Option<Uuid> = sqlx::query_scalar(
        "INSERT INTO system.secrets AS s (key, value_ciphertext, is_reserved, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO UPDATE SET value_ciphertext = EXCLUDED.value_ciphertext, is_active = true,
            is_reserved = EXCLUDED.is_reserved, expires_at = EXCLUDED.expires_at, last_used_at = NULL
            WHERE s.is_active IS NOT TRUE
         RETURNING id",
    )
    .bind(&new.key)
    .bind(stored)
    .bind(new.is_reserved)
    .bind(new.expires_at)
    .fetch_optional(&mut *transaction)
    .await?;
    let id = id.ok_or_else(|| SecretWriteError::AlreadyExists(new.key.clone()))?;
    record(&mut transaction, author, "CREATE_SECRET", json!({"key": new.key, "id": id})).await?;
    transaction.commit().await?;
    Ok(id)
}

async fn update(
    pool: &PgPool,
    key: &str,
    changes: &SecretChanges,
    stored: Option<String>,
    author: &Author,
) -> Result<(), SecretWriteError> {
    let mut transaction = lock(pool, key, "update").await?;
    sqlx::query(
        "UPDATE system.secrets SET value_ciphertext = coalesce($2, value_ciphertext),
            is_active = coalesce($3, is_active), is_reserved = coalesce($4, is_reserved),
            expires_at = CASE WHEN $5 THEN $6 ELSE expires_at END
         WHERE key = $1",
    )
    .bind(key)
    .bind(&stored)
    .bind(changes.is_active)
    .bind(changes.is_reserved)
    .bind(changes.expires_at.is_some())
    .bind(changes.expires_at.flatten())
    .execute(&mut *transaction)
    .await?;
    let has_value = changes.value.as_ref().is_some_and(|value| !value.is_empty());
    let mut updates = json!({"hasNewValue": has_value});
    let mut put = |name: &str, value: Option<Value>| {
        if let (Some(value), Some(updates)) = (value, updates.as_object_mut()) {
            updates.insert(name.to_owned(), value);
        }
    };
    put("isActive", changes.is_active.map(Value::from));
    put("isReserved", changes.is_reserved.map(Value::from));
    put("expiresAt", changes.expires_at.map(|end| json!(end.map(iso))));
    record(&mut transaction, author, "UPDATE_SECRET", json!({"key": key, "updates": updates})).await?;
    transaction.commit().await?;
    Ok(())
}

async fn delete(pool: &PgPool, key: &str, author: &Author) -> Result<(), SecretWriteError> {
    let mut transaction = lock(pool, key, "delete").await?;
    sqlx::query("UPDATE system.secrets SET is_active = false WHERE key = $1")
        .bind(key)
        .execute(&mut *transaction)
        .await?;
    record(&mut transaction, author, "DELETE_SECRET", json!({"key": key})).await?;
    transaction.commit().await?;
    Ok(())
}

/// A transaction that holds the row of a secret which is not reserved.
async fn lock(
    pool: &PgPool,
    key: &str,
    verb: &'static str,
) -> Result<Transaction<'static, Postgres>, SecretWriteError> {
    let mut transaction = pool.begin().await?;
    let reserved: Option<bool> =
        sqlx::query_scalar("SELECT is_reserved IS TRUE FROM system.secrets WHERE key = $1 FOR UPDATE")
            .bind(key)
            .fetch_optional(&mut *transaction)
            .await?;
    match reserved {
        None => Err(SecretWriteError::NotFound(key.to_owned())),
        Some(true) => Err(SecretWriteError::Reserved { verb, key: key.to_owned() }),
        Some(false) => Ok(transaction),
    }
}

async fn rotate(
    pool: &PgPool,
    which: PlatformKey,
    grace: Duration,
    stored: &str,
    author: &Author,
) -> Result<OffsetDateTime, SecretWriteError> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ROTATION_LOCK).execute(&mut *transaction).await?;
    let hours = grace.as_secs() / 3600;
    let ends: OffsetDateTime = sqlx::query_scalar("SELECT clock_timestamp() + make_interval(secs => $1)")
        .bind(grace.as_secs_f64())
        .fetch_one(&mut *transaction)
        .await?;
    let retired = format!("{}_OLD_", which.secret());
    // Two rotations may fall into one millisecond; the names stay apart, and in their order.
    sqlx::query(
        "UPDATE system.secrets SET expires_at = $3, key = $2 || (
            SELECT greatest((extract(epoch FROM clock_timestamp()) * 1000)::bigint,
                max(substr(key, length($2) + 1)::bigint) + 1)
            FROM system.secrets WHERE key ~ ('^' || $2 || '[0-9]{1,18}$'))
         WHERE key = $1",
    )
    .bind(which.secret())
    .bind(&retired)
    .bind(ends)
    .execute(&mut *transaction)
    .await?;
    sqlx::query("INSERT INTO system.secrets (key, value_ciphertext, is_reserved) VALUES ($1, $2, true)")
        .bind(which.secret())
        .bind(stored)
        .execute(&mut *transaction)
        .await?;
    let details = json!({"oldKeyExpiresAt": iso(ends), "gracePeriodHours": hours});
    record(&mut transaction, author, which.audit_action(), details).await?;
    transaction.commit().await?;
    Ok(ends)
}

fn iso(moment: OffsetDateTime) -> Option<String> {
    moment.to_offset(UtcOffset::UTC).format(&Rfc3339).ok()
}

async fn record(
    connection: &mut PgConnection,
    author: &Author,
    action: &str,
    details: Value,
) -> Result<(), WriteError> {
    audit::record(connection, author, AuditModule::Secrets, action, details).await
}
