//! What the database holds of a project.

use time::OffsetDateTime;
use uuid::Uuid;

/// A table of the schema `public`.
#[derive(Clone, Debug)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// Its rows: counted, or for a large table as PostgreSQL last estimated them.
    pub rows: u64,
}

/// The project's tables.
#[derive(Clone, Debug)]
pub struct DatabaseSize {
    /// The tables, by name.
    pub tables: Vec<TableSize>,
    /// Bytes of the whole database.
    pub bytes: u64,
}

/// A bucket of the storage.
#[derive(Clone, Debug)]
pub struct BucketSize {
    /// Its name.
    pub name: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
    /// How many objects are in it.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A pattern of channels that messages are published on.
#[derive(Clone, Debug)]
pub struct Channel {
    /// The row's key.
    pub id: Uuid,
    /// Which channels' names it is for, in SQL's `LIKE`.
    pub pattern: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where messages are sent as well.
    pub webhook_urls: Option<Vec<String>>,
    /// Whether messages are taken.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
    /// When the row was last written.
    pub updated_at: Option<OffsetDateTime>,
}

/// A row-level security policy of channels or messages.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `channels` for subscribing, `messages` for publishing.
    pub table: String,
    /// `SELECT`, `INSERT`, …, or `ALL`.
    pub command: String,
    /// Whom it binds.
    pub roles: Vec<String>,
    /// Which rows are there.
    pub using: Option<String>,
    /// Which rows may be written.
    pub with_check: Option<String>,
}

/// What is known of realtime.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// The channels, newest first.
    pub channels: Vec<Channel>,
    /// The policies of both tables.
    pub policies: Vec<Policy>,
}
