//! Answers that are late, endless, broken off or wrong.

use crate::{Call, plain};
use wasip2::http::types::{ErrorCode, OutgoingBody};

const TEXT: &[(&str, &[u8])] = &[("content-type", b"text/plain")];

pub(crate) fn error_response(call: Call) {
    call.reply.fail(ErrorCode::InternalError(Some("the probe failed as it was told to".into())));
}

#[allow(clippy::panic, reason = "a trap is what was asked for")]
pub(crate) fn body_then_trap(call: Call) {
    if let Some(open) = call.reply.open(200, TEXT) {
        let _ = open.write(b"the first half, and then");
        panic!("the probe trapped in the middle of its body");
    }
}

/// Writes until somebody stops it.
pub(crate) fn infinite_body(call: Call) {
    if let Some(open) = call.reply.open(200, TEXT) {
        while open.write(&[b'x'; 4096]).is_ok() {}
    }
}

/// `chunk 0`, `chunk 1`, … a line each, with pauses between them.
pub(crate) fn slow_body(call: Call) {
    let (chunks, ms) = (call.query.number("chunks", 5), call.query.number("ms", 100));
    let Some(open) = call.reply.open(200, TEXT) else { return };
    for chunk in 0..chunks {
        if chunk > 0 {
            plain::pause(ms);
        }
        if open.write(format!("chunk {chunk}\n").as_bytes()).is_err() {
            return;
        }
    }
    open.finish();
}

pub(crate) fn big_body(call: Call) {
    let mib = call.query.number("mib", 1);
    let Some(open) = call.reply.open(200, TEXT) else { return };
    for _ in 0..mib * 256 {
        if open.write(&[b'x'; 4096]).is_err() {
            return;
        }
    }
    open.finish();
}

/// Finishes the body while its stream is still there, then goes on writing.
pub(crate) fn write_after_finish(call: Call) {
    let Some(open) = call.reply.open(200, TEXT) else { return };
    let _ = open.write(b"before");
    let _ = OutgoingBody::finish(open.body, None);
    let _ = open.stream.blocking_write_and_flush(b"after");
}

pub(crate) fn wrong_content_length(call: Call) {
    let declared = call.query.text("declared", "10").to_owned();
    let sent = call.query.size("sent", 5);
    call.reply.send(200, &[("content-length", declared.as_bytes())], &vec![b'x'; sent]);
}
