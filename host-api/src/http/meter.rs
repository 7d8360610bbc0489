//! What one invocation has used of the network.

use super::error::SendError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How much one invocation may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundLimits {
    /// Requests in the whole invocation, refused ones included.
    pub requests: u32,
    /// Requests at once, each from its start to the end of its response's body.
    pub concurrency: u32,
}

impl Default for OutboundLimits {
    fn default() -> Self {
        Self { requests: 256, concurrency: 32 }
    }
}

/// What one invocation has sent and received so far, for its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboundUsage {
    /// Requests, refused ones included.
    pub requests: u32,
    /// Bytes of request bodies handed to a connection.
    pub bytes_sent: u64,
    /// Bytes of response bodies handed to the guest.
    pub bytes_received: u64,
}

/// Counts and caps.
#[derive(Debug)]
pub(super) struct Meter {
    limits: OutboundLimits,
    requests: AtomicU32,
    open: AtomicU32,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
}

impl Meter {
    pub(super) fn new(limits: OutboundLimits) -> Self {
        Self {
            limits,
            requests: AtomicU32::new(0),
            open: AtomicU32::new(0),
            bytes_sent: AtomicU64::new(0),
            bytes_received: AtomicU64::new(0),
        }
    }

    /// Counts a request and takes one of the places for open ones.
    pub(super) fn open(self: &Arc<Self>) -> Result<OpenRequest, SendError> {
        // Past the limit the counter stays, so that it cannot wrap.
        let below = |limit: u32| move |count: u32| (count < limit).then(|| count.saturating_add(1));
        let (set, get) = (Ordering::AcqRel, Ordering::Acquire);
        self.requests
            .fetch_update(set, get, below(self.limits.requests))
            .map_err(|_| SendError::RequestsSpent)?;
        self.open
            .fetch_update(set, get, below(self.limits.concurrency))
            .map_err(|_| SendError::TooManyOpen)?;
        Ok(OpenRequest(Arc::clone(self)))
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes_received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn usage(&self) -> OutboundUsage {
        OutboundUsage {
            requests: self.requests.load(Ordering::Acquire),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
        }
    }
}

/// One request's place among the open ones; given back when dropped.
#[derive(Debug)]
pub(crate) struct OpenRequest(Arc<Meter>);

impl OpenRequest {
    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.0
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_and_requests_do_not() {
        let meter = Arc::new(Meter::new(OutboundLimits { requests: 3, concurrency: 2 }));
        let first = meter.open().unwrap();
        let _second = meter.open().unwrap();
        assert!(matches!(meter.open(), Err(SendError::TooManyOpen)));
        drop(first);
        // The refused one counted as the third.
        assert!(matches!(meter.open(), Err(SendError::RequestsSpent)));
        assert_eq!(meter.usage().requests, 3);
    }
}
