//! The one client of a server's admin API, for tools: typed, and streaming where answers are long.
//!
//! [`Api`] knows the address and the key. Its methods are in a file per area, named like the API's own: [`functions`],
//! [`versions`], [`invocations`], [`secrets`], [`schedules`], [`triggers`], [`jobs`]. They give an [`Answered`]: what the
//! server said as a type for people, and as it came, for scripts. Fields that a server does not know are `None`; InsForge's
//! own backend has fewer than ours.

mod answer;
mod api;
mod error;
mod events;
pub mod functions;
pub mod health;
pub mod invocations;
pub mod jobs;
mod query;
pub mod schedules;
pub mod secrets;
pub mod triggers;
pub mod versions;

pub use answer::{Answer, Answered};
pub use api::{Api, Call};
pub use error::{ClientError, Refusal};
pub use events::{Event, Events};
pub use query::{Query, segment};
