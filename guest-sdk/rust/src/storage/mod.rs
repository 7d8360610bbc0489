//! Buckets and objects: files that the platform keeps, with row-level security.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{Request, Response, Result, storage};
//! use std::time::Duration;
//!
//! async fn keep(req: Request) -> Result<Response> {
//!     let photos = storage::bucket("photos");
//!     let stored = photos.put("cats/1.jpg", req.into_body()).content_type("image/jpeg").await?;
//!     let url = photos.signed_url(&stored.key, Duration::from_secs(3600)).await?;
//!     Ok(Response::new(url.into()))
//! }
//! # let answer = wasmforge::block_on(async {
//! #     keep(Request::new("bytes".into())).await.unwrap();
//! #     storage::bucket("photos").get("cats/1.jpg").await.unwrap().body.text().await.unwrap()
//! # });
//! # assert_eq!(answer, "bytes");
//! ```
//!
//! A bucket acts for the caller of the function: what row-level security hides is not there, and what it forbids is
//! [`Error::Forbidden`]. [`Bucket::as_service`] acts for the platform instead, which the function must be granted.
//!
//! Objects stream both ways, and never have to fit into the function's memory. In tests on the host they are kept in
//! memory, and every bucket is there; see [`testing::storage`](crate::testing::storage).

mod error;

pub use error::Error;

use crate::{Body, host};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// What operations return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation under way.
type Operation<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// A bucket. Having one does not mean that it exists.
#[must_use]
pub fn bucket(name: impl Into<String>) -> Bucket {
    Bucket { name: name.into(), service: false }
}

/// A bucket, and whom its operations act for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub(crate) name: String,
    pub(crate) service: bool,
}

/// What is known of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketInfo {
    /// Its name.
    pub name: String,
    /// Whether everybody may read its objects.
    pub public: bool,
}

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// Its name in the bucket.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Its media type.
    pub content_type: Option<String>,
    /// Changes with its bytes.
    pub etag: Option<String>,
    /// When it was last written.
    pub uploaded_at: SystemTime,
    /// The user who created it.
    pub uploaded_by: Option<String>,
}

/// An object that is being read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Object {
    /// What is known of it.
    pub info: ObjectInfo,
    /// The first byte of [`Object::body`] in the object, and how many there are.
    pub range: (u64, u64),
    /// Its bytes, or the range that was asked for.
    pub body: Body,
}

/// Some of a bucket's objects, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The objects.
    pub objects: Vec<ObjectInfo>,
    /// What to give to [`List::after`] for the next page; `None` on the last one.
    pub next: Option<String>,
}

/// Which bytes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From this one to the last.
    From(u64),
    /// From the first to the second, both included.
    Between(u64, u64),
    /// The last so many.
    Last(u64),
}

impl Bucket {
    /// The same bucket for the platform itself, past row-level security. Needs the grant `"storage": {"as": "service"}`.
    #[must_use]
    pub fn as_service(self) -> Self {
        Self { service: true, ..self }
    }

    /// Writes an object, or replaces it. It is there as a whole once this is done, and not at all if it fails.
    ///
    /// A key is 1 to 1024 bytes; parts between slashes are neither empty nor `.`, and `..` is nowhere in it.
    ///
    /// ```
    /// # use wasmforge_sdk::*;
    /// # block_on(async {
    /// let stored = storage::bucket("notes").put("a.txt", "hello").content_type("text/plain").await?;
    /// assert_eq!(stored.size, 5);
    /// # Ok::<(), storage::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error`]; [`Error::Body`] if the body broke off.
    pub fn put(&self, key: impl Into<String>, body: impl Into<Body>) -> Put {
        Put { bucket: self.clone(), key: key.into(), body: body.into(), content_type: None }
    }

