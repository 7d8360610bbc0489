//! Black-box tests: the built binary, over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod ai;
mod api;
mod cache;
mod callers;
mod coverage;
mod credentials;
mod disconnect;
mod examples;
mod execution;
mod grants;
mod hostile;
mod http_semantics;
mod insforge;
mod keyvalue;
mod limits;
mod log;
mod malformed;
mod modules;
mod recovery;
mod run_command;
mod secrets;
mod serve;
mod streaming;
mod telemetry;
mod upstream;
