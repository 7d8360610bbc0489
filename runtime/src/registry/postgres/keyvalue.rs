//! Functions' key-values, in `functions.key_values`.

use super::connect::{is_unavailable, sqlstate};
use super::{Mode, Shared};
use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmforge_host_api::keyvalue::{Page, Place, Store, StoreError};

/// Calls at once: guests that crowd here leave the registry connections to work with.
const AT_ONCE: usize = 6;

/// What PostgreSQL's errors mean that the migration's functions raise.
const FULL: &str = "53100";
const NOT_A_NUMBER: &str = "22003";

/// The store of a node with a database.
pub(super) struct KeyValues {
    shared: Arc<Shared>,
    places: Semaphore,
}

impl KeyValues {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, places: Semaphore::new(AT_ONCE) }
    }

    async fn ask<T>(
        &self,
        query: impl Future<Output = Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        if !self.shared.is_connected() {
            return Err(StoreError::Unavailable("the database is away".to_owned()));
        }
        if self.shared.mode() != Some(Mode::Full) {
            return Err(StoreError::Unavailable("the database has no tables for it".to_owned()));
        }
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        query.await.map_err(|error| explain(&error))
    }
}

fn explain(error: &sqlx::Error) -> StoreError {
    match sqlstate(error).as_deref() {
        Some(FULL) => StoreError::Full,
        Some(NOT_A_NUMBER) => StoreError::NotANumber,
        _ if is_unavailable(error) => StoreError::Unavailable("the database is away".to_owned()),
        _ => {
            tracing::error!(%error, "a key-value statement failed");
            StoreError::Unavailable("the statement failed".to_owned())
        }
    }
}

fn bounded(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[async_trait]
impl Store for KeyValues {
    async fn get(
        &self,
        place: &Place,
        keys: &[String],
        limit: u64,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let found = self.ask(async {
            let mut rows = sqlx::query(
                "SELECT key, value FROM functions.key_values WHERE slug = $1 AND bucket = $2 AND key = ANY ($3)",
            )
            .bind(&*place.slug)
            .bind(&*place.bucket)
            .bind(keys)
            .fetch(&self.shared.pool);
            let (mut found, mut bytes) = (HashMap::new(), 0);
            while let Some(row) = rows.try_next().await? {
                let value: Vec<u8> = row.try_get(1)?;
                bytes += value.len() as u64;
                if bytes > limit {
                    return Ok(None);
                }
                found.insert(row.try_get::<String, _>(0)?, value);
            }
            Ok(Some(found))
        });
        let found = found.await?.ok_or(StoreError::TooLarge)?;
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn exists(&self, place: &Place, key: &str) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM functions.key_values WHERE slug = $1 AND bucket = $2 AND key = $3)",
        )
        .bind(&*place.slug)
        .bind(&*place.bucket)
        .bind(key);
        self.ask(query.fetch_one(&self.shared.pool)).await
    }

    async fn keys(&self, place: &Place, after: u64, limit: u32) -> Result<Page, StoreError> {
        let query = sqlx::query_as(
            "SELECT key, id FROM functions.key_values WHERE slug = $1 AND bucket = $2 AND id > $3
             ORDER BY id LIMIT $4",
        )
        .bind(&*place.slug)
        .bind(&*place.bucket)
        .bind(bounded(after))
        .bind(i64::from(limit) + 1);
        let mut rows: Vec<(String, i64)> = self.ask(query.fetch_all(&self.shared.pool)).await?;
        // One more than the page holds tells whether there is another.
        let is_last = rows.len() <= limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().and_then(|(_, id)| u64::try_from(*id).ok());
        Ok(Page { keys: rows.into_iter().map(|(key, _)| key).collect(), next: last.filter(|_| !is_last) })
    }

    async fn set(
        &self,
        place: &Place,
        entries: Vec<(String, Vec<u8>)>,
        capacity: u64,
    ) -> Result<(), StoreError> {
        let (keys, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let query = sqlx::query("SELECT functions.wasmforge_kv_set($1, $2, $3, $4, $5)")
            .bind(&*place.slug)
            .bind(&*place.bucket)
            .bind(keys)
            .bind(values)
            .bind(bounded(capacity));
        self.ask(query.execute(&self.shared.pool)).await.map(drop)
    }

    async fn delete(&self, place: &Place, keys: &[String]) -> Result<(), StoreError> {
        let query = sqlx::query("SELECT functions.wasmforge_kv_delete($1, $2, $3)")
            .bind(&*place.slug)
            .bind(&*place.bucket)
            .bind(keys);
        self.ask(query.execute(&self.shared.pool)).await.map(drop)
    }

    async fn increment(
        &self,
        place: &Place,
        key: &str,
        delta: u64,
        capacity: u64,
    ) -> Result<u64, StoreError> {
        // PostgreSQL has no unsigned integers: numbers go as text.
        let query = sqlx::query_scalar(
            "SELECT functions.wasmforge_kv_increment($1, $2, $3, $4::text::numeric, $5)::text",
        )
        .bind(&*place.slug)
        .bind(&*place.bucket)
        .bind(key)
        .bind(delta.to_string())
        .bind(bounded(capacity));
        let sum: String = self.ask(query.fetch_one(&self.shared.pool)).await?;
        sum.parse().map_err(|_| StoreError::NotANumber)
    }
}
