//! Where a compiled program's positions come from.

use wasmforge_host_api::javascript::{Position, SourceMap};

/// A source that was compiled as it is.
pub(super) struct Identity;

impl SourceMap for Identity {
    fn position(&self, line: u32, column: u32) -> Option<Position> {
        Some(Position { file: "function.js".to_owned(), line, column })
    }
}
