//! What `/health` and the log say of the database.

use std::time::SystemTime;

/// How much of the registry the database can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Our columns and triggers are there: versions, components, and changes that announce themselves.
    Full,
    /// The tables are exactly InsForge's: source text only, revalidated at every request.
    Unmodified,
}

/// The state of the connection to PostgreSQL and of what was read from it. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether the database answers and its schema can be used.
    pub connected: bool,
    /// When `connected` last changed; `None` before the first attempt ended.
    pub since: Option<SystemTime>,
    /// Why it is not connected, or why it last was not.
    pub last_error: Option<String>,
    /// `None` until the schema was seen once.
    pub mode: Option<Mode>,
    /// When functions or secrets were last read.
    pub last_sync: Option<SystemTime>,
    /// Secrets that could not be decrypted, by name, with the reason.
    pub skipped_secrets: Vec<(String, String)>,
    /// Functions whose row cannot be used, by slug, with the reason. They stay at their last usable version.
    pub rejected_functions: Vec<(String, String)>,
}
