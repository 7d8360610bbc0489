//! Triggers: rows that call functions when they change.

use super::Slug;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// What happens to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RowEvent {
    /// It is new.
    Insert,
    /// It is changed.
    Update,
    /// It is gone.
    Delete,
}

impl RowEvent {
    /// PostgreSQL's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// The event of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Insert, Self::Update, Self::Delete].into_iter().find(|event| event.as_str() == name)
    }
}

/// A trigger as it is kept.
#[derive(Clone, Debug)]
pub struct RowTrigger {
    /// Its id.
    pub id: Uuid,
    /// Its name, which no other has.
    pub name: String,
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Which changes it tells of.
    pub events: Vec<RowEvent>,
    /// An update counts where one of these has changed; `None`: every update.
    pub columns: Option<Vec<String>>,
    /// Which function it calls.
    pub slug: String,
    /// Whether it tells of anything.
    pub is_active: bool,
    /// How often a change is tried.
    pub max_attempts: i32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
    /// What keeps it from working, or how its last job failed.
    pub last_error: Option<String>,
}

/// A trigger that is to be made.
#[derive(Clone, Debug)]
pub struct NewTrigger {
    /// Its name.
    pub name: String,
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Which changes it tells of: at least one.
    pub events: Vec<RowEvent>,
    /// Which columns of an update count.
    pub columns: Option<Vec<String>>,
    /// Which function it calls.
    pub slug: Slug,
    /// Whether it tells of anything.
    pub is_active: bool,
    /// How often a change is tried.
    pub max_attempts: u16,
}

/// What to change of a trigger; everything else stays.
#[derive(Clone, Debug, Default)]
pub struct TriggerChanges {
    /// A new name.
    pub name: Option<String>,
    /// Other events.
    pub events: Option<Vec<RowEvent>>,
    /// Other columns; `Some(None)`: all.
    pub columns: Option<Option<Vec<String>>>,
    /// Another function.
    pub slug: Option<Slug>,
    /// Whether it tells of anything.
    pub is_active: Option<bool>,
    /// How often a change is tried.
    pub max_attempts: Option<u16>,
}

/// Why a trigger is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// There is no trigger of this id.
    #[error("Trigger not found")]
    NotFound,
    /// The name is taken.
    #[error("Trigger with this name already exists")]
    AlreadyExists,
    /// The table belongs to the platform.
    #[error("The schema {0} belongs to the platform, and its tables call no functions")]
    InternalSchema(String),
    /// There is no such table.
    #[error("There is no table {0}.{1}")]
    NoTable(String, String),
    /// It is a view, a foreign table or a temporary one.
    #[error("{0}.{1} is no ordinary table")]
    NotATable(String, String),
    /// The table lacks columns.
    #[error("The table has no column {0}")]
    NoColumns(String),
    /// Columns are for updates.
    #[error("columns are those of an UPDATE, which is not among the events")]
    ColumnsWithoutUpdate,
    /// There is no such function.
    #[error("Function not found")]
    NoFunction,
    /// Somebody else has locked the table.
    #[error("The table is in use by somebody who does not let go; try again later")]
    Busy,
    /// The database's role may not put triggers on the table.
    #[error("The platform's role in the database may not put triggers on this table")]
    Forbidden,
    /// The database fails, is away, or has no place for triggers.
    #[error(transparent)]
    Write(#[from] super::WriteError),
}
