//! Outbound HTTP against local peers: well-behaved ones, hostile ones, and ones that go away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cancel;
mod hooks;
mod hostile;
mod keep_alive;
mod limits;
mod refusal;
mod streaming;
mod support;
mod timeouts;
mod tls;
