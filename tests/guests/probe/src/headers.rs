//! Response headers: too many, too large, not allowed.

use crate::Call;
use serde_json::{Map, json};
use wasip2::http::types::{Fields, HeaderError};

/// As many as it takes. Where one is refused, the answer says which.
pub(crate) fn many(call: Call) {
    let n = call.query.number("n", 32_769);
    let fields = Fields::new();
    for index in 0..n {
        if let Err(error) = fields.append(&format!("x-{index}"), b"v") {
            return call.reply.json(&json!({ "set": index, "error": describe(&error) }));
        }
    }
    if let Some(open) = call.reply.open_with(200, fields) {
        let _ = open.write(b"ok");
        open.finish();
    }
}

pub(crate) fn big(call: Call) {
    let fields = Fields::new();
    match fields.append("x-big", &vec![b'x'; call.query.size("bytes", 1024 * 1024)]) {
        Err(error) => call.reply.json(&json!({ "error": describe(&error) })),
        Ok(()) => {
            if let Some(open) = call.reply.open_with(200, fields) {
                let _ = open.write(b"ok");
                open.finish();
            }
        }
    }
}

/// Tries what no header may be; the answer says for each what came of it.
pub(crate) fn bad(call: Call) {
    let cases: [(&str, &str, &[u8]); 14] = [
        ("crlf in value", "x-bad", b"a\r\nx-injected: 1"),
        ("lf in value", "x-bad", b"a\nb"),
        ("nul in value", "x-bad", b"a\0b"),
        ("non-ascii value", "x-bad", "ü".as_bytes()),
        ("empty name", "", b"v"),
        ("space in name", "x bad", b"v"),
        ("colon in name", "x:bad", b"v"),
        ("crlf in name", "x\r\nbad", b"v"),
        ("non-ascii name", "x-ü", b"v"),
        ("host", "host", b"evil.example"),
        ("connection", "connection", b"close"),
        ("transfer-encoding", "transfer-encoding", b"chunked"),
        ("upgrade", "upgrade", b"websocket"),
        ("keep-alive", "keep-alive", b"timeout=5"),
    ];
    let outcomes: Map<_, _> = cases
        .into_iter()
        .map(|(case, name, value)| {
            let outcome = Fields::new().append(name, value);
            (case.to_owned(), outcome.map_or_else(|error| describe(&error), |()| "accepted").into())
        })
        .collect();
    call.reply.json(&outcomes.into());
}

fn describe(error: &HeaderError) -> &'static str {
    match error {
        HeaderError::InvalidSyntax => "invalid syntax",
        HeaderError::Forbidden => "forbidden",
        _ => "other",
    }
}
