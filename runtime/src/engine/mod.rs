//! The wasmtime engines: how code is compiled and run, the pool of instances, limits and clocks.

mod cpu;
mod engines;
mod environment;
mod guest;
mod hooks;
mod instance;
mod key;
mod limits;
mod linker;
mod memory;
mod pool;
mod prepared;
mod profile;
mod ticker;
mod usage;

pub use cpu::{CpuLimitExceeded, CpuMeter, Metered};
pub use engines::{Engines, EnginesError, PooledEngine};
pub use environment::Environment;
pub use guest::GuestState;
pub use hooks::OutboundAccess;
pub use instance::new_store;
pub use key::EngineKey;
pub use limits::{LimitOverrides, LimitPolicy, Limits, MIB};
pub use linker::link_everything;
pub use memory::MemoryMeter;
pub use prepared::{HandlerPre, Prepared};
pub use profile::{EngineProfile, WasiVersion};
pub use ticker::{RunningGuest, Ticker};
pub use usage::Usage;
