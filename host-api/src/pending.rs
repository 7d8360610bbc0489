//! A call that is under way.

use std::pin::Pin;
use wasmtime_wasi::p2::Pollable;

/// The host's side of a resource that a guest polls until its result is there.
///
/// The call makes progress while the guest polls, and is cancelled when the guest drops it, or with the guest.
pub enum Pending<T> {
    /// It has no result yet.
    Running(Pin<Box<dyn Future<Output = T> + Send>>),
    /// It has.
    Ready(T),
    /// The result was handed out.
    Taken,
}

impl<T: Send + 'static> Pending<T> {
    /// A call that `future` makes.
    pub fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self::Running(Box::pin(future))
    }

    /// The result, once: `None` while there is none, `Some(None)` after it was handed out.
    pub fn take(&mut self) -> Option<Option<T>> {
        if let Self::Running(_) = self {
            return None;
        }
        match std::mem::replace(self, Self::Taken) {
            Self::Ready(result) => Some(Some(result)),
            _ => Some(None),
        }
    }
}

#[async_trait::async_trait]
impl<T: Send + 'static> Pollable for Pending<T> {
    async fn ready(&mut self) {
        if let Self::Running(future) = self {
            *self = Self::Ready(future.await);
        }
    }
}
