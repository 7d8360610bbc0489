//! `native.services.storage`: buckets and objects. Bodies go chunk by chunk: an upload is written to, a download read from.

use super::refusal::{Refusal, ServiceError};
use crate::native::body;
use crate::task;
use rquickjs::{Ctx, Function, IntoJs, Object, Promise, Result, Value};
use std::time::{Duration, UNIX_EPOCH};
use wasmforge_sdk::storage::{self, Bucket, BucketInfo, Error, ObjectInfo, Page, Range};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let storage = Object::new(ctx.clone())?;
    storage.set("put", Function::new(ctx.clone(), put)?)?;
    storage.set("get", Function::new(ctx.clone(), get)?)?;
    storage.set("head", Function::new(ctx.clone(), head)?)?;
    storage.set("list", Function::new(ctx.clone(), list)?)?;
    storage.set("delete", Function::new(ctx.clone(), delete)?)?;
    storage.set("copy", Function::new(ctx.clone(), copy)?)?;
    storage.set("signedUrl", Function::new(ctx.clone(), signed_url)?)?;
    storage.set("info", Function::new(ctx.clone(), info)?)?;
    services.set("storage", storage)
}

/// The bucket of a name, for the platform where `service` says so.
fn bucket(name: String, service: bool) -> Bucket {
    let bucket = storage::bucket(name);
    if service { bucket.as_service() } else { bucket }
}

/// Writes an object. A promise of what is known of it.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn put<'js>(
    ctx: Ctx<'js>,
    name: String,
    service: bool,
    key: String,
    content_type: Option<String>,
    content: Value<'js>,
) -> Result<Promise<'js>> {
    let mut put = bucket(name, service).put(key, body::of_value(&content)?);
    if let Some(content_type) = content_type {
        put = put.content_type(content_type);
    }
    task::settled(&ctx, async { put.await.map(Info).map_err(Refusal::from) })
}

/// Reads an object, or bytes of it: from `first` to `last`, both included, to the end without `last`, the last so many
/// without `first`.
fn get(
    ctx: Ctx<'_>,
    name: String,
    service: bool,
    key: String,
    first: Option<f64>,
    last: Option<f64>,
) -> Result<Promise<'_>> {
    let get = bucket(name, service).get(key);
    let get = match (first.map(whole), last.map(whole)) {
        (None, None) => get,
        (Some(first), None) => get.range(Range::From(first)),
        (Some(first), Some(last)) => get.range(Range::Between(first, last)),
        (None, Some(count)) => get.range(Range::Last(count)),
    };
    task::settled(&ctx, async { get.await.map(Opened).map_err(Refusal::from) })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the layer lets whole numbers pass only"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

fn head(ctx: Ctx<'_>, name: String, service: bool, key: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { Ok::<_, Refusal>(Info(bucket(name, service).head(key).await?)) })
}

fn list(
    ctx: Ctx<'_>,
    name: String,
    service: bool,
    prefix: String,
    after: Option<String>,
    limit: u32,
) -> Result<Promise<'_>> {
    let mut list = bucket(name, service).list().prefix(prefix).limit(limit);
    if let Some(after) = after {
        list = list.after(after);
    }
    task::settled(&ctx, async { list.await.map(Listed).map_err(Refusal::from) })
}

fn delete(ctx: Ctx<'_>, name: String, service: bool, key: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { Ok::<_, Refusal>(bucket(name, service).delete(key).await?) })
}

fn copy(ctx: Ctx<'_>, name: String, service: bool, from: String, to: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { Ok::<_, Refusal>(Info(bucket(name, service).copy(from, to).await?)) })
}

fn signed_url(ctx: Ctx<'_>, name: String, service: bool, key: String, seconds: u32) -> Result<Promise<'_>> {
    let lifetime = Duration::from_secs(seconds.into());
    task::settled(
        &ctx,
        async move { Ok::<_, Refusal>(bucket(name, service).signed_url(key, lifetime).await?) },
    )
}

fn info(ctx: Ctx<'_>, name: String, service: bool) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { Ok::<_, Refusal>(About(bucket(name, service).info().await?)) })
}

#[allow(clippy::cast_precision_loss, reason = "no object has 2^53 bytes")]
fn about<'js>(ctx: &Ctx<'js>, info: ObjectInfo) -> Result<Object<'js>> {
    let about = Object::new(ctx.clone())?;
    about.set("key", info.key)?;
    about.set("size", info.size as f64)?;
    about.set("contentType", info.content_type)?;
    about.set("etag", info.etag)?;
    let uploaded = info.uploaded_at.duration_since(UNIX_EPOCH).unwrap_or_default();
    about.set("uploadedAt", uploaded.as_millis() as f64)?;
    about.set("uploadedBy", info.uploaded_by)?;
    Ok(about)
}

struct Info(ObjectInfo);

impl<'js> IntoJs<'js> for Info {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        about(ctx, self.0).map(Object::into_value)
    }
}

/// `{ info, first, length, body }`, the last a number.
struct Opened(storage::Object);

impl<'js> IntoJs<'js> for Opened {
    #[allow(clippy::cast_precision_loss, reason = "no object has 2^53 bytes")]
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let storage::Object { info, range: (first, length), body: content, .. } = self.0;
        let opened = Object::new(ctx.clone())?;
        opened.set("info", about(ctx, info)?)?;
        opened.set("first", first as f64)?;
        opened.set("length", length as f64)?;
        opened.set("body", body::keep(content))?;
        Ok(opened.into_value())
    }
}

struct Listed(Page);

impl<'js> IntoJs<'js> for Listed {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let page = Object::new(ctx.clone())?;
        page.set("objects", self.0.objects.into_iter().map(Info).collect::<Vec<_>>())?;
        page.set("next", self.0.next)?;
        Ok(page.into_value())
    }
}

struct About(BucketInfo);

impl<'js> IntoJs<'js> for About {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let about = Object::new(ctx.clone())?;
        about.set("name", self.0.name)?;
        about.set("public", self.0.public)?;
        Ok(about.into_value())
    }
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::Unavailable(_) => "unavailable",
            Self::InvalidCredential => "invalid-credential",
            Self::NoSuchBucket(_) => "no-such-bucket",
            Self::NoSuchObject(_) => "no-such-object",
            Self::Forbidden(_) => "forbidden",
            Self::InvalidBucket(_) => "invalid-bucket",
            Self::InvalidKey(_) => "invalid-key",
            Self::InvalidContentType => "invalid-content-type",
            Self::TooLarge(_) => "too-large",
            Self::WrongSize(_) => "wrong-size",
            Self::RangeNotSatisfiable(_) => "range-not-satisfiable",
            Self::Timeout => "timeout",
            Self::Body(_) => "broken",
            _ => "backend",
        }
    }
}
