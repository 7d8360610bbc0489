//! `native.timers`: one task that waits for the timer that is due first.

use crate::engine;
use rquickjs::{Ctx, Function, Object, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;
use wasip2::clocks::monotonic_clock::now;
use wasmforge_sdk::__private::spawn_background;

/// Timers by their numbers; a number is never used twice, and later timers have greater ones.
#[derive(Default)]
struct Timers {
    /// When they are due, in nanoseconds of the monotonic clock.
    due: BTreeMap<u32, u64>,
    /// Whether the task runs that waits for them.
    waited_for: bool,
    /// Set while it waits for the first one.
    waker: Option<Waker>,
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let timers = Object::new(ctx.clone())?;
    timers.set("start", Function::new(ctx.clone(), start)?)?;
    timers.set("clear", Function::new(ctx.clone(), clear)?)?;
    timers.set("now", Function::new(ctx.clone(), milliseconds)?)?;
    native.set("timers", timers)
}

/// The time of a clock that is never set, in milliseconds.
fn milliseconds() -> f64 {
    Duration::from_nanos(now()).as_secs_f64() * 1000.0
}

/// Has the hook `timer` called with `number` after a while, in milliseconds.
fn start(number: u32, delay: f64) {
    let delay = Duration::try_from_secs_f64(delay / 1000.0).unwrap_or_default();
    let due = now().saturating_add(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX));
    let idle = TIMERS.with_borrow_mut(|timers| {
        timers.due.insert(number, due);
        timers.wake();
        !std::mem::replace(&mut timers.waited_for, true)
    });
    if idle {
        spawn_background(wait());
    }
}

/// Has it not called.
fn clear(number: u32) {
    TIMERS.with_borrow_mut(|timers| {
        timers.due.remove(&number);
        timers.wake();
    });
}

impl Timers {
    fn first(&self) -> Option<u64> {
        self.due.values().copied().min()
    }

    /// What is due first may have changed.
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Takes those that are due out, in the order in which they are.
    fn take(&mut self, time: u64) -> Vec<u32> {
        let mut ready: Vec<_> = self.due.extract_if(.., |_, due| *due <= time).collect();
        ready.sort_by_key(|&(number, due)| (due, number));
        ready.into_iter().map(|(number, _)| number).collect()
    }
}

/// Waits for timers until none is left.
async fn wait() {
    while let Some(first) = TIMERS.with_borrow(Timers::first) {
        // Also for no time at all: it lets in what else has happened.
        let left = Duration::from_nanos(first.saturating_sub(now()));
        unless_changed(wasmforge_sdk::sleep(left), first).await;
        let time = now();
        for number in TIMERS.with_borrow_mut(|timers| timers.take(time)) {
            call(number);
        }
    }
    TIMERS.with_borrow_mut(|timers| timers.waited_for = false);
}

/// Ends with `sleep`, or as soon as another time is the first.
async fn unless_changed(sleep: impl Future<Output = ()>, first: u64) {
    let mut sleep = pin!(sleep);
    poll_fn(|context| {
        let changed = TIMERS.with_borrow_mut(|timers| {
            timers.waker = Some(context.waker().clone());
            timers.first() != Some(first)
        });
        if changed { Poll::Ready(()) } else { sleep.as_mut().poll(context) }
    })
    .await;
}

fn call(number: u32) {
    engine::turn(|ctx, hooks| {
        let called = hooks.get("timer").and_then(|timer: Function<'_>| timer.call::<_, ()>((number,)));
        if called.is_err() {
            engine::uncaught(hooks, ctx.catch());
        }
    });
}
