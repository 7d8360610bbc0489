//! One request and its response, between the response's head and the end of both bodies.

use super::connection::Connection;
use super::meter::{Meter, OpenRequest};
use super::pool::{Pool, PoolKey};
use super::upload::Progress;
use http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Holds the connection of an exchange, and the invocation's place for it.
///
/// Dropped before [`Exchange::complete`], it closes the connection (HTTP/1.1) or lets the stream be reset (HTTP/2), and
/// stops the request's body.
pub(super) struct Exchange {
    pub(super) connection: Connection,
    pub(super) pool: Arc<Pool>,
    pub(super) key: PoolKey,
    pub(super) keep_alive: Option<Duration>,
    pub(super) progress: Arc<Progress>,
    pub(super) place: OpenRequest,
    pub(super) cancel: CancellationToken,
    pub(super) cancel_on_drop: DropGuard,
}

impl Exchange {
    /// The response has been read to its end, so the connection may carry another request once this one is written.
    pub(super) fn complete(self) {
        let Self { connection, pool, key, keep_alive, progress, place, cancel, cancel_on_drop } = self;
        cancel_on_drop.disarm();
        // Other users hold the same HTTP/2 connection, and the pool does.
        let Connection::Http1(mut connection) = connection else { return };
        if progress.is_finished() {
            pool.put(key, connection, keep_alive);
            return;
        }
        // The peer answered early, and the guest is still writing.
        tokio::spawn(async move {
            let _place = place;
            if let Some(Ok(())) = cancel.run_until_cancelled(connection.ready()).await {
                pool.put(key, connection, keep_alive);
            }
        });
    }

    pub(super) fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    pub(super) fn meter(&self) -> &Arc<Meter> {
        self.place.meter()
    }
}

/// How long a peer says that it keeps an idle connection (`Keep-Alive: timeout=N`), less a second for the way.
pub(super) fn keep_alive(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("keep-alive").map(HeaderValue::to_str)?.ok()?;
    value.split(',').find_map(|parameter| {
        let (name, seconds) = parameter.trim().split_once('=')?;
        let seconds: u64 = seconds.trim().parse().ok()?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| Duration::from_secs(seconds.saturating_sub(1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_idle_time_is_read_and_shortened() {
        for (value, expected) in [
            ("timeout=5", Some(4)),
            ("max=100, Timeout = 3", Some(2)),
            ("timeout=0", Some(0)),
            ("max=1", None),
            ("timeout=soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("keep-alive"),
                HeaderValue::from_static(value),
            )]);
            assert_eq!(keep_alive(&headers), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(keep_alive(&HeaderMap::new()), None);
    }
}
