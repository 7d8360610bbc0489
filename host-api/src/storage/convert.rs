//! Our words in the interface's.

use super::StorageError;
use super::host::bindings::storage as wit;
use super::metadata::{BucketInfo, ObjectInfo};
use super::objects::{Page, Wanted};
use std::time::UNIX_EPOCH;

impl From<wit::ByteRange> for Wanted {
    fn from(range: wit::ByteRange) -> Self {
        match range {
            wit::ByteRange::From(first) => Self::From(first),
            wit::ByteRange::Between((first, last)) => Self::Between(first, last),
            wit::ByteRange::Last(count) => Self::Last(count),
        }
    }
}

impl From<ObjectInfo> for wit::ObjectInfo {
    fn from(info: ObjectInfo) -> Self {
        let millis = info.uploaded_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Self {
            key: info.key,
            size: info.size,
            content_type: info.content_type,
            etag: info.etag,
            uploaded_at: u64::try_from(millis).unwrap_or(u64::MAX),
            uploaded_by: info.uploaded_by,
        }
    }
}

impl From<BucketInfo> for wit::BucketInfo {
    fn from(info: BucketInfo) -> Self {
        Self { name: info.name, public: info.public }
    }
}

impl From<Page> for wit::Page {
    fn from(page: Page) -> Self {
        Self { objects: page.objects.into_iter().map(Into::into).collect(), next: page.next }
    }
}

impl From<StorageError> for wit::Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NotGranted(grant) => Self::NotGranted(grant),
            StorageError::Unavailable(reason) => Self::Unavailable(reason),
            StorageError::InvalidCredential => Self::InvalidCredential,
            StorageError::NoSuchBucket(name) => Self::NoSuchBucket(name),
            StorageError::NoSuchObject(key) => Self::NoSuchObject(key),
            StorageError::Forbidden(key) => Self::Forbidden(key),
            StorageError::InvalidBucket(name) => Self::InvalidBucket(name),
            StorageError::InvalidKey(reason) => Self::InvalidKey(reason),
            StorageError::InvalidContentType => Self::InvalidContentType,
            StorageError::TooLarge(limit) => Self::TooLarge(limit),
            StorageError::WrongSize(size) => Self::WrongSize(size),
            StorageError::RangeNotSatisfiable(size) => Self::RangeNotSatisfiable(size),
            StorageError::Timeout => Self::Timeout,
            StorageError::Backend(reason) => Self::Backend(reason),
        }
    }
}
