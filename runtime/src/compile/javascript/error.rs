//! What is wrong with a source.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is wrong with a source, in words for its author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceError {
    /// What is wrong, and what to do about it where that is known.
    pub message: String,
    /// Where, as far as that is known.
    pub at: Option<Place>,
    /// The lines around that place, with a mark beneath it.
    pub frame: Option<String>,
}

/// A place in what the author wrote. Lines and columns count from 1; columns are UTF-16 units, as editors count them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The author's file; `None` in the source itself.
    pub file: Option<String>,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl SourceError {
    /// A fault of the source as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None, frame: None }
    }

    /// The error in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.at {
            None => self.message.clone(),
            Some(Place { file: None, line, column }) => {
                format!("{} (line {line}, column {column})", self.message)
            }
            Some(Place { file: Some(file), line, column }) => {
                format!("{} ({file}:{line}:{column})", self.message)
            }
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        match &self.frame {
            Some(frame) => write!(f, "\n{frame}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SourceError {}
