//! Request bodies, read well, badly or not at all.

use crate::{Call, plain};
use serde_json::json;

/// Sends the body back as it comes.
pub(crate) fn echo(call: Call) {
    let Ok(body) = call.request.consume() else { return };
    let Ok(stream) = body.stream() else { return };
    let Some(open) = call.reply.open(200, &[]) else { return };
    while let Ok(chunk) = stream.blocking_read(65_536) {
        if open.write(&chunk).is_err() {
            return;
        }
    }
    open.finish();
}

pub(crate) fn ignore(call: Call) {
    call.reply.json(&json!({ "ignored": true }));
}

/// Reads so many bytes at once, with a pause after each read.
pub(crate) fn read_slowly(call: Call) {
    let (chunk, ms) = (call.query.number("chunk", 1024), call.query.number("ms", 10));
    let mut bytes = 0;
    let Ok(body) = call.request.consume() else { return };
    if let Ok(stream) = body.stream() {
        while let Ok(read) = stream.blocking_read(chunk) {
            bytes += read.len();
            plain::pause(ms);
        }
    }
    call.reply.json(&json!({ "read": bytes }));
}
