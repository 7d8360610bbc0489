//! The rows of buckets and objects, as InsForge's backend writes and reads them.

use super::StorageError;
use super::database::{Actor, Database, Transaction};
use super::location::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// Bytes of the largest object where `storage.config` has no row, in MiB.
const DEFAULT_MAX_MIB: i32 = 50;

/// The columns of an object's row, in the order that [`object`] reads them in.
const COLUMNS: &str =
    "key, size, mime_type, etag, (extract(epoch FROM uploaded_at) * 1000)::bigint, uploaded_by";

/// What is known of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its name.
    pub name: String,
    /// Whether everybody may read its objects.
    pub public: bool,
    /// Bytes of the largest object that may be written.
    pub max_size: u64,
}

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Its media type.
    pub content_type: Option<String>,
    /// MD5 of its bytes, in hexadecimal.
    pub etag: Option<String>,
    /// When it was last written.
    pub uploaded_at: SystemTime,
    /// The user who created it.
    pub uploaded_by: Option<String>,
}

impl ObjectInfo {
    /// What a copy of it is written as.
    pub(super) fn as_new(&self) -> NewObject {
        let Self { size, content_type, etag, .. } = self.clone();
        NewObject { size, content_type, etag }
    }
}

/// What a listing asks for.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    pub(super) limit: u32,
}

/// What is written of an object.
#[derive(Clone, Debug)]
pub(super) struct NewObject {
    pub(super) size: u64,
    pub(super) content_type: Option<String>,
    pub(super) etag: Option<String>,
}

/// The rows.
#[derive(Clone)]
pub(super) struct Metadata(pub(super) Arc<Database>);

impl Metadata {
    /// A bucket, whoever asks.
    pub(super) async fn bucket(&self, until: Instant, name: &str) -> Result<BucketInfo, StorageError> {
        let sql = "SELECT coalesce(public, true), (SELECT max_file_size_mb FROM storage.config LIMIT 1)
            FROM storage.buckets WHERE name = $1";
        let rows = self.0.query(until, sql, &[(&name, Type::TEXT)]).await?;
        let row = rows.first().ok_or_else(|| StorageError::NoSuchBucket(name.to_owned()))?;
        let mib: Option<i32> = get(row, 1)?;
        let max_size = u64::try_from(mib.unwrap_or(DEFAULT_MAX_MIB)).unwrap_or_default() * 1024 * 1024;
        // The column `size` is a 32-bit integer.
        let max_size = max_size.min(i32::MAX.unsigned_abs().into());
        Ok(BucketInfo { name: name.to_owned(), public: get(row, 0)?, max_size })
    }

    /// An object that the actor sees.
    pub(super) async fn find(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
    ) -> Result<ObjectInfo, StorageError> {
        let sql = format!("SELECT {COLUMNS} FROM storage.objects WHERE bucket = $1 AND key = $2");
        let parameters: &[_] = &[(&at.bucket as _, Type::TEXT), (&at.key as _, Type::TEXT)];
        let (transaction, rows) = self.0.begin(until, actor, &at.key, &sql, parameters).await?;
        transaction.commit().await?;
        let row = rows.first().ok_or_else(|| StorageError::NoSuchObject(at.key.clone()))?;
        object(row)
    }

