//! Several futures at once, within one task.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A future, or what came of it.
enum Progress<F: Future> {
    Running(F),
    Done(Option<F::Output>),
}

impl<F: Future + Unpin> Progress<F> {
    /// Whether it is done, after another try.
    fn advance(&mut self, context: &mut Context<'_>) -> bool {
        if let Self::Running(future) = self {
            match Pin::new(future).poll(context) {
                Poll::Ready(output) => *self = Self::Done(Some(output)),
                Poll::Pending => return false,
            }
        }
        true
    }

    fn take(&mut self) -> Option<F::Output> {
        match self {
            Self::Running(_) => None,
            Self::Done(output) => output.take(),
        }
    }
}

/// Waits for two futures at once, for example two [`fetch`](crate::fetch)es.
///
/// ```
/// # use wasmforge_sdk::*;
/// assert_eq!(block_on(join(async { 1 }, async { "two" })), (1, "two"));
/// ```
pub async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let mut a = Progress::Running(pin!(a));
    let mut b = Progress::Running(pin!(b));
    poll_fn(|context| {
        let both = a.advance(context) & b.advance(context);
        if !both {
            return Poll::Pending;
        }
        match (a.take(), b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            _ => Poll::Pending,
        }
    })
    .await
}

/// Waits for any number of futures at once; the outputs are in the order of the futures.
///
/// ```
/// # use wasmforge_sdk::*;
/// assert_eq!(block_on(join_all((1..=3).map(|n| async move { n * n }))), [1, 4, 9]);
/// ```
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = futures.into_iter().map(|future| Progress::Running(Box::pin(future))).collect();
    poll_fn(|context| {
        let done = all.iter_mut().fold(true, |done, one| one.advance(context) & done);
        if done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    all.iter_mut().filter_map(Progress::take).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, sleep};
    use std::cell::RefCell;
    use std::time::Duration;

    #[test]
    fn joined_futures_take_turns() {
        let events = RefCell::new(Vec::new());
        block_on(join_all(["a", "b"].map(|name| {
            let events = &events;
            async move {
                events.borrow_mut().push((name, "starts"));
                sleep(Duration::from_millis(1)).await;
                events.borrow_mut().push((name, "ends"));
            }
        })));
        assert_eq!(events.borrow().get(..2), Some(&[("a", "starts"), ("b", "starts")][..]));
        assert_eq!(events.borrow().len(), 4);
    }

    #[test]
    fn outputs_keep_their_order_whatever_finishes_first() {
        let outputs = block_on(join_all([20, 1, 10].map(|ms| async move {
            sleep(Duration::from_millis(ms)).await;
            ms
        })));
        assert_eq!(outputs, [20, 1, 10]);
    }
}
