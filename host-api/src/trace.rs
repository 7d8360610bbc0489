//! The trace that an invocation is a part of.
//!
//! The format is that of W3C Trace Context: `traceparent` is `00-<trace id>-<parent id>-<flags>`, all in hexadecimal
//! digits of lower case. An invocation's own ids follow from its id, so that they cost nothing to make and are known
//! wherever that id is.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use uuid::Uuid;

/// Names a request's trace and the span that it was sent from.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What tracing systems keep beside it.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Bytes of a `tracestate` that is handed on (Trace Context, section 3.3.1.5 asks for 512 at least).
const MAX_STATE: usize = 512;

/// The flag of a trace that is recorded.
const SAMPLED: u8 = 1;

/// A `traceparent` that came with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: NonZeroU128,
    /// The span that the request was sent from.
    pub span: NonZeroU64,
    /// Whether the trace is recorded.
    pub sampled: bool,
    state: Option<HeaderValue>,
}

impl Parent {
    /// The parent that the headers name. One that is malformed, or given twice, is none.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(TRACEPARENT).iter();
        let text = given.next()?;
        if given.next().is_some() {
            return None;
        }
        let (trace, span, flags) = parse(text.to_str().ok()?.trim())?;
        let mut states = headers.get_all(TRACESTATE).iter();
        let state = states.next().filter(|state| state.len() <= MAX_STATE).cloned();
        let state = if states.next().is_some() { None } else { state };
        Some(Self { trace, span, sampled: flags & SAMPLED != 0, state })
    }
}

/// A version above 00 may have more at its end; `ff` is none.
fn parse(text: &str) -> Option<(NonZeroU128, NonZeroU64, u8)> {
    let mut parts = text.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace = NonZeroU128::new(hex(parts.next()?, 32)?)?;
    let span = NonZeroU64::new(u64::try_from(hex(parts.next()?, 16)?).ok()?)?;
    let flags = u8::try_from(hex(parts.next()?, 2)?).ok()?;
    let is_whole = version != 0 || parts.next().is_none();
    (version != 0xff && is_whole).then_some((trace, span, flags))
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { u128::from_str_radix(text, 16).ok() } else { None }
}

/// Where an invocation stands in its trace.
#[derive(Clone, Debug)]
pub struct Trace {
    id: u128,
    span: u64,
    parent: Option<NonZeroU64>,
    sampled: bool,
    announced: bool,
    state: Option<HeaderValue>,
}

impl Trace {
    /// The trace of an invocation: its caller's, or one that begins here. One that is not `recorded` and that nobody
    /// outside began stays within the platform.
    #[must_use]
    pub fn of(invocation: Uuid, parent: Option<Parent>, recorded: bool, sampled: bool) -> Self {
        let span = nonzero(mix(invocation.as_u128() as u64));
        match parent {
            Some(Parent { trace, span: parent, state, .. }) => {
                Self { id: trace.get(), span, parent: Some(parent), sampled, announced: true, state }
            }
            None => Self {
                id: Self::root(invocation),
                span,
                parent: None,
                sampled,
                announced: recorded,
                state: None,
            },
        }
    }

    /// The id of a trace that begins with this invocation. It is spread evenly, as samplers expect of it.
    #[must_use]
    pub fn root(invocation: Uuid) -> u128 {
        let (high, low) = invocation.as_u64_pair();
        let low = nonzero(mix(low ^ high.rotate_left(32)));
        u128::from(mix(high ^ low)) << 64 | u128::from(low)
    }

    /// The trace's id.
    #[must_use]
    pub fn id(&self) -> TraceId {
        TraceId(self.id)
    }

    /// The invocation's span.
    #[must_use]
    pub fn span(&self) -> u64 {
        self.span
    }

    /// The span that its request was sent from.
    #[must_use]
    pub fn parent(&self) -> Option<NonZeroU64> {
        self.parent
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// The span of the call at this place among the invocation's calls.
    #[must_use]
    pub fn span_of_call(&self, place: usize) -> u64 {
        nonzero(mix(self.span.wrapping_add(place as u64 + 1)))
    }

    /// Tells a function that is called of the trace, unless the guest names one itself.
    pub fn hand_on(&self, headers: &mut HeaderMap, call: Option<usize>) {
        if headers.contains_key(TRACEPARENT) {
            return;
        }
        let span = call.map_or(self.span, |place| self.span_of_call(place));
        let text = format!("00-{:032x}-{span:016x}-{:02x}", self.id, u8::from(self.sampled));
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(TRACEPARENT, value);
            if let Some(state) = &self.state {
                headers.insert(TRACESTATE, state.clone());
            }
        }
    }

    /// The same for a request that leaves the platform. It is told of traces that somebody can see.
    pub fn hand_out(&self, headers: &mut HeaderMap, call: Option<usize>) {
        if self.announced {
            self.hand_on(headers, call);
        }
    }
}

/// A trace's id; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Spreads the bits of a number over all of another: the last step of SplitMix64.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn nonzero(number: u64) -> u64 {
    number.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parent(values: &[&str]) -> Option<Parent> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_str(value).unwrap());
        }
        Parent::of(&headers)
    }

    #[test]
    fn a_parent_is_read_and_handed_on() {
        let parent = parent(&[GOOD]).unwrap();
        assert!(parent.sampled);
        let id = Uuid::now_v7();
        let trace = Trace::of(id, Some(parent), false, true);
        assert_eq!(trace.id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        let mut headers = HeaderMap::new();
        trace.hand_out(&mut headers, Some(3));
        let sent = super::Parent::of(&headers).unwrap();
        assert_eq!((sent.span.get(), sent.sampled), (trace.span_of_call(3), true));
    }

    #[test]
    fn what_is_malformed_is_no_parent() {
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(parent(&[bad]), None, "{bad}");
        }
        assert_eq!(parent(&[GOOD, GOOD]), None);
        assert!(parent(&["01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more"]).is_some());
    }

    #[test]
    fn a_guests_own_parent_stays_and_a_trace_that_nobody_sees_stays_inside() {
        let trace = Trace::of(Uuid::now_v7(), None, false, false);
        let mut headers = HeaderMap::new();
        trace.hand_out(&mut headers, None);
        assert!(headers.is_empty());
        trace.hand_on(&mut headers, None);
        assert!(headers.contains_key(TRACEPARENT));
        headers.insert(TRACEPARENT, HeaderValue::from_static(GOOD));
        trace.hand_on(&mut headers, None);
        assert_eq!(headers[TRACEPARENT], GOOD);
    }
}