    /// The objects of a bucket that the actor sees, one more than was asked for if there are more.
    pub(super) async fn list(
        &self,
        until: Instant,
        actor: &Actor,
        bucket: &str,
        listing: &Listing,
    ) -> Result<Vec<ObjectInfo>, StorageError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM storage.objects
             WHERE bucket = $1 AND starts_with(key, $2) AND ($3::text IS NULL OR key COLLATE \"C\" > $3)
             ORDER BY key COLLATE \"C\" LIMIT $4"
        );
        let limit = i64::from(listing.limit) + 1;
        let parameters: &[_] = &[
            (&bucket as _, Type::TEXT),
            (&listing.prefix as _, Type::TEXT),
            (&listing.after as _, Type::TEXT),
            (&limit as _, Type::INT8),
        ];
        let (transaction, rows) = self.0.begin(until, actor, bucket, &sql, parameters).await?;
        transaction.commit().await?;
        rows.iter().map(object).collect()
    }

    /// Whether the actor may write an object: the write is tried and undone.
    pub(super) async fn may_write(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
        new: &NewObject,
    ) -> Result<(), StorageError> {
        let (transaction, _) = self.write(until, actor, at, new).await?;
        transaction.roll_back().await
    }

    /// Writes an object's row, which lasts once the transaction is committed. Whoever replaces an object does not come
    /// to own it. Nothing is returned by the statement: an actor who may not read may still write.
    pub(super) async fn write(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
        new: &NewObject,
    ) -> Result<(Transaction, ObjectInfo), StorageError> {
        let sql = "INSERT INTO storage.objects
                (bucket, key, size, mime_type, uploaded_by, uploaded_via, uploaded_at, etag)
            VALUES ($1, $2, $3, $4, $5, 'rest', to_timestamp($6 / 1000), $7)
            ON CONFLICT (bucket, key) DO UPDATE SET size = EXCLUDED.size, mime_type = EXCLUDED.mime_type,
                uploaded_via = EXCLUDED.uploaded_via, uploaded_at = EXCLUDED.uploaded_at, etag = EXCLUDED.etag,
                s3_access_key_id = NULL";
        let size =
            i32::try_from(new.size).map_err(|_| StorageError::TooLarge(i32::MAX.unsigned_abs().into()))?;
        let now = SystemTime::now();
        let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64;
        let owner = actor.owner();
        let parameters: &[_] = &[
            (&at.bucket as _, Type::TEXT),
            (&at.key as _, Type::TEXT),
            (&size as _, Type::INT4),
            (&new.content_type as _, Type::TEXT),
            (&owner as _, Type::TEXT),
            (&millis as _, Type::FLOAT8),
            (&new.etag as _, Type::TEXT),
        ];
        let (transaction, _) = self.0.begin(until, actor, &at.key, sql, parameters).await?;
        let info = ObjectInfo {
            key: at.key.clone(),
            size: new.size,
            content_type: new.content_type.clone(),
            etag: new.etag.clone(),
            uploaded_at: now,
            uploaded_by: owner.map(str::to_owned),
        };
        Ok((transaction, info))
    }

    /// Deletes an object's row, for good once the transaction is committed. An object that the actor sees and may not
    /// delete is forbidden; one that the actor does not see is not there.
    pub(super) async fn delete(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
    ) -> Result<Transaction, StorageError> {
        let sql =
            "WITH visible AS (SELECT count(*) AS found FROM storage.objects WHERE bucket = $1 AND key = $2),
                deleted AS (DELETE FROM storage.objects WHERE bucket = $1 AND key = $2 RETURNING 1)
            SELECT (SELECT found FROM visible), (SELECT count(*) FROM deleted)";
        let parameters: &[_] = &[(&at.bucket as _, Type::TEXT), (&at.key as _, Type::TEXT)];
        let (transaction, rows) = self.0.begin(until, actor, &at.key, sql, parameters).await?;
        let row = rows.first().ok_or_else(|| StorageError::backend("the database sent no row"))?;
        let (visible, deleted): (i64, i64) = (get(row, 0)?, get(row, 1)?);
        match (visible, deleted) {
            (_, 1..) => Ok(transaction),
            (0, _) => Err(StorageError::NoSuchObject(at.key.clone())),
            _ => Err(StorageError::Forbidden(at.key.clone())),
        }
    }

    /// Whether an object has a row, whoever sees it.
    pub(super) async fn exists(&self, until: Instant, at: &Location) -> Result<bool, StorageError> {
        let sql = "SELECT 1 FROM storage.objects WHERE bucket = $1 AND key = $2";
        let parameters: &[_] = &[(&at.bucket as _, Type::TEXT), (&at.key as _, Type::TEXT)];
        Ok(!self.0.query(until, sql, parameters).await?.is_empty())
    }
}

fn object(row: &Row) -> Result<ObjectInfo, StorageError> {
    let size: i32 = get(row, 1)?;
    let millis: Option<i64> = get(row, 4)?;
    let millis = millis.and_then(|millis| u64::try_from(millis).ok()).unwrap_or_default();
    Ok(ObjectInfo {
        key: get(row, 0)?,
        size: u64::try_from(size).unwrap_or_default(),
        content_type: get(row, 2)?,
        etag: get(row, 3)?,
        uploaded_at: UNIX_EPOCH + Duration::from_millis(millis),
        uploaded_by: get(row, 5)?,
    })
}

fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StorageError> {
    row.try_get(column).map_err(StorageError::backend)
}
