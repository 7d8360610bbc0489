//! Values under keys, kept by the platform: `wasi:keyvalue`.
//!
//! Every function has buckets of its own, and a bucket is there when it is opened. Entries outlive invocations and
//! deploys; `wasmforge run` keeps them for as long as it runs.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::kv;
//!
//! # async fn example() -> wasmforge::Result<()> {
//! let visits = kv::open("visits").await?;
//! let count = visits.increment("home", 1).await?;
//! visits.set("last", "home").await?;
//! assert_eq!(visits.get("last").await?.as_deref(), Some(&b"home"[..]));
//! # assert_eq!(count, 1);
//! # Ok(()) }
//! # wasmforge::block_on(example()).unwrap();
//! ```
//!
//! A key has 1 to 1024 bytes and no NUL, a value at most 1 MiB, all entries of a function 64 MiB unless the operator
//! chose otherwise. A call that writes several entries writes all of them or none.
//!
//! On the host, buckets are in memory: each test has its own, since each runs on a thread of its own.

use crate::host;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a call on a bucket failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A bucket cannot have this name.
    #[error("{0:?} is no name of a bucket")]
    NoSuchBucket(String),
    /// The function is not granted this bucket.
    #[error("not granted: keyvalue: [{0:?}]")]
    NotGranted(String),
    /// The store cannot be reached; says why.
    #[error("the key-value store is unavailable: {0}")]
    Unavailable(String),
    /// The store did not answer in time.
    #[error("the key-value store did not answer in time")]
    Timeout,
    /// The key cannot be one; says why.
    #[error("invalid key: {0}")]
    InvalidKey(String),
    /// A value or a batch is over its limit; says which.
    #[error("too large: {0}")]
    TooLarge(String),
    /// The function's entries would exceed what it may keep.
    #[error("the function keeps as much as it may")]
    Full,
    /// What was to be incremented is no decimal number of 64 bits, or the sum is none.
    #[error("the value is not a number that can be incremented")]
    NotANumber,
    /// A value is not the JSON that was asked for, or cannot be JSON.
    #[error("invalid JSON: {0}")]
    Json(String),
    /// Anything else that the host says.
    #[error("key-value: {0}")]
    Other(String),
}

impl Error {
    /// The error that the text of the interface's `other` stands for.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only the sandbox gets texts"))]
    pub(crate) fn of_text(text: String) -> Self {
        match text.split_once(": ") {
            Some(("unavailable", why)) => Self::Unavailable(why.to_owned()),
            Some(("timeout", _)) => Self::Timeout,
            Some(("invalid-key", why)) => Self::InvalidKey(why.to_owned()),
            Some(("too-large", why)) => Self::TooLarge(why.to_owned()),
            Some(("full", _)) => Self::Full,
            Some(("not-a-number", _)) => Self::NotANumber,
            _ => Self::Other(text),
        }
    }
}

impl From<Error> for crate::Error {
    /// `503` if the store is unavailable, `504` if it was late, `507` if it is full, else `500`.
    fn from(error: Error) -> Self {
        let status = match error {
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Error::Full => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::service(status, error)
    }
}

/// Opens a bucket of this function's, which need not have been created.
///
/// # Errors
/// [`Error::NoSuchBucket`] for a name that is empty, over 255 bytes or has control characters; [`Error::NotGranted`].
#[allow(clippy::unused_async, reason = "callers need not know which calls wait")]
pub async fn open(name: &str) -> Result<Bucket, Error> {
    host::open_bucket(name).map(Bucket)
}

/// An open bucket.
///
/// Every call may fail with [`Error::Unavailable`], [`Error::Timeout`], [`Error::InvalidKey`], [`Error::TooLarge`].
#[derive(Debug)]
pub struct Bucket(host::Bucket);

#[allow(clippy::unused_async, reason = "callers need not know which calls wait")]
impl Bucket {
    /// The value of a key; `None` if there is none.
    ///
    /// # Errors
    /// See [`Bucket`].
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(key)
    }

