//! The wasmtime engines: how code is compiled and run, the pool of instances, limits and clocks.
//!
//! What one instance is made of stands in the crate `wasmforge-sandbox`.

mod engines;
mod key;
mod limits;
mod pool;
mod prepared;
mod ticker;

pub use engines::{Engines, EnginesError, PooledEngine};
pub use key::EngineKey;
pub use limits::{LimitOverrides, LimitPolicy, Limits, MIB};
pub use prepared::Prepared;
pub use ticker::{RunningGuest, Ticker};
pub use wasmforge_sandbox::{EngineProfile, Environment, WasiVersion};
