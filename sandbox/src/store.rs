//! A store for one instance, with every limit that wasmtime enforces for us.

use super::{CpuLimitExceeded, GuestState, Usage};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Engine, Store, UpdateDeadline};

/// Bytes that one host call may copy out of a guest; wasmtime's own limit is 128 MiB.
const HOST_CALL_BYTES: usize = 16 * 1024 * 1024;

/// What wasmtime enforces of an invocation's limits.
#[derive(Clone, Copy, Debug)]
pub struct StoreLimits {
    /// Time on a thread.
    pub cpu: Duration,
    /// Instructions, on an engine that counts them.
    pub fuel: Option<u64>,
}

/// A store that runs under `limits` and reports to `usage`.
///
/// # Errors
/// Where fuel is asked of an engine that does not count it: a fault of ours.
pub fn new_store(
    engine: &Engine,
    state: GuestState,
    limits: StoreLimits,
    usage: &Arc<Usage>,
) -> wasmtime::Result<Store<GuestState>> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(HOST_CALL_BYTES);
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel)?;
    }
    store.set_epoch_deadline(1);
    let (usage, cpu) = (usage.clone(), limits.cpu);
    store.epoch_deadline_callback(move |_| {
        if usage.cpu.used_within_poll() > cpu {
            return Err(CpuLimitExceeded(cpu).into());
        }
        // tokio's own yield lets the I/O driver run before this task is polled again; waking at once would not.
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    Ok(store)
}
