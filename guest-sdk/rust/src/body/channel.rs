//! A body in the making: one side writes chunks, the other sends them.

use crate::{Error, Result};
use bytes::Bytes;
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The writing end of [`Body::channel`](crate::Body::channel).
#[derive(Debug)]
pub struct Sender(Rc<RefCell<State>>);

/// The end that the body reads from.
#[derive(Debug)]
pub(crate) struct Receiver(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    /// The one chunk between the ends: a sender is never more than this ahead.
    chunk: Option<Bytes>,
    ended: Option<Result<(), String>>,
    abandoned: bool,
    sender: Option<Waker>,
    receiver: Option<Waker>,
}

impl State {
    fn wake(waker: &mut Option<Waker>) {
        if let Some(waker) = waker.take() {
            waker.wake();
        }
    }
}

pub(super) fn channel() -> (Sender, Receiver) {
    let state = Rc::<RefCell<State>>::default();
    (Sender(state.clone()), Receiver(state))
}

impl Sender {
    /// Sends a chunk, once the one before it has been taken.
    ///
    /// # Errors
    /// [`Error::Closed`] if nobody reads the body any more.
    pub async fn send(&mut self, chunk: impl Into<Bytes>) -> Result<()> {
        let chunk = chunk.into();
        if chunk.is_empty() {
            return Ok(());
        }
        let mut chunk = Some(chunk);
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if state.abandoned {
                return Poll::Ready(Err(Error::Closed));
            }
            if state.chunk.is_some() {
                state.sender = Some(context.waker().clone());
                return Poll::Pending;
            }
            state.chunk = chunk.take();
            State::wake(&mut state.receiver);
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Breaks the body off: its reader gets an error in place of a proper end.
    pub fn abort(self, reason: impl Into<String>) {
        self.0.borrow_mut().ended = Some(Err(reason.into()));
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.ended.get_or_insert(Ok(()));
        State::wake(&mut state.receiver);
    }
}

impl Receiver {
    /// The next chunk; `None` at the end.
    pub(crate) async fn receive(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if let Some(chunk) = state.chunk.take() {
                State::wake(&mut state.sender);
                return Poll::Ready(Ok(Some(chunk)));
            }
            match &mut state.ended {
                Some(Ok(())) => Poll::Ready(Ok(None)),
                Some(Err(reason)) => Poll::Ready(Err(Error::Read(std::mem::take(reason)))),
                None => {
                    state.receiver = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.abandoned = true;
        state.chunk = None;
        State::wake(&mut state.sender);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, join, spawn};
    use std::cell::Cell;

    #[test]
    fn a_sender_is_one_chunk_ahead_and_no_more() {
        let sent = Rc::new(Cell::new(0));
        let (mut sender, mut receiver) = channel();
        block_on(async {
            let counter = sent.clone();
            spawn(async move {
                while sender.send("x").await.is_ok() {
                    counter.set(counter.get() + 1);
                }
            });
            for read in 1..=3 {
                receiver.receive().await.unwrap();
                assert!(sent.get() <= read + 1, "{} sent, {read} read", sent.get());
            }
            drop(receiver);
        });
        assert!(sent.get() >= 3);
    }

    #[test]
    fn a_sender_learns_that_its_reader_is_gone() {
        let (mut sender, receiver) = channel();
        drop(receiver);
        assert!(matches!(block_on(sender.send("x")), Err(Error::Closed)));
    }

    #[test]
    fn the_last_chunk_arrives_before_the_end() {
        let (mut sender, mut receiver) = channel();
        let ((), chunks) = block_on(join(
            async move {
                sender.send("last").await.unwrap();
                drop(sender);
            },
            async move { (receiver.receive().await.unwrap(), receiver.receive().await.unwrap()) },
        ));
        assert_eq!(chunks, (Some("last".into()), None));
    }
}
