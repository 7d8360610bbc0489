//! `wasmforge:platform/storage`.

use super::incoming::Incoming;
use super::{outgoing, reactor};
use crate::Body;
use crate::storage::{Bucket, BucketInfo, Error, Get, List, Object, ObjectInfo, Page, Put, Range, Result};
use std::time::{Duration, UNIX_EPOCH};

mod bindings {
    #![allow(missing_docs, clippy::all, reason = "generated")]
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world storage { import wasmforge:platform/storage@0.1.0; }",
        world: "wasmforge:guest/storage",
        with: {
            "wasi:io/poll@0.2.12": wasip2::io::poll,
            "wasi:io/streams@0.2.12": wasip2::io::streams,
        },
        generate_all,
    });
}

use bindings::wasmforge::platform::storage as wit;

/// Waits for a result.
macro_rules! wait {
    ($future:expr) => {{
        let future = $future;
        loop {
            match future.get() {
                Some(result) => break result.map_err(Error::from),
                None => reactor::ready(future.subscribe()).await,
            }
        }
    }};
}

fn open(bucket: &Bucket) -> Result<wit::Bucket> {
    let identity = if bucket.service { wit::Identity::Service } else { wit::Identity::Caller };
    Ok(wit::open(&bucket.name, identity)?)
}

pub(crate) async fn put(put: Put) -> Result<ObjectInfo> {
    let Put { bucket, key, body, content_type } = put;
    let upload = open(&bucket)?.put(&key, content_type.as_deref(), body.size())?;
    let stream = upload.body().map_err(|()| Error::Body("it was written already".to_owned()))?;
    match outgoing::copy(body.into_source(), &stream).await {
        // Why nobody reads any more is told at the end.
        Ok(()) | Err(crate::Error::Closed) => {}
        Err(error) => return Err(Error::Body(error.to_string())),
    }
    drop(stream);
    Ok(wait!(wit::Upload::finish(upload))?.into())
}

pub(crate) async fn get(get: Get) -> Result<Object> {
    let range = get.range.map(|range| match range {
        Range::From(first) => wit::ByteRange::From(first),
        Range::Between(first, last) => wit::ByteRange::Between((first, last)),
        Range::Last(count) => wit::ByteRange::Last(count),
    });
    let object = wait!(open(&get.bucket)?.get(&get.key, range))?;
    let stream = object.body().map_err(|()| Error::Body("it was read already".to_owned()))?;
    let body = Body::incoming(Incoming::of_stream(stream));
    Ok(Object { info: object.info().into(), range: object.range(), body })
}

pub(crate) async fn head(bucket: &Bucket, key: String) -> Result<ObjectInfo> {
    Ok(wait!(open(bucket)?.head(&key))?.into())
}

pub(crate) async fn list(list: List) -> Result<Page> {
    let List { bucket, prefix, after, limit } = list;
    let page = wait!(open(&bucket)?.list(&prefix, after.as_deref(), limit))?;
    Ok(Page { objects: page.objects.into_iter().map(Into::into).collect(), next: page.next })
}

pub(crate) async fn delete(bucket: &Bucket, key: String) -> Result<()> {
    wait!(open(bucket)?.delete(&key))
}

pub(crate) async fn copy(bucket: &Bucket, from: String, to: String) -> Result<ObjectInfo> {
    Ok(wait!(open(bucket)?.copy(&from, &to))?.into())
}

pub(crate) async fn signed_url(bucket: &Bucket, key: String, seconds: u32) -> Result<String> {
    wait!(open(bucket)?.signed_url(&key, seconds))
}

pub(crate) async fn info(bucket: &Bucket) -> Result<BucketInfo> {
    let info = wait!(open(bucket)?.info())?;
    Ok(BucketInfo { name: info.name, public: info.public })
}

impl From<wit::ObjectInfo> for ObjectInfo {
    fn from(info: wit::ObjectInfo) -> Self {
        Self {
            key: info.key,
            size: info.size,
            content_type: info.content_type,
            etag: info.etag,
            uploaded_at: UNIX_EPOCH + Duration::from_millis(info.uploaded_at),
            uploaded_by: info.uploaded_by,
        }
    }
}

impl From<wit::Error> for Error {
    fn from(error: wit::Error) -> Self {
        match error {
            wit::Error::NotGranted(grant) => Self::NotGranted(grant),
            wit::Error::Unavailable(reason) => Self::Unavailable(reason),
            wit::Error::InvalidCredential => Self::InvalidCredential,
            wit::Error::NoSuchBucket(name) => Self::NoSuchBucket(name),
            wit::Error::NoSuchObject(key) => Self::NoSuchObject(key),
            wit::Error::Forbidden(key) => Self::Forbidden(key),
            wit::Error::InvalidBucket(name) => Self::InvalidBucket(name),
            wit::Error::InvalidKey(reason) => Self::InvalidKey(reason),
            wit::Error::InvalidContentType => Self::InvalidContentType,
            wit::Error::TooLarge(limit) => Self::TooLarge(limit),
            wit::Error::WrongSize(size) => Self::WrongSize(size),
            wit::Error::RangeNotSatisfiable(size) => Self::RangeNotSatisfiable(size),
            wit::Error::Timeout => Self::Timeout,
            wit::Error::Backend(reason) => Self::Backend(reason),
        }
    }
}
