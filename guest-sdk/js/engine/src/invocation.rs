//! The one request of an instance, and the answer to it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};
use wasmforge_sdk::__private::Arrival;
use wasmforge_sdk::Body;
use wasmforge_sdk::http::StatusCode;

/// A response whose head is known.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
}

thread_local! {
    static ARRIVAL: RefCell<Option<Arrival>> = const { RefCell::new(None) };
    static ANSWER: RefCell<Option<Answer>> = const { RefCell::new(None) };
    /// How often the program said that it is to be waited for after the response.
    static HOLDS: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Begins.
pub(crate) fn begin(arrival: Arrival) {
    ARRIVAL.set(Some(arrival));
}

/// Asks the request for something.
pub(crate) fn arrival<T: Default>(ask: impl FnOnce(&Arrival) -> T) -> T {
    ARRIVAL.with_borrow(|arrival| arrival.as_ref().map(ask).unwrap_or_default())
}

/// Answers; the first answer counts.
pub(crate) fn answer(answer: Answer) {
    ANSWER.with_borrow_mut(|known| {
        if known.is_none() {
            *known = Some(answer);
        }
    });
    wake();
}

/// Is done when there is an answer.
pub(crate) async fn answered() -> Answer {
    poll_fn(|context| {
        if let Some(answer) = ANSWER.take() {
            return Poll::Ready(answer);
        }
        WAITING.set(Some(context.waker().clone()));
        Poll::Pending
    })
    .await
}

/// Keeps the instance after its response, until it is let go as often.
pub(crate) fn hold() {
    HOLDS.set(HOLDS.get() + 1);
}

/// Takes one [`hold`] back.
pub(crate) fn release() {
    HOLDS.set(HOLDS.get().saturating_sub(1));
    wake();
}

/// Is done when nothing holds the instance.
pub(crate) async fn released() {
    poll_fn(|context| {
        if HOLDS.get() == 0 {
            return Poll::Ready(());
        }
        WAITING.set(Some(context.waker().clone()));
        Poll::Pending
    })
    .await;
}

fn wake() {
    if let Some(waker) = WAITING.take() {
        waker.wake();
    }
}
