//! Memory of one invocation: all its linear memories and tables together.

use super::Usage;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// Core instances that one component may have: enough for composed components, not for a bomb.
pub const MAX_CORE_INSTANCES: u32 = 64;

/// Linear memories that one component may have.
pub const MAX_MEMORIES: u32 = 16;

/// Tables that one component may have.
pub const MAX_TABLES: u32 = 64;

/// Bytes that a table element is counted as: a pointer.
const TABLE_ELEMENT: u64 = 8;

/// Counts what an invocation's memories and tables hold, and refuses growth beyond the limit.
///
/// A refused `memory.grow` answers −1, which most guests turn into an abort; [`Usage::memory_was_refused`] then tells
/// why they aborted.
#[derive(Debug)]
pub struct MemoryMeter {
    limit: u64,
    used: u64,
    usage: Arc<Usage>,
}

impl MemoryMeter {
    /// Allows `limit` bytes and reports to `usage`.
    #[must_use]
    pub fn new(limit: u64, usage: Arc<Usage>) -> Self {
        Self { limit, used: 0, usage }
    }

    fn grow(&mut self, by: u64) -> bool {
        let wanted = self.used.saturating_add(by);
        if wanted > self.limit {
            self.usage.refuse_memory();
            return false;
        }
        self.used = wanted;
        self.usage.set_memory(wanted);
        true
    }
}

fn difference(current: usize, desired: usize) -> u64 {
    desired.saturating_sub(current) as u64
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // wasmtime asks even where the memory's own maximum forbids the growth, and then fails it.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.grow(difference(current, desired)))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.usage.refuse_memory();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.grow(difference(current, desired).saturating_mul(TABLE_ELEMENT)))
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}
