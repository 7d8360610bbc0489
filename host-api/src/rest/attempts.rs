//! When a request is sent again.

use crate::http::{RequestFuture, ResponseFuture};
use http::Response;
use std::time::Duration;
use tokio::time::sleep;
use wasmtime_wasi_http::{Error, WasiBody};

/// How long PostgREST may take: for a connection, for the head of its response, between two chunks of the body.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The pauses before the second and the third try: 200 ms, and two and a half times as long each time after.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(500)];

/// Sends a request until it gets a response, a failure that another try would not mend, or has been tried often enough.
pub(super) async fn repeat(
    mut send: impl FnMut() -> ResponseFuture + Send,
    is_mendable: impl Fn(&Error) -> bool + Send,
) -> Result<(Response<WasiBody>, RequestFuture), Error> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let failure = match Box::into_pin(send()).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        match pauses.next().filter(|_| is_mendable(&failure)) {
            Some(pause) => sleep(pause).await,
            None => return Err(failure),
        }
    }
}

/// Whether the request, or its response's head, was lost with a connection.
pub(super) fn is_connection_failure(error: &Error) -> bool {
    was_never_connected(error) || is_timeout(error) || matches!(error, Error::ConnectionTerminated)
}

/// Whether there was no connection, so that PostgREST has seen nothing of the request.
pub(super) fn was_never_connected(error: &Error) -> bool {
    matches!(
        error,
        Error::ConnectionRefused
            | Error::DestinationUnavailable
            | Error::DestinationIpUnroutable
            | Error::DnsError { .. }
    )
}

/// Whether connecting took too long.
fn is_timeout(error: &Error) -> bool {
    matches!(error, Error::ConnectionTimeout | Error::DnsTimeout)
}
