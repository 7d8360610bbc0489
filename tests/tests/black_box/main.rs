//! Black-box tests: the built binary, over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod coverage;
mod execution;
