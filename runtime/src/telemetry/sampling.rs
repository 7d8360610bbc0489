//! Which traces are recorded.

use http::HeaderMap;
use uuid::Uuid;
use wasmforge_host_api::trace::{Parent, Trace};

/// What a sampler of OpenTelemetry decides by (`OTEL_TRACES_SAMPLER`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampler {
    /// Every trace.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// This part of them, chosen by the trace's id: 0 to 1.
    Ratio(f64),
}

impl Sampler {
    /// The lower 64 bits of an id are as good as random, and the same on every node.
    fn samples(self, trace: u128) -> bool {
        match self {
            Self::AlwaysOn => true,
            Self::AlwaysOff => false,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a bound of a ratio need not be exact"
            )]
            Self::Ratio(ratio) => ((trace as u64) >> 1) < (ratio * (1_u64 << 63) as f64) as u64,
        }
    }
}

/// Decides about the traces of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sampling {
    /// Decides; absent, nothing is exported.
    pub sampler: Option<Sampler>,
    /// Whether a caller's decision holds, and the sampler is asked about traces that begin here only.
    pub by_parent: bool,
}

impl Sampling {
    /// The trace of an invocation, given the headers of its request.
    #[must_use]
    pub fn trace(&self, invocation: Uuid, headers: &HeaderMap) -> Trace {
        let parent = Parent::of(headers);
        let sampled = match (&parent, self.sampler) {
            // Somebody else's decision is handed on, though nothing is recorded here.
            (Some(parent), None) => parent.sampled,
            (Some(parent), Some(_)) if self.by_parent => parent.sampled,
            (Some(parent), Some(sampler)) => sampler.samples(parent.trace.get()),
            (None, Some(sampler)) => sampler.samples(Trace::root(invocation)),
            (None, None) => false,
        };
        Trace::of(invocation, parent, self.sampler.is_some(), sampled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn sampled(sampler: Option<Sampler>, by_parent: bool, flags: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(flags) = flags {
            let value = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
            headers.insert("traceparent", HeaderValue::try_from(value).unwrap());
        }
        Sampling { sampler, by_parent }.trace(Uuid::now_v7(), &headers).is_sampled()
    }

    #[test]
    fn a_parent_decides_where_it_may() {
        assert!(!sampled(Some(Sampler::AlwaysOn), true, Some("00")));
        assert!(sampled(Some(Sampler::AlwaysOff), true, Some("01")));
        assert!(sampled(Some(Sampler::AlwaysOn), false, Some("00")));
        assert!(!sampled(Some(Sampler::AlwaysOff), false, Some("01")));
        assert!(sampled(None, true, Some("01")));
        assert!(sampled(Some(Sampler::AlwaysOn), true, None) && !sampled(None, true, None));
    }

    #[test]
    fn a_ratio_takes_its_part() {
        assert!(sampled(Some(Sampler::Ratio(1.0)), true, None));
        assert!(!sampled(Some(Sampler::Ratio(0.0)), true, None));
        let some = (0..4000).filter(|_| sampled(Some(Sampler::Ratio(0.25)), true, None)).count();
        assert!((800..1200).contains(&some), "{some}");
    }
}
