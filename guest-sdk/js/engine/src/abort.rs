//! Futures that can be told that nobody wants them any more.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The end that tells.
#[derive(Clone, Default)]
pub(crate) struct Abort(Rc<State>);

#[derive(Default)]
struct State {
    aborted: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Abort {
    /// Has the future dropped that runs [`unless_aborted`](Self::unless_aborted).
    pub(crate) fn abort(&self) {
        self.0.aborted.set(true);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// The output of `future`, which is dropped when it is not wanted any more.
    pub(crate) async fn unless_aborted<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.0.aborted.get() {
                return Poll::Ready(None);
            }
            self.0.waker.set(Some(context.waker().clone()));
            future.as_mut().poll(context).map(Some)
        })
        .await
    }
}
