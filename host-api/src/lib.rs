//! The host side of every capability that a function can be granted.
//!
//! One module per capability, each in three phases: *link* once per engine, *configure* once per deployed version,
//! *prepare* once per request.

pub mod http;
