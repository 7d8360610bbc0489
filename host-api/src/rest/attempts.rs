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

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Empty};

    /// How often a request is sent that fails with these errors, one after the other, before it is answered; and whether it
    /// is answered.
    async fn tried(failures: Vec<Error>, is_mendable: impl Fn(&Error) -> bool + Send) -> (u32, bool) {
        let (mut failures, mut sent) = (failures.into_iter(), 0);
        let send = || -> ResponseFuture {
            sent += 1;
            let outcome = failures.next().map_or_else(
                || {
                    let body = Empty::new().map_err(Error::from).boxed_unsync();
                    let done: RequestFuture = Box::new(async { Ok(()) });
                    Ok((Response::new(body), done))
                },
                Err,
            );
            Box::new(async { outcome })
        };
        let answered = repeat(send, is_mendable).await.is_ok();
        (sent, answered)
    }

    #[tokio::test]
    async fn what_found_no_connection_is_sent_three_times_at_most() {
        let refused = || vec![Error::ConnectionRefused, Error::ConnectionRefused, Error::ConnectionRefused];
        assert_eq!(tried(Vec::new(), was_never_connected).await, (1, true));
        assert_eq!(tried(vec![Error::DestinationUnavailable], was_never_connected).await, (2, true));
        assert_eq!(tried(refused(), was_never_connected).await, (3, false));
        assert_eq!(tried(refused(), is_connection_failure).await, (3, false));
    }

    #[tokio::test]
    async fn what_may_have_arrived_is_sent_again_only_if_that_is_harmless() {
        let lost = || vec![Error::ConnectionTerminated];
        assert_eq!(tried(lost(), was_never_connected).await, (1, false));
        assert_eq!(tried(lost(), is_connection_failure).await, (2, true));
        assert_eq!(tried(vec![Error::HttpProtocolError], is_connection_failure).await, (1, false));
    }
}
