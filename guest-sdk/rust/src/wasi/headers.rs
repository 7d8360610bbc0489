//! Header maps of `http`, fields of `wasi:http`.

use crate::{Error, Result};
use http::{HeaderMap, HeaderName, HeaderValue};
use wasip2::http::types::Fields;

/// All fields of a message from outside. What `http` cannot express is left out; the host has checked it all before.
pub(super) fn from_fields(fields: &Fields) -> HeaderMap {
    let entries = fields.entries();
    let mut headers = HeaderMap::with_capacity(entries.len());
    for (name, value) in entries {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_maybe_shared(bytes::Bytes::from(value)),
        ) {
            headers.append(name, value);
        }
    }
    headers
}

/// Concern one connection, which is the sandbox's, or are made from the URL (RFC 9110, section 7.6.1).
const NOT_OURS: [&str; 10] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// All headers of a message to the outside.
pub(super) fn to_fields(headers: &HeaderMap) -> Result<Fields> {
    fields(
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect(),
    )
}

/// All headers in one call. Only where the host refuses them is it asked which it refuses. Names are in lower case.
pub(super) fn fields(mut entries: Vec<(String, Vec<u8>)>) -> Result<Fields> {
    if let Ok(fields) = Fields::from_list(&entries) {
        return Ok(fields);
    }
    entries.retain(|(name, _)| {
        let ours = !NOT_OURS.contains(&name.as_str());
        if !ours {
            eprintln!("header {name} left out: it is not a function's to set");
        }
        ours
    });
    Fields::from_list(&entries).map_err(|_| Error::Header(refused(&entries)))
}

fn refused(entries: &[(String, Vec<u8>)]) -> String {
    let refused = entries.chunks(1).find(|entry| Fields::from_list(entry).is_err()).and_then(<[_]>::first);
    refused.map(|(name, _)| name.clone()).unwrap_or_default()
}
