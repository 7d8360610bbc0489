//! The wasmtime engines: how code is compiled and run, the pool of instances, limits and clocks.

mod cpu;
mod engines;
mod key;
mod limits;
mod memory;
mod pool;
mod profile;
mod ticker;

pub use cpu::{CpuLimitExceeded, CpuMeter, Metered};
pub use engines::{Engines, EnginesError};
pub use key::EngineKey;
pub use limits::{LimitOverrides, LimitPolicy, Limits, MIB};
pub use memory::MemoryMeter;
pub use profile::{EngineProfile, WasiVersion};
pub use ticker::Ticker;