    /// Reads an object. In a public bucket everybody may.
    ///
    /// ```
    /// # use wasmforge_sdk::*;
    /// # block_on(async {
    /// # let notes = storage::bucket("notes");
    /// # notes.put("a.txt", "hello, you").await?;
    /// let object = notes.get("a.txt").range(storage::Range::Last(3)).await?;
    /// assert_eq!(object.body.text().await.unwrap(), "you");
    /// # Ok::<(), storage::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error`]; [`Error::RangeNotSatisfiable`] for a range without a byte.
    pub fn get(&self, key: impl Into<String>) -> Get {
        Get { bucket: self.clone(), key: key.into(), range: None }
    }

    /// What is known of an object.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn head(&self, key: impl Into<String>) -> Result<ObjectInfo> {
        host::storage::head(self, key.into()).await
    }

    /// Lists objects, 100 unless it is told otherwise.
    ///
    /// ```
    /// # use wasmforge_sdk::*;
    /// # block_on(async {
    /// # let notes = storage::bucket("notes");
    /// # notes.put("2026/a", "").await?;
    /// # notes.put("2027/a", "").await?;
    /// let page = notes.list().prefix("2026/").limit(10).await?;
    /// assert_eq!(page.objects[0].key, "2026/a");
    /// assert_eq!(page.next, None);
    /// # Ok::<(), storage::Error>(()) }).unwrap();
    /// ```
    pub fn list(&self) -> List {
        List { bucket: self.clone(), prefix: String::new(), after: None, limit: 100 }
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NoSuchObject`] if there is none, or the caller does not see it.
    pub async fn delete(&self, key: impl Into<String>) -> Result<()> {
        host::storage::delete(self, key.into()).await
    }

    /// Copies an object within the bucket, replacing what is there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn copy(&self, from: impl Into<String>, to: impl Into<String>) -> Result<ObjectInfo> {
        host::storage::copy(self, from.into(), to.into()).await
    }

    /// A URL that anybody can read the object with, for one second to seven days.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn signed_url(&self, key: impl Into<String>, lifetime: Duration) -> Result<String> {
        let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
        host::storage::signed_url(self, key.into(), seconds).await
    }

    /// What is known of the bucket.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NoSuchBucket`] if it does not exist.
    pub async fn info(&self) -> Result<BucketInfo> {
        host::storage::info(self).await
    }
}

/// An object to write: see [`Bucket::put`].
#[derive(Debug)]
#[must_use = "nothing is written before this is awaited"]
pub struct Put {
    pub(crate) bucket: Bucket,
    pub(crate) key: String,
    pub(crate) body: Body,
    pub(crate) content_type: Option<String>,
}

impl Put {
    /// Its media type.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        Self { content_type: Some(content_type.into()), ..self }
    }
}

impl IntoFuture for Put {
    type Output = Result<ObjectInfo>;
    type IntoFuture = Operation<ObjectInfo>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(host::storage::put(self))
    }
}

/// An object to read: see [`Bucket::get`].
#[derive(Debug)]
#[must_use = "nothing is read before this is awaited"]
pub struct Get {
    pub(crate) bucket: Bucket,
    pub(crate) key: String,
    pub(crate) range: Option<Range>,
}

impl Get {
    /// Some of its bytes only.
    pub fn range(self, range: Range) -> Self {
        Self { range: Some(range), ..self }
    }
}

impl IntoFuture for Get {
    type Output = Result<Object>;
    type IntoFuture = Operation<Object>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(host::storage::get(self))
    }
}

/// What to list: see [`Bucket::list`].
#[derive(Clone, Debug)]
#[must_use = "nothing is listed before this is awaited"]
pub struct List {
    pub(crate) bucket: Bucket,
    pub(crate) prefix: String,
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
}

impl List {
    /// Only objects whose keys begin with this.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Only objects whose keys come after this one: [`Page::next`] of the page before.
    pub fn after(self, key: impl Into<String>) -> Self {
        Self { after: Some(key.into()), ..self }
    }

    /// How many at most: 1 to 1000.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }
}

impl IntoFuture for List {
    type Output = Result<Page>;
    type IntoFuture = Operation<Page>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(host::storage::list(self))
    }
}
