//! One guest: what it may import, what it may use, and how it is run.
//!
//! A crate of its own because wasmtime's bindings are generic over the guest's state: they are instantiated here, once,
//! and not again with every change of the server around them.

mod calls;
mod command;
mod cpu;
mod environment;
mod guest;
mod handler;
mod linker;
mod memory;
mod profile;
mod session;
mod store;
mod usage;

pub use calls::{CallKind, HostCall, MAX_CALLS, RunningCall};
pub use command::run_command;
pub use cpu::{CpuLimitExceeded, CpuMeter, Metered};
pub use environment::Environment;
pub use guest::{GuestParts, GuestState};
pub use handler::{Handler, Head};
pub use linker::linker;
pub use memory::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES, MemoryMeter};
pub use profile::{EngineProfile, WasiVersion};
pub use session::HostSession;
pub use store::{StoreLimits, new_store};
pub use usage::Usage;
