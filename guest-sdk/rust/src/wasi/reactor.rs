//! Waits for the host, for all tasks at once.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasip2::io::poll::{self, Pollable};

thread_local! {
    static WAITING: RefCell<Vec<Rc<Wait>>> = const { RefCell::new(Vec::new()) };
}

struct Wait {
    pollable: Pollable,
    ready: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

/// Is done when the pollable is. It holds the pollable, so it has to be dropped before what the pollable came from.
pub(super) fn ready(pollable: Pollable) -> Ready {
    Ready(Rc::new(Wait { pollable, ready: Cell::new(false), waker: Cell::new(None) }))
}

pub(super) struct Ready(Rc<Wait>);

impl Future for Ready {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.ready.get() {
            return Poll::Ready(());
        }
        if self.0.waker.replace(Some(context.waker().clone())).is_none() {
            WAITING.with_borrow_mut(|waiting| waiting.push(self.0.clone()));
        }
        Poll::Pending
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if !self.0.ready.get() {
            WAITING.with_borrow_mut(|waiting| waiting.retain(|wait| !Rc::ptr_eq(wait, &self.0)));
        }
    }
}

/// Blocks until a pollable is ready, and wakes who waits for it; `false` if nobody waits.
pub(crate) fn wait() -> bool {
    let mut waiting = WAITING.take();
    if waiting.is_empty() {
        return false;
    }
    let pollables: Vec<&Pollable> = waiting.iter().map(|wait| &wait.pollable).collect();
    for index in poll::poll(&pollables) {
        if let Some(wait) = usize::try_from(index).ok().and_then(|index| waiting.get(index)) {
            wait.ready.set(true);
        }
    }
    waiting.retain(|wait| {
        let ready = wait.ready.get();
        if ready && let Some(waker) = wait.waker.take() {
            waker.wake();
        }
        !ready
    });
    WAITING.set(waiting);
    true
}
