//! Requests and answers between the wire and the table.

use crate::invoke::CallChain;
use crate::registry::StoredHeaders;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use wasmforge_host_api::http::CALL_DEPTH;

/// How often a job may be tried, in the request that makes it.
pub const MAX_ATTEMPTS: HeaderName = HeaderName::from_static("x-wasmforge-max-attempts");

/// Fields that may hold a credential.
const CREDENTIALS: [HeaderName; 4] =
    [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HeaderName::from_static("x-api-key")];

/// Fields that belong to a connection, or to the way into the queue.
const TRANSIENT: [HeaderName; 11] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    CONTENT_LENGTH,
    EXPECT,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    CALL_DEPTH,
    MAX_ATTEMPTS,
];

/// The fields of a request: those without credentials, and those with.
pub(super) fn split(chain: &CallChain, headers: &HeaderMap) -> (StoredHeaders, StoredHeaders) {
    let mut headers = headers.clone();
    if let Some(caller) = &chain.caller {
        // A function calls, on behalf of whoever called it.
        caller.sign(&mut headers);
    }
    headers.remove(super::prefer::PREFER);
    let kept = headers.iter().filter(|(name, _)| !TRANSIENT.contains(name));
    let (secret, open): (Vec<_>, Vec<_>) = kept.partition(|(name, _)| CREDENTIALS.contains(name));
    let pairs = |fields: Vec<(&HeaderName, &HeaderValue)>| fields.into_iter().map(pair).collect();
    (pairs(open), pairs(secret))
}

/// The fields of an answer, but for those that belong to its connection.
pub(super) fn of_answer(headers: &HeaderMap) -> StoredHeaders {
    headers.iter().filter(|(name, _)| !TRANSIENT.contains(name)).map(pair).collect()
}

/// The fields again. What is none, because somebody else wrote the row, is left out.
pub(super) fn restored(stored: &StoredHeaders) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(stored.len());
    for (name, value) in stored {
        let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value) {
            headers.append(name, value);
        }
    }
    headers
}

fn pair((name, value): (&HeaderName, &HeaderValue)) -> (String, String) {
    (name.as_str().to_owned(), value.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_value_survives() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", HeaderValue::from_bytes(&[b'a', 0x80, 0xff, b'\t', b'z']).unwrap());
        headers.append("x-a", HeaderValue::from_static("second"));
        headers.append("connection", HeaderValue::from_static("close"));
        let (open, secret) = split(&CallChain::default(), &headers);
        assert!(secret.is_empty());
        headers.remove("connection");
        assert_eq!(restored(&open), headers);
    }

    #[test]
    fn credentials_are_kept_apart() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "x-api-key", "accept"] {
            headers.append(name, HeaderValue::from_static("v"));
        }
        let (open, secret) = split(&CallChain::default(), &headers);
        assert_eq!(open, [("accept".to_owned(), "v".to_owned())]);
        assert_eq!(secret.len(), 3);
    }

    #[test]
    fn what_is_no_field_is_left_out() {
        let stored = [("b ad", "v"), ("x", "line\nbreak"), ("y", "ž"), ("z", "ok")];
        let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(restored(&stored).len(), 1);
    }
}
