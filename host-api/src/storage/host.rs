//! The interface `wasmforge:platform/storage`.

use super::database::Actor;
use super::grant::GrantedIdentity;
use super::location::{Location, check_bucket, check_content_type};
use super::metadata::{self, Listing};
use super::objects::{self, Objects, Reading, Wanted};
use super::streams::{Download, Feed};
use super::upload::{self, Plan};
use super::{Service, Storage, StorageError, StorageSession};
use crate::auth::Identity;
use crate::calls::timed;
use crate::{InvocationContext, Pending, View};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wasmforge_sandbox::{CallKind, RunningCall};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, subscribe};

pub(super) mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world storage { import wasmforge:platform/storage@0.1.0; }",
        world: "wasmforge:host/storage",
        imports: { default: trappable },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasmforge:platform/storage.bucket": super::Bucket,
            "wasmforge:platform/storage.upload": super::Upload,
            "wasmforge:platform/storage.object": super::Object,
            "wasmforge:platform/storage.future-done": super::FutureDone,
            "wasmforge:platform/storage.future-info": super::FutureInfo,
            "wasmforge:platform/storage.future-object": super::FutureObject,
            "wasmforge:platform/storage.future-page": super::FuturePage,
            "wasmforge:platform/storage.future-bucket": super::FutureBucket,
            "wasmforge:platform/storage.future-url": super::FutureUrl,
        },
    });

    pub(in crate::storage) use self::wasmforge::platform::storage;
}

use bindings::storage as wit;

/// Objects that an invocation has open for writing at once: each may hold a part of S3's size in memory.
const MAX_UPLOADS: u32 = 4;

type Result<T> = std::result::Result<T, StorageError>;
/// A deletion.
pub type FutureDone = Pending<Result<()>>;
/// An object's row.
pub type FutureInfo = Pending<Result<metadata::ObjectInfo>>;
/// An object that is being opened.
pub type FutureObject = Pending<Result<Reading>>;
/// A listing.
pub type FuturePage = Pending<Result<objects::Page>>;
/// A bucket's row.
pub type FutureBucket = Pending<Result<metadata::BucketInfo>>;
/// A URL that is being signed.
pub type FutureUrl = Pending<Result<String>>;

/// A bucket that a guest may use.
pub struct Bucket {
    name: String,
    actor: Actor,
    objects: Arc<Objects>,
    invocation: Arc<InvocationContext>,
    uploads: Arc<AtomicU32>,
}

impl Bucket {
    fn location(&self, key: &str) -> Result<Location> {
        Location::new(&self.name, key)
    }
}

/// An object that a guest writes.
pub struct Upload {
    upload: upload::Upload,
    call: RunningCall,
    _open: OpenUpload,
}

/// Counts an upload for as long as it is open.
struct OpenUpload(Arc<AtomicU32>);

impl OpenUpload {
    fn count(uploads: &Arc<AtomicU32>) -> Result<Self> {
        let open = Self(uploads.clone());
        match uploads.fetch_add(1, Ordering::Relaxed) {
            0..MAX_UPLOADS => Ok(open),
            _ => Err(StorageError::Backend(format!("more than {MAX_UPLOADS} objects are being written"))),
        }
    }
}

impl Drop for OpenUpload {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An object that a guest reads.
pub struct Object {
    info: metadata::ObjectInfo,
    range: (u64, u64),
    body: Option<Download>,
}

impl StorageSession {
    fn open(&self, name: String, identity: wit::Identity) -> Result<Bucket> {
        let Self { configured, invocation, uploads } = self;
        check_bucket(&name)?;
        if !configured.grant.allows(&name) {
            return Err(StorageError::NotGranted(format!("storage.buckets: {name:?}")));
        }
        let Service { objects, keys } = configured.storage.service()?;
        let identity = match identity {
            wit::Identity::Service if configured.grant.identity != GrantedIdentity::Service => {
                return Err(StorageError::NotGranted("storage.as: \"service\"".to_owned()));
            }
            wit::Identity::Service => Identity::service(),
            wit::Identity::Caller => invocation.caller.identity(&keys.credentials())?.clone(),
        };
        let (invocation, uploads) = (invocation.clone(), uploads.clone());
        Ok(Bucket { name, actor: Actor::of(&identity), objects: objects.clone(), invocation, uploads })
    }
}

impl View<'_> {
    /// Begins a call, and hands out what it needs.
    fn storage_call(
        &mut self,
        what: &str,
        bucket: &Resource<Bucket>,
    ) -> wasmtime::Result<(RunningCall, &Bucket)> {
        let bucket = self.table.get(bucket)?;
        let name = format!("{what} {}", bucket.name);
        Ok((bucket.invocation.usage.begin_call(CallKind::Storage, name), bucket))
    }

