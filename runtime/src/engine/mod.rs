//! The wasmtime engines: pool, limits, clocks.

mod limits;

pub use limits::{LimitOverrides, LimitPolicy, Limits, MIB};
