//! How nodes tell each other what they wrote into the history.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a writer notifies with every batch.
pub(super) const CHANNEL: &str = "wasmforge_history";

/// A table of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Table {
    Invocations,
    Logs,
}

impl Table {
    /// Its name in the database.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Invocations => "functions.invocations",
            Self::Logs => "functions.logs",
        }
    }
}

/// Rows that one statement wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) table: Table,
    /// Who wrote them.
    pub(super) node: Uuid,
    /// What their column `batch` holds.
    pub(super) batch: Uuid,
    /// The least of their ids.
    pub(super) first: String,
    /// The greatest.
    pub(super) last: String,
}

impl Batch {
    /// As it is notified.
    pub(super) fn payload(&self) -> String {
        // A struct of texts is JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a notification tells. Anybody who may connect may notify, so it may tell anything.
    pub(super) fn of(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }
}
