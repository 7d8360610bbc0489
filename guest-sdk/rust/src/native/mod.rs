//! What stands in for the sandbox on the host, so that handlers can be tested there: time passes, the network is away.

mod ai;
mod auth;
mod config;
pub(crate) mod files;
pub(crate) mod functions;
mod kv;
mod log;
mod realtime;
mod rest;
pub(crate) mod sql;
pub(crate) mod storage;

pub use ai::{AiAnswer, AiRequest};
pub(crate) use ai::{Deltas, chat, chat_stream, embed, paint};
pub(crate) use auth::{caller, user, verify};
pub(crate) use config::{config, whole_config};
pub(crate) use kv::{Bucket, open_bucket};
pub(crate) use log::{log, logged};
pub(crate) use realtime::publish;
pub(crate) use rest::rest;

use crate::fetch::failure;
use crate::{Request, Response, Result, testing};
use bytes::Bytes;
use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

thread_local! {
    static TIMERS: RefCell<Vec<(Instant, Waker)>> = const { RefCell::new(Vec::new()) };
}

/// The body of a request from outside: there are none here.
#[derive(Debug)]
pub(crate) enum Incoming {}

impl Incoming {
    #[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match *self {}
    }
}

/// Sleeps until the first timer is due; `false` if there is none.
pub(crate) fn wait() -> bool {
    let Some(first) = TIMERS.with_borrow(|timers| timers.iter().map(|(due, _)| *due).min()) else {
        return false;
    };
    std::thread::sleep(first.saturating_duration_since(Instant::now()));
    TIMERS.with_borrow_mut(|timers| {
        timers.extract_if(.., |(due, _)| *due <= first).for_each(|(_, waker)| waker.wake());
    });
    true
}

pub(crate) async fn sleep(duration: Duration) {
    let due = Instant::now() + duration;
    poll_fn(|context| {
        if Instant::now() >= due {
            return Poll::Ready(());
        }
        TIMERS.with_borrow_mut(|timers| timers.push((due, context.waker().clone())));
        Poll::Pending
    })
    .await;
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn fetch(request: Request) -> Result<Response> {
    match testing::fake(&testing::FETCH) {
        Some(answer) => answer(request),
        None => Err(failure(request.uri(), "outbound requests work inside the sandbox only", false)),
    }
}
