//! The calls of `wasi:keyvalue`.

use super::bindings::wasi::keyvalue::{atomics, batch, store};
use super::store::{Place, StoreError};
use super::{KeyValue, KeyValueSession, is_bucket};
use crate::View;
use crate::calls::timed;
use std::collections::HashMap;
use std::time::Duration;
use store::{Error, KeyResponse};
use tokio::time::{Instant, timeout_at};
use wasmforge_sandbox::CallKind;
use wasmtime::component::Resource;

/// How long a call waits for the store at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a key.
const MAX_KEY: usize = 1024;

/// Keys of one batch.
const MAX_BATCH: usize = 1000;

/// Bytes of the values of one batch.
const MAX_BATCH_BYTES: u64 = 8 * 1024 * 1024;

/// Keys of one page.
const PAGE: u32 = 1000;

/// A bucket that a guest has opened.
#[derive(Clone)]
pub struct Bucket {
    session: KeyValueSession,
    place: Place,
}

fn other(kind: &str, text: impl std::fmt::Display) -> Error {
    Error::Other(format!("{kind}: {text}"))
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Full => "full",
            StoreError::TooLarge => "too-large",
            StoreError::NotANumber => "not-a-number",
        };
        other(kind, error)
    }
}

impl KeyValueSession {
    fn open(&self, name: String) -> Result<Bucket, Error> {
        if !is_bucket(&name) {
            return Err(Error::NoSuchStore);
        }
        if self.configured.buckets.as_ref().is_some_and(|granted| !granted.contains(&name)) {
            return Err(Error::AccessDenied);
        }
        let place = Place { slug: self.invocation.slug.clone(), bucket: name.into() };
        Ok(Bucket { session: self.clone(), place })
    }
}

impl Bucket {
    /// Waits for the store, but neither for ever nor past the invocation's end.
    async fn ask<T>(
        &self,
        what: &str,
        answer: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, Error> {
        let invocation = &self.session.invocation;
        let call = invocation.usage.begin_call(CallKind::KeyValue, format!("{what} {}", self.place.bucket));
        let end = invocation.deadline.min(Instant::now() + PATIENCE);
        let answer = async {
            match timeout_at(end, answer).await {
                Ok(result) => Ok(result?),
                Err(_) => Err(other("timeout", "the store did not answer in time")),
            }
        };
        timed(call, answer).await
    }

    fn check_value(&self, value: &[u8]) -> Result<(), Error> {
        let limit = self.session.configured.limits.value;
        match value.len() as u64 {
            size if size > limit => {
                Err(other("too-large", format_args!("a value of {size} bytes, over {limit}")))
            }
            _ => Ok(()),
        }
    }

    async fn get(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        check_keys(keys.iter())?;
        // One value was small enough to be set, whatever the limit was then.
        let limit = if keys.len() == 1 { u64::MAX } else { MAX_BATCH_BYTES };
        self.ask("get", self.session.configured.store.get(&self.place, keys, limit)).await
    }

    /// Of several values of one key the last is set.
    async fn set(&self, entries: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        check_keys(entries.iter().map(|(key, _)| key))?;
        entries.iter().try_for_each(|(_, value)| self.check_value(value))?;
        let bytes: u64 = entries.iter().map(|(_, value)| value.len() as u64).sum();
        if entries.len() > 1 && bytes > MAX_BATCH_BYTES {
            return Err(other("too-large", format_args!("{bytes} bytes in a batch, over {MAX_BATCH_BYTES}")));
        }
        let entries: Vec<_> = entries.into_iter().collect::<HashMap<_, _>>().into_iter().collect();
        let configured = &self.session.configured;
        self.ask("set", configured.store.set(&self.place, entries, configured.limits.function)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), Error> {
        check_keys(keys.iter())?;
        self.ask("delete", self.session.configured.store.delete(&self.place, keys)).await
    }

    async fn exists(&self, key: &str) -> Result<bool, Error> {
        check_key(key)?;
        self.ask("exists", self.session.configured.store.exists(&self.place, key)).await
    }

    async fn keys(&self, after: u64) -> Result<KeyResponse, Error> {
        let page = self.ask("keys", self.session.configured.store.keys(&self.place, after, PAGE)).await?;
        Ok(KeyResponse { keys: page.keys, cursor: page.next })
    }

    async fn increment(&self, key: &str, delta: u64) -> Result<u64, Error> {
        check_key(key)?;
        let configured = &self.session.configured;
        self.ask("increment", configured.store.increment(&self.place, key, delta, configured.limits.function))
            .await
    }
}

fn check_key(key: &str) -> Result<(), Error> {
    match key.len() {
        0 => Err(other("invalid-key", "it is empty")),
        size if size > MAX_KEY => Err(other("invalid-key", format_args!("{size} bytes, over {MAX_KEY}"))),
        _ if key.contains('\0') => Err(other("invalid-key", "it holds a NUL")),
        _ => Ok(()),
    }
}

fn check_keys<'a>(keys: impl ExactSizeIterator<Item = &'a String>) -> Result<(), Error> {
    match keys.len() {
        count if count > MAX_BATCH => {
            Err(other("too-large", format_args!("{count} keys in a batch, over {MAX_BATCH}")))
        }
        _ => keys.map(String::as_str).try_for_each(check_key),
    }
}

fn opened(view: &View<'_>, bucket: &Resource<Bucket>) -> wasmtime::Result<Bucket> {
    Ok(view.table.get(bucket)?.clone())
}

impl store::Host for View<'_> {
    async fn open(&mut self, identifier: String) -> wasmtime::Result<Result<Resource<Bucket>, Error>> {
        let opened = self.services.session::<KeyValue>()?.open(identifier);
        Ok(match opened {
            Ok(bucket) => Ok(self.table.push(bucket)?),
            Err(error) => Err(error),
        })
    }
}

impl store::HostBucket for View<'_> {
    async fn get(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let found = opened(self, &bucket)?.get(&[key]).await;
        Ok(found.map(|values| values.into_iter().next().flatten()))
    }

    async fn set(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(opened(self, &bucket)?.set(vec![(key, value)]).await)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(opened(self, &bucket)?.delete(&[key]).await)
    }

    async fn exists(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        Ok(opened(self, &bucket)?.exists(&key).await)
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<u64>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        Ok(opened(self, &bucket)?.keys(cursor.unwrap_or(0)).await)
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for View<'_> {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: u64,
    ) -> wasmtime::Result<Result<u64, Error>> {
        Ok(opened(self, &bucket)?.increment(&key, delta).await)
    }
}

impl batch::Host for View<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Option<(String, Vec<u8>)>>, Error>> {
        let found = opened(self, &bucket)?.get(&keys).await;
        let with_key = |(key, value): (String, Option<Vec<u8>>)| value.map(|value| (key, value));
        Ok(found.map(|values| keys.into_iter().zip(values).map(with_key).collect()))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        key_values: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(opened(self, &bucket)?.set(key_values).await)
    }

    async fn delete_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(opened(self, &bucket)?.delete(&keys).await)
    }
}