    fn storage_pending<T: Send + 'static>(
        &mut self,
        call: RunningCall,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> wasmtime::Result<Resource<Pending<Result<T>>>> {
        Ok(self.table.push(Pending::new(timed(call, work)))?)
    }
}

impl wit::Host for View<'_> {
    fn open(
        &mut self,
        name: String,
        identity: wit::Identity,
    ) -> wasmtime::Result<std::result::Result<Resource<Bucket>, wit::Error>> {
        match self.services.session::<Storage>()?.open(name, identity) {
            Ok(bucket) => Ok(Ok(self.table.push(bucket)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl wit::HostBucket for View<'_> {
    fn info(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<Resource<FutureBucket>> {
        let (call, Bucket { name, objects, invocation, .. }) = self.storage_call("info", &bucket)?;
        let (name, objects, until) = (name.clone(), objects.clone(), invocation.deadline);
        self.storage_pending(call, async move { objects.bucket(until, &name).await })
    }

    fn put(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        content_type: Option<String>,
        size: Option<u64>,
    ) -> wasmtime::Result<std::result::Result<Resource<Upload>, wit::Error>> {
        let (call, bucket) = self.storage_call("put", &bucket)?;
        let begun = bucket.location(&key).and_then(|at| {
            check_content_type(content_type.as_deref())?;
            let open = OpenUpload::count(&bucket.uploads)?;
            let (actor, until) = (bucket.actor.clone(), bucket.invocation.deadline);
            let plan = Plan { at, actor, content_type, size, until };
            Ok(Upload { upload: upload::Upload::begin(bucket.objects.clone(), plan), call, _open: open })
        });
        match begun {
            Ok(upload) => Ok(Ok(self.table.push(upload)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn get(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        range: Option<wit::ByteRange>,
    ) -> wasmtime::Result<Resource<FutureObject>> {
        let (call, bucket) = self.storage_call("get", &bucket)?;
        let (at, actor) = (bucket.location(&key), bucket.actor.clone());
        let (objects, until) = (bucket.objects.clone(), bucket.invocation.deadline);
        self.storage_pending(
            call,
            async move { objects.get(until, &actor, &at?, range.map(Wanted::from)).await },
        )
    }

    fn head(&mut self, bucket: Resource<Bucket>, key: String) -> wasmtime::Result<Resource<FutureInfo>> {
        let (call, bucket) = self.storage_call("head", &bucket)?;
        let (at, actor) = (bucket.location(&key), bucket.actor.clone());
        let (objects, until) = (bucket.objects.clone(), bucket.invocation.deadline);
        self.storage_pending(call, async move { objects.head(until, &actor, &at?).await })
    }

    fn list(
        &mut self,
        bucket: Resource<Bucket>,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Resource<FuturePage>> {
        let (call, bucket) = self.storage_call("list", &bucket)?;
        let (name, actor) = (bucket.name.clone(), bucket.actor.clone());
        let (objects, until) = (bucket.objects.clone(), bucket.invocation.deadline);
        let listing = Listing { prefix, after, limit };
        self.storage_pending(call, async move { objects.list(until, &actor, &name, listing).await })
    }

    fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> wasmtime::Result<Resource<FutureDone>> {
        let (call, bucket) = self.storage_call("delete", &bucket)?;
        let (at, actor) = (bucket.location(&key), bucket.actor.clone());
        let (objects, until) = (bucket.objects.clone(), bucket.invocation.deadline);
        self.storage_pending(call, async move { objects.delete(until, &actor, &at?).await })
    }

    fn copy(
        &mut self,
        bucket: Resource<Bucket>,
        from: String,
        to: String,
    ) -> wasmtime::Result<Resource<FutureInfo>> {
        let (call, bucket) = self.storage_call("copy", &bucket)?;
        let (from, to, actor) = (bucket.location(&from), bucket.location(&to), bucket.actor.clone());
        let (objects, until) = (bucket.objects.clone(), bucket.invocation.deadline);
        self.storage_pending(call, async move { objects.copy(until, &actor, &from?, &to?).await })
    }

    fn signed_url(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        seconds: u32,
    ) -> wasmtime::Result<Resource<FutureUrl>> {
        let (call, bucket) = self.storage_call("sign", &bucket)?;
        let (at, actor) = (bucket.location(&key), bucket.actor.clone());
        let (objects, until) = (bucket.objects.clone(), bucket.invocation.deadline);
        self.storage_pending(call, async move { objects.signed_url(until, &actor, &at?, seconds).await })
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl wit::HostUpload for View<'_> {
    fn body(
        &mut self,
        upload: Resource<Upload>,
    ) -> wasmtime::Result<std::result::Result<Resource<DynOutputStream>, ()>> {
        let Some(chunks) = self.table.get_mut(&upload)?.upload.chunks.take() else { return Ok(Err(())) };
        let stream: DynOutputStream = Box::new(Feed(chunks));
        Ok(Ok(self.table.push_child(stream, &upload)?))
    }

    fn finish(&mut self, upload: Resource<Upload>) -> wasmtime::Result<Resource<FutureInfo>> {
        let Upload { upload, call, _open } = self.table.delete(upload)?;
        self.storage_pending(call, async move {
            let stored = upload.finish().await;
            drop(_open);
            stored
        })
    }

    fn drop(&mut self, upload: Resource<Upload>) -> wasmtime::Result<()> {
        self.table.delete(upload)?;
        Ok(())
    }
}

impl wit::HostObject for View<'_> {
    fn info(&mut self, object: Resource<Object>) -> wasmtime::Result<wit::ObjectInfo> {
        Ok(self.table.get(&object)?.info.clone().into())
    }

    fn range(&mut self, object: Resource<Object>) -> wasmtime::Result<(u64, u64)> {
        Ok(self.table.get(&object)?.range)
    }

    fn body(
        &mut self,
        object: Resource<Object>,
    ) -> wasmtime::Result<std::result::Result<Resource<DynInputStream>, ()>> {
        let Some(body) = self.table.get_mut(&object)?.body.take() else { return Ok(Err(())) };
        let stream: DynInputStream = Box::new(body);
        Ok(Ok(self.table.push(stream)?))
    }

    fn drop(&mut self, object: Resource<Object>) -> wasmtime::Result<()> {
        self.table.delete(object)?;
        Ok(())
    }
}

/// A guest that asks for a result again that it has had.
fn taken() -> wasmtime::Error {
    wasmtime::format_err!("the result was handed out already")
}

macro_rules! futures {
    ($($host:ident for $future:ident gives $value:ty, by $convert:expr;)+) => {$(
        impl wit::$host for View<'_> {
            fn subscribe(&mut self, future: Resource<$future>) -> wasmtime::Result<Resource<DynPollable>> {
                subscribe(self.table, future)
            }

            fn get(
                &mut self,
                future: Resource<$future>,
            ) -> wasmtime::Result<Option<std::result::Result<$value, wit::Error>>> {
                match self.table.get_mut(&future)?.take() {
                    None => Ok(None),
                    Some(None) => Err(taken()),
                    Some(Some(Err(error))) => Ok(Some(Err(error.into()))),
                    Some(Some(Ok(value))) => Ok(Some(Ok($convert(self, value)?))),
                }
            }

            fn drop(&mut self, future: Resource<$future>) -> wasmtime::Result<()> {
                self.table.delete(future)?;
                Ok(())
            }
        }
    )+};
}

futures! {
    HostFutureDone for FutureDone gives (), by plain;
    HostFutureInfo for FutureInfo gives wit::ObjectInfo, by plain;
    HostFuturePage for FuturePage gives wit::Page, by plain;
    HostFutureBucket for FutureBucket gives wit::BucketInfo, by plain;
    HostFutureUrl for FutureUrl gives String, by plain;
    HostFutureObject for FutureObject gives Resource<Object>, by opened;
}

fn plain<T: Into<U>, U>(_: &mut View<'_>, value: T) -> wasmtime::Result<U> {
    Ok(value.into())
}

fn opened(view: &mut View<'_>, reading: Reading) -> wasmtime::Result<Resource<Object>> {
    let Reading { info, range, bytes } = reading;
    let size = range.end - range.start;
    let body = Some(Download::new(bytes, size, view.services.invocation().deadline));
    Ok(view.table.push(Object { info, range: (range.start, size), body })?)
}
