//! Reads what a client still sends after it has been answered.
//!
//! A connection of HTTP/1.1 that is closed while its client sends is reset, and a reset takes the answer with it: the
//! client of an upload that is too large would never see the `413`.

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long it is read at most.
const TIME: Duration = Duration::from_secs(5);

/// Bytes that are read at most.
const BYTES: u64 = 64 * 1024 * 1024;

/// Reads the rest of `body` in a task of its own, within limits, and throws it away.
pub(super) fn discard<B>(mut body: B)
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
{
    let Ok(runtime) = Handle::try_current() else { return };
    runtime.spawn(async move {
        let reading = async {
            let mut left = BYTES;
            while let Some(Ok(frame)) = body.frame().await {
                let len = frame.data_ref().map_or(0, |data| data.len() as u64);
                left = match left.checked_sub(len) {
                    Some(left) => left,
                    None => return,
                };
            }
        };
        // Whoever still sends after that is cut off.
        let _ = tokio::time::timeout(TIME, reading).await;
    });
}
