//! The chain of calls that an invocation stands at the end of.

use crate::telemetry::InvocationSource;
use http::{Extensions, HeaderMap};
use std::net::{IpAddr, SocketAddr};
use tokio::time::Instant;
use wasmforge_host_api::auth::Caller;
use wasmforge_host_api::http::{CALL_DEPTH, Call, MAX_CALL_DEPTH};
use wasmtime_wasi_http::WasiBody;

/// Where an invocation comes from. The default is a request from outside.
#[derive(Default)]
pub struct CallChain {
    /// How many functions called each other to get here.
    pub depth: u32,
    /// When the time of the function that calls is over.
    pub deadline: Option<Instant>,
    /// Where the request comes from; absent, from no connection.
    pub peer: Option<IpAddr>,
    /// Who calls; absent, whoever the request's headers name.
    pub caller: Option<Caller>,
    /// The function's policy has let the caller in already, when its credential was still good.
    pub is_admitted: bool,
}

impl CallChain {
    /// The chain of a request that came over a connection. It may be a function's that went out to the platform's own
    /// address and came back; whoever else sends the header can only make its own call fail.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let depths = headers.get_all(CALL_DEPTH).iter();
        let depth = depths.filter_map(|depth| depth.to_str().ok()?.trim().parse().ok()).max();
        Self { depth: depth.unwrap_or(0), ..Self::default() }
    }

    /// The same, of a request that came from `peer`.
    #[must_use]
    pub fn sent_by(self, peer: SocketAddr) -> Self {
        Self { peer: Some(peer.ip()), ..self }
    }

    /// The chain of a call within the process, and what it asks.
    #[must_use]
    pub fn of_call(call: Call) -> (http::Request<WasiBody>, Self) {
        let Call { request, caller, depth, deadline } = call;
        (request, Self { depth, deadline: Some(deadline), caller, ..Self::default() })
    }

    /// What the invocation at its end is made for: what a request says in its extensions, or else whether a function
    /// calls.
    #[must_use]
    pub fn source(&self, extensions: &Extensions) -> InvocationSource {
        let called = if self.depth > 0 { InvocationSource::Function } else { InvocationSource::Http };
        extensions.get().copied().unwrap_or(called)
    }

    /// Whether it is longer than a chain may be.
    #[must_use]
    pub fn is_too_deep(&self) -> bool {
        self.depth > MAX_CALL_DEPTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn depth(values: &[&str]) -> u32 {
        let values = values.iter().map(|value| (CALL_DEPTH, HeaderValue::from_str(value).unwrap()));
        let mut headers = HeaderMap::new();
        values.for_each(|(name, value)| {
            headers.append(name, value);
        });
        CallChain::of_headers(&headers).depth
    }

    #[test]
    fn the_deepest_depth_counts_and_nonsense_does_not() {
        assert_eq!(depth(&[]), 0);
        assert_eq!(depth(&["3"]), 3);
        assert_eq!(depth(&["3", "7", "x"]), 7);
        assert_eq!(depth(&["-1"]), 0);
        assert_eq!(depth(&["4294967296"]), 0);
    }

    #[test]
    fn a_request_says_what_it_is_made_for_or_is_a_functions_or_from_outside() {
        let chain = |depth| CallChain { depth, ..CallChain::default() };
        let mut extensions = Extensions::new();
        assert_eq!(chain(0).source(&extensions), InvocationSource::Http);
        assert_eq!(chain(1).source(&extensions), InvocationSource::Function);
        extensions.insert(InvocationSource::Schedule);
        assert_eq!(chain(0).source(&extensions), InvocationSource::Schedule);
    }

    #[test]
    fn eight_calls_in_a_row_are_not_too_many_and_nine_are() {
        let chain = |depth| CallChain { depth, ..CallChain::default() };
        assert!(!chain(8).is_too_deep());
        assert!(chain(9).is_too_deep());
    }
}
