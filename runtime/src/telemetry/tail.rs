//! What happens now, for those who watch.
//!
//! A ring of events that every watcher reads at its own pace. One that falls behind by more than the ring loses the
//! oldest and is told how many; it holds no memory of its own and nobody waits for it.

use crate::registry::{InvocationRow, LineId, LogRow};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

/// Events that a watcher may be behind. With lines of 16 KiB at most it bounds what they hold together: 32 MiB.
const RING: usize = 2048;

/// Watchers at once.
const WATCHERS: usize = 64;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum TailEvent {
    /// A function wrote a line.
    Line(LogRow),
    /// An invocation ended.
    Invocation(Box<InvocationRow>),
}

impl TailEvent {
    /// When it happened, as the ids of lines tell it.
    #[must_use]
    pub fn id(&self) -> LineId {
        match self {
            Self::Line(line) => line.id,
            Self::Invocation(row) => row.ended(),
        }
    }
}

/// There are as many watchers as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{WATCHERS} streams are being read, which is as many as there may be")]
pub struct TailFull;

/// The ring. Cheap to clone.
#[derive(Clone)]
pub struct Tail(Arc<Shared>);

struct Shared {
    sender: broadcast::Sender<Arc<TailEvent>>,
    places: Arc<Semaphore>,
    watched: Notify,
    stop: CancellationToken,
}

impl Default for Tail {
    fn default() -> Self {
        Self(Arc::new(Shared {
            sender: broadcast::Sender::new(RING),
            places: Arc::new(Semaphore::new(WATCHERS)),
            watched: Notify::new(),
            stop: CancellationToken::new(),
        }))
    }
}

impl Tail {
    /// Whether anybody watches: what is made for watchers only need not be made.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.0.sender.receiver_count() > 0
    }

    /// Waits until somebody watches.
    pub async fn watched(&self) {
        while !self.is_watched() {
            self.0.watched.notified().await;
        }
    }

    /// Tells the watchers. Never waits.
    pub fn publish(&self, event: TailEvent) {
        // Without watchers there is nobody to tell.
        let _ = self.0.sender.send(Arc::new(event));
    }

    /// Begins to watch.
    ///
    /// # Errors
    /// [`TailFull`].
    pub fn watch(&self) -> Result<Watch, TailFull> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| TailFull)?;
        let watch = Watch { events: self.0.sender.subscribe(), stop: self.0.stop.clone(), _place: place };
        self.0.watched.notify_one();
        Ok(watch)
    }

    /// Ends every watch.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    /// Resolves when watches end.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }
}

/// A watcher's end of the ring.
pub struct Watch {
    events: broadcast::Receiver<Arc<TailEvent>>,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
}

/// What a watcher finds next.
#[derive(Clone, Debug)]
pub enum Seen {
    /// An event.
    Event(Arc<TailEvent>),
    /// So many events were overwritten before they were read.
    Dropped(u64),
}

impl Watch {
    /// The next event; `None` once the process stops.
    pub async fn next(&mut self) -> Option<Seen> {
        let received = tokio::select! {
            received = self.events.recv() => received,
            () = self.stop.cancelled() => return None,
        };
        match received {
            Ok(event) => Some(Seen::Event(event)),
            Err(RecvError::Lagged(events)) => Some(Seen::Dropped(events)),
            Err(RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: usize) -> TailEvent {
        TailEvent::Line(LogRow { message: text.to_string(), ..LogRow::example() })
    }

    #[tokio::test]
    async fn a_watcher_that_falls_behind_is_told_what_it_missed() {
        let tail = Tail::default();
        assert!(!tail.is_watched());
        let mut watch = tail.watch().unwrap();
        for number in 0..RING + 10 {
            tail.publish(line(number));
        }
        assert!(matches!(watch.next().await, Some(Seen::Dropped(10))));
        let Some(Seen::Event(event)) = watch.next().await else { panic!() };
        assert!(matches!(&*event, TailEvent::Line(line) if line.message == "10"));
        tail.stop();
        drop(watch);
        assert!(!tail.is_watched());
    }

    #[tokio::test]
    async fn there_are_only_so_many_watchers() {
        let tail = Tail::default();
        let watchers: Vec<_> = (0..WATCHERS).map(|_| tail.watch().unwrap()).collect();
        assert_eq!(tail.watch().err(), Some(TailFull));
        drop(watchers);
        assert!(tail.watch().is_ok());
    }
}
