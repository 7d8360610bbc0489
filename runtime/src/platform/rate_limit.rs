//! How often one address may do something: fixed windows, counted in this process.

use super::ApiError;
use crate::config::Config;
use axum::extract::ConnectInfo;
use axum::http::header::RETRY_AFTER;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// Addresses that are remembered at most. Beyond them, one is forgotten for each that comes.
const ADDRESSES: usize = 50_000;

/// What is counted.
pub struct RateLimits {
    /// Changes of functions; `None` where they are not counted.
    pub(super) writes: Option<RateLimit>,
    /// Log-ins that failed.
    pub(super) log_ins: RateLimit,
}

impl RateLimits {
    /// InsForge's limits: 15 writes in 5 minutes, and of failed attempts 10 in 15 minutes. Writes are not counted in
    /// `dev`, nor where the configuration says so.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let writes = RateLimit::new(15, Duration::from_secs(5 * 60));
        Self {
            writes: (config.limit_writes && !config.dev_mode).then_some(writes),
            log_ins: RateLimit::new(10, Duration::from_secs(15 * 60)),
        }
    }
}

/// So many of something from one address in a window of time.
pub(super) struct RateLimit {
    limit: u32,
    window: Duration,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

/// One address's window: from its first request on.
struct Window {
    ends: Instant,
    count: u32,
}

impl RateLimit {
    fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, windows: Mutex::default() }
    }

    /// Counts one more from this address.
    pub(super) fn count(&self, address: IpAddr) -> Standing {
        self.count_at(address, Instant::now())
    }

    fn count_at(&self, address: IpAddr, now: Instant) -> Standing {
        let mut windows = self.windows.lock();
        if windows.len() >= ADDRESSES {
            windows.retain(|_, window| window.ends > now);
            if let Some(some) = windows.keys().next().copied().filter(|_| windows.len() >= ADDRESSES) {
                windows.remove(&some);
            }
        }
        let fresh = || Window { ends: now + self.window, count: 0 };
        let window = windows.entry(network(address)).or_insert_with(fresh);
        if window.ends <= now {
            *window = fresh();
        }
        window.count = window.count.saturating_add(1);
        Standing {
            limit: self.limit,
            window: self.window,
            count: window.count,
            left: window.ends.saturating_duration_since(now),
        }
    }

    /// Takes one back that turned out not to count.
    pub(super) fn take_back(&self, address: IpAddr) {
        if let Some(window) = self.windows.lock().get_mut(&network(address)) {
            window.count = window.count.saturating_sub(1);
        }
    }
}

/// Who is counted as one: an IPv4 address, or the /64 that one IPv6 host commonly has to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// How an address stands after a request was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    limit: u32,
    window: Duration,
    count: u32,
    left: Duration,
}

impl Standing {
    /// Whether this request was one too many.
    pub(super) fn is_exceeded(&self) -> bool {
        self.count > self.limit
    }

    /// Tells the client, in the fields of draft-ietf-httpapi-ratelimit-headers-06.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let seconds = self.left.as_secs() + u64::from(self.left.subsec_nanos() > 0);
        let policy = format!("{};w={}", self.limit, self.window.as_secs());
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
        }
        headers.insert(HeaderName::from_static("ratelimit-limit"), self.limit.into());
        let remaining = self.limit.saturating_sub(self.count);
        headers.insert(HeaderName::from_static("ratelimit-remaining"), remaining.into());
        headers.insert(HeaderName::from_static("ratelimit-reset"), seconds.into());
        if self.is_exceeded() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
    }
}

/// The error of a request too many.
pub(super) fn too_many(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", message)
        .advise("Wait for as many seconds as the header Retry-After says.")
}

/// Where a request came from; `None` for one that came over no connection.
pub(super) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn limit() -> RateLimit {
        RateLimit::new(2, Duration::from_secs(60))
    }

    #[test]
    fn a_window_begins_with_its_first_request_and_ends_with_all_of_it() {
        let (limit, start) = (limit(), Instant::now());
        let at = |seconds: u64| limit.count_at(HOME, start + Duration::from_secs(seconds)).is_exceeded();
        assert_eq!([at(0), at(30), at(59)], [false, false, true]);
        assert_eq!([at(60), at(61), at(62)], [false, false, true]);
    }

    #[test]
    fn addresses_are_counted_apart_and_the_hosts_of_a_network_together() {
        let limit = limit();
        let count = |address: &str| limit.count(address.parse().unwrap()).count;
        assert_eq!([count("10.0.0.1"), count("10.0.0.2"), count("::ffff:10.0.0.1")], [1, 1, 2]);
        assert_eq!([count("2001:db8::1"), count("2001:db8::ffff"), count("2001:db8:0:1::1")], [1, 2, 1]);
    }

    #[test]
    fn what_is_taken_back_was_not_counted() {
        let limit = limit();
        for _ in 0..5 {
            assert!(!limit.count(HOME).is_exceeded());
            limit.take_back(HOME);
        }
    }

    #[test]
    fn the_client_is_told_in_whole_seconds() {
        let (limit, mut headers) = (limit(), HeaderMap::new());
        limit.count(HOME).tell(&mut headers);
        let told =
            |headers: &HeaderMap, name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(told(&headers, "ratelimit-policy").as_deref(), Some("2;w=60"));
        assert_eq!(told(&headers, "ratelimit-remaining").as_deref(), Some("1"));
        assert_eq!(told(&headers, "retry-after"), None);
        limit.count(HOME);
        limit.count(HOME).tell(&mut headers);
        assert_eq!(told(&headers, "ratelimit-remaining").as_deref(), Some("0"));
        assert_eq!(told(&headers, "retry-after").as_deref(), Some("60"));
    }

    #[test]
    fn memory_is_bounded() {
        let limit = limit();
        for n in 0..ADDRESSES + 10 {
            limit.count(IpAddr::from(u32::try_from(n).unwrap().to_be_bytes()));
        }
        assert_eq!(limit.windows.lock().len(), ADDRESSES);
    }
}
