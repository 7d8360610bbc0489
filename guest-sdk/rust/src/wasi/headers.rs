//! Header maps of `http`, fields of `wasi:http`.

use crate::{Error, Result};
use http::{HeaderMap, HeaderName, HeaderValue};
use wasip2::http::types::{Fields, HeaderError};

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

/// All headers of a message to the outside, in one call. Where the host refuses one, they are tried one by one.
pub(super) fn to_fields(headers: &HeaderMap) -> Result<Fields> {
    if headers.is_empty() {
        return Ok(Fields::new());
    }
    let entries: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    Fields::from_list(&entries).or_else(|_| one_by_one(headers))
}

fn one_by_one(headers: &HeaderMap) -> Result<Fields> {
    let fields = Fields::new();
    for (name, value) in headers {
        match fields.append(name.as_str(), value.as_bytes()) {
            Ok(()) => {}
            Err(HeaderError::Forbidden) => eprintln!("header {name} left out: it is not a function's to set"),
            Err(_) => return Err(Error::Header(name.to_string())),
        }
    }
    Ok(fields)
}
