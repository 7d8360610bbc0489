//! Schedules: requests that are sent when the clock says so, once each over any number of nodes.
//!
//! Every node plans in memory ([`plan`]), by the database's clock, and claims what is due in the database, where a primary
//! key lets one of them succeed. Whoever has claimed a run sends its request ([`firing`]) and records what came of it.

mod backoff;
mod clock;
mod expression;
mod firing;
mod outcomes;
mod plan;
mod scheduler;
pub mod template;
mod zone;

pub use expression::{Expression, ExpressionError};
pub use firing::{InvalidHeader, header_map};
pub use scheduler::Scheduler;
pub use zone::{UnknownZone, Zone};
