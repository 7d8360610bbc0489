//! Answers, with blocking writes: the probe does one thing at a time.

use serde_json::Value;
use wasip2::http::types::{ErrorCode, Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::{OutputStream, StreamError};

/// What `blocking-write-and-flush` takes at once.
const WRITE: usize = 4096;

/// The answer that is still to be given.
pub(crate) struct Reply(ResponseOutparam);

/// A body that is being written.
pub(crate) struct Open {
    // A child of the body: it has to go first, and fields are dropped in their order.
    pub(crate) stream: OutputStream,
    pub(crate) body: OutgoingBody,
}

impl Reply {
    pub(crate) fn new(out: ResponseOutparam) -> Self {
        Self(out)
    }

    /// A whole answer.
    pub(crate) fn send(self, status: u16, headers: &[(&str, &[u8])], body: &[u8]) {
        if let Some(open) = self.open(status, headers) {
            // The caller may be gone.
            let _ = open.write(body);
            open.finish();
        }
    }

    pub(crate) fn json(self, value: &Value) {
        self.send(200, &[("content-type", b"application/json")], value.to_string().as_bytes());
    }

    /// The head of an answer.
    pub(crate) fn open(self, status: u16, headers: &[(&str, &[u8])]) -> Option<Open> {
        let fields = Fields::new();
        for (name, value) in headers {
            fields.append(name, value).ok()?;
        }
        self.open_with(status, fields)
    }

    pub(crate) fn open_with(self, status: u16, fields: Fields) -> Option<Open> {
        let response = OutgoingResponse::new(fields);
        response.set_status_code(status).ok()?;
        let body = response.body().ok()?;
        ResponseOutparam::set(self.0, Ok(response));
        let stream = body.write().ok()?;
        Some(Open { stream, body })
    }

    pub(crate) fn fail(self, code: ErrorCode) {
        ResponseOutparam::set(self.0, Err(code));
    }
}

impl Open {
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), StreamError> {
        bytes.chunks(WRITE).try_for_each(|chunk| self.stream.blocking_write_and_flush(chunk))
    }

    pub(crate) fn finish(self) {
        drop(self.stream);
        let _ = OutgoingBody::finish(self.body, None);
    }
}
