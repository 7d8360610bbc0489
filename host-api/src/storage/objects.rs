//! What can be done with objects, whoever asks.

use super::StorageError;
use super::backend::Backend;
use super::database::{Actor, in_time};
use super::location::{Location, check_bucket};
use super::metadata::{BucketInfo, Listing, Metadata, ObjectInfo};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::{GetOptions, GetRange, ObjectStoreExt as _};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Objects that a process writes at once. Each holds a part in memory; further ones wait.
const UPLOADS: usize = 64;

/// How long cleaning up may take when an invocation's own time is over.
pub(super) const CLEANING: Duration = Duration::from_secs(20);

/// The longest that a signed URL lasts: S3's limit.
const MAX_LIFETIME: u32 = 7 * 24 * 3600;

/// The most objects on a page.
const MAX_PAGE: u32 = 1000;

/// Bytes and rows together.
pub(super) struct Objects {
    pub(super) backend: Backend,
    pub(super) metadata: Metadata,
    uploads: Arc<Semaphore>,
}

/// Which bytes of an object are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    From(u64),
    Between(u64, u64),
    Last(u64),
}

impl Wanted {
    fn of(self, size: u64) -> Result<Range<u64>, StorageError> {
        let range = match self {
            Self::From(first) => first..size,
            Self::Between(first, last) => first..last.saturating_add(1).min(size),
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        if range.is_empty() { Err(StorageError::RangeNotSatisfiable(size)) } else { Ok(range) }
    }
}

/// An object that is being read.
pub struct Reading {
    pub(super) info: ObjectInfo,
    pub(super) range: Range<u64>,
    pub(super) bytes: BoxStream<'static, object_store::Result<Bytes>>,
}

/// Some of a bucket's objects.
pub struct Page {
    pub(super) objects: Vec<ObjectInfo>,
    pub(super) next: Option<String>,
}

impl Objects {
    pub(super) fn new(backend: Backend, metadata: Metadata) -> Self {
        Self { backend, metadata, uploads: Arc::new(Semaphore::new(UPLOADS)) }
    }

    /// The right to write one object, once it is this one's turn.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit, StorageError> {
        self.uploads.clone().acquire_owned().await.map_err(StorageError::backend)
    }

    pub(super) async fn bucket(&self, until: Instant, name: &str) -> Result<BucketInfo, StorageError> {
        check_bucket(name)?;
        self.metadata.bucket(until, name).await
    }

    /// An object's row. Everybody sees what is in a public bucket.
    pub(super) async fn head(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
    ) -> Result<ObjectInfo, StorageError> {
        let bucket = self.metadata.bucket(until, &at.bucket).await?;
        let actor = if bucket.public { &Actor::Platform } else { actor };
        match self.metadata.find(until, actor, at).await {
            // Who may read nothing at all is told no more than who may read something else.
            Err(StorageError::Forbidden(key)) => Err(StorageError::NoSuchObject(key)),
            found => found,
        }
    }

    pub(super) async fn get(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
        wanted: Option<Wanted>,
    ) -> Result<Reading, StorageError> {
        let info = self.head(until, actor, at).await?;
        let range = match wanted {
            Some(wanted) => wanted.of(info.size)?,
            None => 0..info.size,
        };
        let options =
            GetOptions { range: wanted.map(|_| GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let path = self.backend.path(at)?;
        let get = async {
            self.backend.store.get_opts(&path, options).await.map_err(|error| match error {
                object_store::Error::NotFound { .. } => StorageError::NoSuchObject(at.key.clone()),
                other => StorageError::of_store(other),
            })
        };
        let result = in_time(until, get).await?;
        Ok(Reading { info, range, bytes: result.into_stream() })
    }

    pub(super) async fn list(
        &self,
        until: Instant,
        actor: &Actor,
        bucket: &str,
        mut listing: Listing,
    ) -> Result<Page, StorageError> {
        listing.limit = listing.limit.clamp(1, MAX_PAGE);
        self.metadata.bucket(until, bucket).await?;
        let mut objects = self.metadata.list(until, actor, bucket, &listing).await?;
        let limit = usize::try_from(listing.limit).unwrap_or(usize::MAX);
        let more = objects.len() > limit;
        objects.truncate(limit);
        let next = objects.last().filter(|_| more).map(|object| object.key.clone());
        Ok(Page { objects, next })
    }

    /// Deletes the row, then the bytes, and makes both last: if the bytes stay, so does the row.
    pub(super) async fn delete(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
    ) -> Result<(), StorageError> {
        self.metadata.bucket(until, &at.bucket).await?;
        let path = self.backend.path(at)?;
        let row = self.metadata.delete(until, actor, at).await?;
        row.check().await?;
        let delete = async {
            match self.backend.store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(StorageError::of_store(error)),
            }
        };
        in_time(until, delete).await?;
        row.commit().await
    }

    /// Copies an object that the actor sees to a key that the actor may write.
    pub(super) async fn copy(
        &self,
        until: Instant,
        actor: &Actor,
        from: &Location,
        to: &Location,
    ) -> Result<ObjectInfo, StorageError> {
        let source = self.head(until, actor, from).await?;
        let (source_path, target_path) = (self.backend.path(from)?, self.backend.path(to)?);
        let new = source.as_new();
        let (row, info) = self.metadata.write(until, actor, to, &new).await?;
        row.check().await?;
        if from != to {
            let copy = async {
                let copied = self.backend.store.copy(&source_path, &target_path).await;
                copied.map_err(|error| match error {
                    object_store::Error::NotFound { .. } => StorageError::NoSuchObject(from.key.clone()),
                    other => StorageError::of_store(other),
                })
            };
            in_time(until, copy).await?;
        }
        if let Err(error) = row.commit().await {
            self.remove_orphan(to).await;
            return Err(error);
        }
        Ok(info)
    }

    /// Removes bytes whose row is not there after all.
    pub(super) async fn remove_orphan(&self, at: &Location) {
        let gone = self.metadata.exists(Instant::now() + CLEANING, at).await;
        let (Ok(false), Ok(path)) = (gone, self.backend.path(at)) else { return };
        if let Err(error) = self.backend.store.delete(&path).await {
            tracing::warn!(%path, %error, "an object without a row was left in the store");
        }
    }

    pub(super) async fn signed_url(
        &self,
        until: Instant,
        actor: &Actor,
        at: &Location,
        seconds: u32,
    ) -> Result<String, StorageError> {
        self.head(until, actor, at).await?;
        let lifetime = Duration::from_secs(seconds.clamp(1, MAX_LIFETIME).into());
        in_time(until, self.backend.signed_url(at, lifetime)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_some_of_the_bytes_that_there_are() {
        assert_eq!(Wanted::From(3).of(10), Ok(3..10));
        assert_eq!(Wanted::Between(3, 5).of(10), Ok(3..6));
        assert_eq!(Wanted::Between(3, u64::MAX).of(10), Ok(3..10));
        assert_eq!(Wanted::Last(4).of(10), Ok(6..10));
        assert_eq!(Wanted::Last(40).of(10), Ok(0..10));
    }

    #[test]
    fn a_range_without_a_byte_cannot_be_had() {
        for wanted in [Wanted::From(10), Wanted::Between(5, 4), Wanted::Between(10, 12), Wanted::Last(0)] {
            assert_eq!(wanted.of(10), Err(StorageError::RangeNotSatisfiable(10)), "{wanted:?}");
        }
        assert!(Wanted::From(0).of(0).is_err());
    }
}
