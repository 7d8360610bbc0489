//! Invocations that are made later: those that their caller does not wait for, and those that follow a row's change.
//!
//! Both are rows of `functions.jobs`. A node leases those that are due, renews the lease while it runs them, and writes
//! how they ended; what a node leaves behind that goes away is leased again. A job may therefore be run twice, and each
//! run shows the function the same `Idempotency-Key`.

mod attempt;
mod backoff;
mod error;
mod intake;
mod leases;
mod prefer;
mod stored;
mod upkeep;
mod workers;

pub use error::QueueError;
pub use intake::{Intake, result_of};
pub use prefer::is_async;
pub use stored::MAX_ATTEMPTS;
pub use workers::Workers;

use http::HeaderName;

/// By what a function recognises a job that it is handed again.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Which attempt this is, counted from 1.
pub const ATTEMPT: HeaderName = HeaderName::from_static("x-wasmforge-attempt");
