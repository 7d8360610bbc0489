//! What the host keeps for one invocation besides WASI's own state.

use super::Environment;
use std::any::Any;
use wasmtime_wasi_http::WasiHttpHooks;

/// The host's side of one invocation: whatever serves the guest's calls that WASI does not define.
///
/// The sandbox asks it for what WASI leaves to its host; everything else in it is the business of those who linked the
/// calls, and who get it back by downcasting.
pub trait HostSession: Any + Send {
    /// Where HTTP requests go, and which headers a guest may set.
    fn http_hooks(&mut self) -> &mut dyn WasiHttpHooks;

    /// The guest's variables. Asked when the guest asks.
    fn environment(&mut self) -> &Environment;
}
