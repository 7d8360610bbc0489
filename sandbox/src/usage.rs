//! What one invocation has used, readable while it runs and after its instance is gone.

use super::CpuMeter;
use super::calls::Calls;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The meters of one invocation, shared by its instance, its limits and its record.
#[derive(Debug, Default)]
pub struct Usage {
    /// Time on a thread.
    pub cpu: CpuMeter,
    memory: AtomicU64,
    memory_refused: AtomicBool,
    fuel: AtomicU64,
    outbound_requests: AtomicU32,
    pub(super) calls: Calls,
    ai_prompt_tokens: AtomicU64,
    ai_completion_tokens: AtomicU64,
}

impl Usage {
    /// Bytes that all memories and tables held at most. They never shrink.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// Whether the memory limit was ever hit.
    #[must_use]
    pub fn memory_was_refused(&self) -> bool {
        self.memory_refused.load(Ordering::Relaxed)
    }

    /// Instructions, where they are counted.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.fuel.load(Ordering::Relaxed)
    }

    /// Requests that it sent, refused ones included.
    #[must_use]
    pub fn outbound_requests(&self) -> u32 {
        self.outbound_requests.load(Ordering::Relaxed)
    }

    /// Notes how many requests were sent.
    pub fn set_outbound_requests(&self, requests: u32) {
        self.outbound_requests.store(requests, Ordering::Relaxed);
    }

    /// Tokens of language models: those sent, and those that came back.
    #[must_use]
    pub fn ai_tokens(&self) -> (u64, u64) {
        (self.ai_prompt_tokens.load(Ordering::Relaxed), self.ai_completion_tokens.load(Ordering::Relaxed))
    }

    /// Counts tokens of a language model.
    pub fn add_ai_tokens(&self, prompt: u64, completion: u64) {
        self.ai_prompt_tokens.fetch_add(prompt, Ordering::Relaxed);
        self.ai_completion_tokens.fetch_add(completion, Ordering::Relaxed);
    }

    pub(super) fn set_memory(&self, bytes: u64) {
        self.memory.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn refuse_memory(&self) {
        self.memory_refused.store(true, Ordering::Relaxed);
    }

    /// Notes the instructions of an instance that ended.
    pub fn set_fuel(&self, used: u64) {
        self.fuel.store(used, Ordering::Relaxed);
    }
}
