//! What keeps the entries: PostgreSQL, or memory.

use async_trait::async_trait;
use std::sync::Arc;

/// One bucket of one function. No function reaches another's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The function.
    pub slug: Arc<str>,
    /// The bucket.
    pub bucket: Arc<str>,
}

/// One page of a bucket's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The keys, in the order in which they were first set.
    pub keys: Vec<String>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<u64>,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or is not there; says why.
    #[error("{0}")]
    Unavailable(String),
    /// The function's entries would exceed its capacity.
    #[error("the function's key-values would exceed its capacity")]
    Full,
    /// The values that were asked for are too large together.
    #[error("the values are too large together")]
    TooLarge,
    /// The value is no number that can be incremented, or the sum is none.
    #[error("the value is not a decimal number of 64 bits, or the sum is not")]
    NotANumber,
}

/// Keeps entries. Keys and values were checked against their limits; each call takes effect as a whole or not at all.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The values of keys, in their order, of at most `limit` bytes together.
    async fn get(
        &self,
        place: &Place,
        keys: &[String],
        limit: u64,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Whether a key is there.
    async fn exists(&self, place: &Place, key: &str) -> Result<bool, StoreError>;

    /// At most `limit` keys past the position `after`.
    async fn keys(&self, place: &Place, after: u64, limit: u32) -> Result<Page, StoreError>;

    /// Sets different keys, unless the function's entries exceed `capacity` bytes then.
    async fn set(
        &self,
        place: &Place,
        entries: Vec<(String, Vec<u8>)>,
        capacity: u64,
    ) -> Result<(), StoreError>;

    /// Deletes keys; those that are not there are deleted already.
    async fn delete(&self, place: &Place, keys: &[String]) -> Result<(), StoreError>;

    /// Adds to a number that is kept as decimal digits; 0 if it is not there. Returns the sum.
    async fn increment(&self, place: &Place, key: &str, delta: u64, capacity: u64)
    -> Result<u64, StoreError>;
}
