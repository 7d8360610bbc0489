//! The sandbox: `wasi:http` and `wasi:io`, version 0.2.

mod ai;
mod arrival;
mod auth;
mod config;
mod fetch;
pub(crate) mod files;
pub(crate) mod functions;
mod headers;
mod incoming;
mod kv;
mod log;
mod outgoing;
mod reactor;
mod realtime;
mod rest;
mod serve;
pub(crate) mod sql;
pub(crate) mod storage;

pub(crate) use ai::{Deltas, chat, chat_stream, embed, paint};
pub use arrival::{Arrival, answer};
pub(crate) use auth::{caller, user, verify};
pub(crate) use config::{config, whole_config};
pub(crate) use fetch::fetch;
pub(crate) use incoming::Incoming;
pub(crate) use kv::{Bucket, open_bucket};
pub(crate) use log::log;
pub(crate) use reactor::wait;
pub(crate) use realtime::publish;
pub(crate) use rest::rest;
pub use serve::serve;

use std::time::Duration;
use wasip2::clocks::monotonic_clock;

pub(crate) async fn sleep(duration: Duration) {
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    reactor::ready(monotonic_clock::subscribe_duration(nanoseconds)).await;
}
