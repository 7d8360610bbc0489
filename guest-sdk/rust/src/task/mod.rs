//! A small executor for one thread. In the sandbox it waits in `wasi:io/poll`; elsewhere it has timers only.

mod join;

pub use join::{join, join_all};

use crate::host;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    /// Tasks that no executor has taken over yet.
    static SPAWNED: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };

    /// Who wants to know that everything waits and nothing is left that could wake it.
    static STALLED: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Whether a future has to be polled again.
struct Woken(AtomicBool);

impl Woken {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
    waker: Waker,
    /// Whether the executor stays for it.
    awaited: bool,
}

impl Task {
    fn new(future: impl Future<Output = ()> + 'static, awaited: bool) -> Self {
        let woken = Woken::new();
        let waker = Waker::from(woken.clone());
        Self { future: Box::pin(future), woken, waker, awaited }
    }

    /// Goes on with the task if there is reason to; `true` once it is done.
    fn run(&mut self) -> bool {
        self.woken.take() && self.future.as_mut().poll(&mut Context::from_waker(&self.waker)).is_ready()
    }
}

/// Runs a task beside the handler. It may go on after the response: an invocation ends when its response has been sent and
/// all its tasks are done, or when a limit is hit.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    SPAWNED.with_borrow_mut(|tasks| tasks.push(Task::new(task, true)));
}

/// Runs a task beside the handler that nobody waits for: what is left of it when all else is done is dropped.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "for engines of other languages"))]
pub fn spawn_background(task: impl Future<Output = ()> + 'static) {
    SPAWNED.with_borrow_mut(|tasks| tasks.push(Task::new(task, false)));
}

/// Runs a future and every task that it spawns to their ends. The attribute [`handler`](crate::handler) does this for a
/// function; tests on the host call it themselves. Not to be called from within a task.
///
/// # Panics
/// If everything waits and nothing is left that could wake it.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let woken = Woken::new();
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let mut tasks: Vec<Task> = Vec::new();
    let mut output = None;
    loop {
        if output.is_none()
            && woken.take()
            && let Poll::Ready(value) = future.as_mut().poll(&mut context)
        {
            output = Some(value);
        }
        tasks.append(&mut SPAWNED.take());
        tasks.retain_mut(|task| !task.run());
        match output {
            Some(output) if !tasks.iter().any(|task| task.awaited) && nothing_awaited() => return output,
            _ => {}
        }
        let runnable = output.is_none() && woken.is_set() || tasks.iter().any(|task| task.woken.is_set());
        if !runnable && nothing_spawned() {
            wait();
        }
    }
}

/// Is done once everything waits and nothing is left that could wake it. One task at a time may ask.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "for engines of other languages"))]
pub async fn stalled() {
    let mut asked = false;
    poll_fn(|context| {
        if asked && STALLED.with_borrow(Option::is_none) {
            return Poll::Ready(());
        }
        asked = true;
        STALLED.set(Some(context.waker().clone()));
        Poll::Pending
    })
    .await;
}

fn nothing_awaited() -> bool {
    SPAWNED.with_borrow(|tasks| !tasks.iter().any(|task| task.awaited))
}

fn nothing_spawned() -> bool {
    SPAWNED.with_borrow(Vec::is_empty)
}

#[allow(clippy::panic, reason = "waiting for ever would only hide the mistake until the time limit")]
fn wait() {
    if host::wait() {
        return;
    }
    match STALLED.take() {
        Some(waker) => waker.wake(),
        None => panic!("deadlock: every task waits for another one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sleep;
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    #[test]
    fn tasks_run_to_their_ends() {
        let done = Rc::new(Cell::new(0));
        let counter = done.clone();
        let answer = block_on(async move {
            let outer = counter.clone();
            spawn(async move {
                sleep(Duration::from_millis(2)).await;
                let inner = outer.clone();
                spawn(async move { inner.set(inner.get() + 1) });
                outer.set(outer.get() + 1);
            });
            "answered"
        });
        assert_eq!((answer, done.get()), ("answered", 2));
    }

    #[test]
    fn a_deadlock_is_told_to_who_asks() {
        let stop = async {
            stalled().await;
            "stalled"
        };
        let mut stop = pin!(stop);
        let mut never = pin!(std::future::pending::<&str>());
        let first = poll_fn(|context| match never.as_mut().poll(context) {
            Poll::Pending => stop.as_mut().poll(context),
            ready => ready,
        });
        assert_eq!(block_on(first), "stalled");
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn a_deadlock_is_named() {
        block_on(std::future::pending::<()>());
    }
}
