//! How long the steps of an invocation took, for a caller that asks: `Server-Timing`.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write as _;
use std::time::Instant;

/// The request header that asks for it, with the value `1`.
const WANTED: HeaderName = HeaderName::from_static("x-wasmforge-timing");

/// The answer's header (W3C Server Timing).
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The steps so far. Takes no time where nobody asked.
pub(super) struct Timing(Option<Box<Steps>>);

struct Steps {
    last: Instant,
    text: String,
}

impl Timing {
    /// Begins with a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let is_wanted = headers.get(WANTED).is_some_and(|value| value == "1");
        Self(is_wanted.then(|| Box::new(Steps { last: Instant::now(), text: String::new() })))
    }

    /// Notes that a step has ended.
    pub(super) fn mark(&mut self, step: &str) {
        if let Some(steps) = &mut self.0 {
            let now = Instant::now();
            let millis = now.duration_since(steps.last).as_secs_f64() * 1000.0;
            let separator = if steps.text.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(steps.text, "{separator}{step};dur={millis:.3}");
            steps.last = now;
        }
    }

    /// Adds the header, where it was asked for. A function's own stays.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        if let Some(value) = self.0.and_then(|steps| HeaderValue::try_from(steps.text).ok())
            && !value.is_empty()
        {
            headers.append(SERVER_TIMING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_to_who_asks_only() {
        let mut headers = HeaderMap::new();
        Timing::of(&headers).tell(&mut headers);
        assert!(headers.is_empty());
        headers.insert(WANTED, HeaderValue::from_static("1"));
        let mut timing = Timing::of(&headers);
        timing.mark("load");
        timing.mark("queue");
        timing.tell(&mut headers);
        let told = headers[SERVER_TIMING].to_str().unwrap();
        assert!(told.starts_with("load;dur=") && told.contains(", queue;dur="), "{told}");
    }
}
