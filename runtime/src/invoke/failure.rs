//! What a failed guest failed of.

use super::error::InvokeError;
use super::invocation::Invocation;
use crate::engine::MIB;
use crate::registry::FunctionKind;
use wasmforge_sandbox::CpuLimitExceeded;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

/// Whether the guest ended itself without complaint.
pub(super) fn is_clean_exit(error: &wasmtime::Error) -> bool {
    error.downcast_ref::<I32Exit>().is_some_and(|exit| exit.0 == 0)
}

/// What a guest's failure was: a limit, or its own.
pub(super) fn failure(error: &wasmtime::Error, invocation: &Invocation) -> InvokeError {
    let limits = &invocation.limits;
    if error.downcast_ref::<CpuLimitExceeded>().is_some() {
        return InvokeError::CpuLimit(limits.cpu);
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return InvokeError::Overloaded;
    }
    if matches!(error.downcast_ref::<Trap>(), Some(Trap::OutOfFuel)) {
        return InvokeError::FuelExhausted(limits.fuel.unwrap_or_default());
    }
    if invocation.usage.memory_was_refused() {
        return InvokeError::MemoryLimit(limits.memory / MIB);
    }
    match error.downcast_ref::<I32Exit>() {
        Some(I32Exit(0)) => InvokeError::NoResponse,
        Some(I32Exit(status)) => InvokeError::Trap(format!("the function exited with status {status}")),
        None => InvokeError::Trap(detail(error, invocation)),
    }
}

/// What the author is told of a trap. The frames of the engine mean nothing to who writes scripts.
fn detail(error: &wasmtime::Error, invocation: &Invocation) -> String {
    if invocation.function.kind != FunctionKind::Source {
        return format!("{error:?}");
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            "the script needs more stack than there is: something is nested too deeply".into()
        }
        Some(trap) => trap.to_string(),
        None => error.to_string(),
    }
}