    /// The value of a key, read as JSON.
    ///
    /// # Errors
    /// [`Error::Json`] if it is none of that shape. See [`Bucket`] also.
    pub async fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let value = self.0.get(key)?;
        let parsed = value.map(|value| serde_json::from_slice(&value)).transpose();
        parsed.map_err(|error| Error::Json(error.to_string()))
    }

    /// Sets a key, whether it was there or not.
    ///
    /// # Errors
    /// [`Error::Full`]. See [`Bucket`] also.
    pub async fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        self.0.set(key, value.as_ref())
    }

    /// Sets a key to a value written as JSON.
    ///
    /// # Errors
    /// [`Error::Json`] if it cannot be written, [`Error::Full`]. See [`Bucket`] also.
    pub async fn set_json(&self, key: &str, value: &impl Serialize) -> Result<(), Error> {
        let json = serde_json::to_vec(value).map_err(|error| Error::Json(error.to_string()))?;
        self.0.set(key, &json)
    }

    /// Deletes a key; one that is not there is deleted already.
    ///
    /// # Errors
    /// See [`Bucket`].
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        self.0.delete(key)
    }

    /// Whether a key is there.
    ///
    /// # Errors
    /// See [`Bucket`].
    pub async fn exists(&self, key: &str) -> Result<bool, Error> {
        self.0.exists(key)
    }

    /// Adds to a number, which is kept as decimal digits, and returns the sum; a key that is not there counts as 0.
    /// Invocations that do so at the same time lose nothing.
    ///
    /// # Errors
    /// [`Error::NotANumber`], [`Error::Full`]. See [`Bucket`] also.
    pub async fn increment(&self, key: &str, delta: u64) -> Result<u64, Error> {
        self.0.increment(key, delta)
    }

    /// A page of at most 1000 keys, in the order in which they were first set: the first with `None`, the next with what
    /// the page before says. A key that is there throughout is listed once.
    ///
    /// # Errors
    /// See [`Bucket`].
    pub async fn keys(&self, after: Option<Cursor>) -> Result<Keys, Error> {
        self.0.keys(after.map(|cursor| cursor.0))
    }

    /// The values of at most 1000 keys, in their order, of at most 8 MiB together.
    ///
    /// # Errors
    /// See [`Bucket`].
    pub async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        self.0.get_many(keys)
    }

    /// Sets at most 1000 keys, of at most 8 MiB together.
    ///
    /// # Errors
    /// [`Error::Full`]. See [`Bucket`] also.
    pub async fn set_many(&self, entries: &[(&str, &[u8])]) -> Result<(), Error> {
        self.0.set_many(entries)
    }

    /// Deletes at most 1000 keys.
    ///
    /// # Errors
    /// See [`Bucket`].
    pub async fn delete_many(&self, keys: &[&str]) -> Result<(), Error> {
        self.0.delete_many(keys)
    }
}

/// Where the next page of keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) u64);

/// A page of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The keys.
    pub keys: Vec<String>,
    /// What to ask for the next page with; `None` at the end.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;

    #[test]
    fn a_bucket_in_memory_does_what_a_bucket_does() {
        block_on(async {
            let bucket = open("b").await.unwrap();
            bucket.set_many(&[("a", b"1"), ("b", b"{}")]).await.unwrap();
            assert_eq!(bucket.increment("a", 4).await, Ok(5));
            assert_eq!(bucket.increment("b", 4).await, Err(Error::NotANumber));
            assert_eq!(bucket.get_json::<u32>("a").await, Ok(Some(5)));
            assert!(matches!(bucket.get_json::<u32>("b").await, Err(Error::Json(_))));
            assert_eq!(bucket.keys(None).await.unwrap().keys, ["a", "b"]);
            bucket.delete_many(&["a", "c"]).await.unwrap();
            assert_eq!(bucket.get_many(&["a", "b"]).await.unwrap(), [None, Some(b"{}".to_vec())]);
            assert_eq!(open("other").await.unwrap().exists("b").await, Ok(false));
            assert!(matches!(bucket.set("", "x").await, Err(Error::InvalidKey(_))));
            assert!(matches!(open("").await, Err(Error::NoSuchBucket(_))));
        });
    }

    #[test]
    fn the_hosts_words_become_errors() {
        for (text, error) in [
            ("unavailable: the database is away", Error::Unavailable("the database is away".into())),
            ("timeout: …", Error::Timeout),
            ("full: …", Error::Full),
            ("not-a-number: …", Error::NotANumber),
            ("too-large: 9 bytes", Error::TooLarge("9 bytes".into())),
            ("invalid-key: it is empty", Error::InvalidKey("it is empty".into())),
            ("something else", Error::Other("something else".into())),
        ] {
            assert_eq!(Error::of_text(text.to_owned()), error);
        }
    }
}
