//! Notices that a client has left while nobody reads what it sent.
//!
//! While a function does not read its request's body, nothing reads the connection, and its end goes unseen behind the
//! bytes that wait there. The kernel knows of it all the same.

use parking_lot::Mutex;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How often the kernel's word is looked at, and so how late a departure may be noticed.
const INTERVAL: Duration = Duration::from_millis(50);

/// The client at the other end of a connection.
#[derive(Clone)]
pub(super) struct Presence(Arc<Mutex<TcpStream>>);

impl Presence {
    pub(super) fn of(stream: &Arc<Mutex<TcpStream>>) -> Self {
        Self(stream.clone())
    }

    /// Waits until the client has closed its side, or reset the connection.
    pub(super) async fn ends(&self) {
        loop {
            sleep(INTERVAL).await;
            if self.has_ended() {
                return;
            }
        }
    }

    fn has_ended(&self) -> bool {
        let stream = self.0.lock();
        let ready = pin!(stream.ready(Interest::READABLE));
        // Nobody has to be woken: whoever asks asks again.
        let now = ready.poll(&mut Context::from_waker(Waker::noop()));
        matches!(now, Poll::Ready(Ok(ready)) if ready.is_read_closed())
    }
}
