//! What a function may reach.
//!
//! A policy is asked twice for every connection: about the destination before DNS, and about the address after it.

use super::address::{self, NonPublic};
use super::destination::{Destination, DestinationError, Host, split_port};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// A host that is granted: `api.example.com`, `*.example.com`, `10.0.0.5` or `[::1]`, each with `:port` if wanted.
///
/// `*.` stands for one or more labels, so `*.example.com` is not `example.com` itself. Without a port every port is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    subdomains: bool,
    host: Host,
    port: Option<u16>,
}

/// A text that is no [`HostPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is not a host that can be granted: {problem}")]
pub struct HostPatternError {
    /// The text.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: DestinationError,
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |problem| HostPatternError { pattern: text.to_owned(), problem };
        let (host, port) = split_port(text).map_err(refused)?;
        let subdomains = host.starts_with("*.");
        let parsed = Host::parse(host.strip_prefix("*.").unwrap_or(host)).map_err(refused)?;
        if subdomains && matches!(parsed, Host::Address(_)) {
            return Err(refused(DestinationError::Host(host.to_owned())));
        }
        Ok(Self { subdomains, host: parsed, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subdomains {
            f.write_str("*.")?;
        }
        self.host.fmt(f)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl HostPattern {
    fn matches(&self, destination: &Destination) -> bool {
        if self.port.is_some_and(|port| port != destination.port) {
            return false;
        }
        match (&self.host, &destination.host) {
            (Host::Name(granted), Host::Name(asked)) if self.subdomains => {
                asked.strip_suffix(&**granted).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (granted, asked) => granted == asked,
        }
    }
}

/// Why a destination or an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The function's grant does not hold the host.
    #[error(
        "{0} is not granted: the function's capabilities name other hosts under \"http\": {{\"hosts\": […]}}"
    )]
    HostNotGranted(Destination),
    /// The address is not public, and no operator allowed it.
    #[error(
        "{address} is {reason}, which only an operator can allow, host by host in WASMFORGE_PRIVATE_HOSTS"
    )]
    NotPublic {
        /// The address that was refused.
        address: IpAddr,
        /// What it is.
        reason: NonPublic,
    },
    /// The address is bound to one network interface.
    #[error("{0} has a scope")]
    Scoped(SocketAddr),
}

/// Tells policies apart: two are the same only if they are one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PolicyId(u64);

impl PolicyId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What one version of a function may reach. Made when the version is configured and shared by its invocations.
///
/// Kept-alive connections belong to the policy under which they were opened, so a connection that one function was
/// allowed to open is never handed to another.
#[derive(Debug)]
pub struct OutboundPolicy {
    id: PolicyId,
    granted: Option<Vec<HostPattern>>,
    private_hosts: Vec<HostPattern>,
    allow_private: bool,
}

impl OutboundPolicy {
    /// The whole public internet and nothing else.
    #[must_use]
    pub fn public_internet() -> Self {
        Self { id: PolicyId::next(), granted: None, private_hosts: Vec::new(), allow_private: false }
    }

    /// The function's grant: these hosts only.
    #[must_use]
    pub fn granting(mut self, hosts: Vec<HostPattern>) -> Self {
        self.granted = Some(hosts);
        self
    }

    /// A policy of its own that allows what this one does, for these hosts only.
    #[must_use]
    pub fn narrowed_to(&self, hosts: Vec<HostPattern>) -> Self {
        let (private_hosts, allow_private) = (self.private_hosts.clone(), self.allow_private);
        Self { id: PolicyId::next(), granted: Some(hosts), private_hosts, allow_private }
    }

    /// What requests may reach whose URLs an administrator wrote: private networks too.
    #[must_use]
    pub(super) fn for_administrators(&self) -> Self {
        let private_hosts = self.private_hosts.clone();
        Self { id: PolicyId::next(), granted: None, private_hosts, allow_private: true }
    }

    /// The operator's list of hosts that may have private addresses. It widens no function's grant.
    #[must_use]
    pub fn with_private_hosts(mut self, hosts: Vec<HostPattern>) -> Self {
        self.private_hosts = hosts;
        self
    }

    /// Whether every host may have a private address, for local development. Link-local addresses still need to be
    /// named with [`OutboundPolicy::with_private_hosts`].
    #[must_use]
    pub fn allowing_private(mut self, allow: bool) -> Self {
        self.allow_private = allow;
        self
    }

    pub(super) fn id(&self) -> PolicyId {
        self.id
    }

    /// Decides about a destination, before any DNS query.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn admit(&self, destination: &Destination) -> Result<(), Refusal> {
        self.admit_name(destination)?;
        match destination.host {
            Host::Address(ip) => self.admit_address(destination, SocketAddr::new(ip, destination.port)),
            Host::Name(_) => Ok(()),
        }
    }

    /// Decides whether the function's grant holds a destination, whatever addresses it has.
    pub(super) fn admit_name(&self, destination: &Destination) -> Result<(), Refusal> {
        let granted = self.granted.as_deref();
        match granted.is_some_and(|hosts| !hosts.iter().any(|host| host.matches(destination))) {
            true => Err(Refusal::HostNotGranted(destination.clone())),
            false => Ok(()),
        }
    }

    /// Decides about an address that `destination` led to.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn admit_address(&self, destination: &Destination, address: SocketAddr) -> Result<(), Refusal> {
        if matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0) {
            return Err(Refusal::Scoped(address));
        }
        let Some(reason) = address::classify(address.ip()) else { return Ok(()) };
        let allowed = self.allow_private && reason.is_private_network();
        let named = || self.private_hosts.iter().any(|host| host.matches(destination));
        if allowed || (reason.is_nameable() && named()) {
            return Ok(());
        }
        Err(Refusal::NotPublic { address: address.ip(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(url: &str) -> Destination {
        Destination::of(&url.parse().unwrap()).unwrap()
    }

    fn patterns(texts: &[&str]) -> Vec<HostPattern> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn reaches(policy: &OutboundPolicy, url: &str, address: &str) -> bool {
        let destination = destination(url);
        policy.admit(&destination).is_ok()
            && policy.admit_address(&destination, address.parse().unwrap()).is_ok()
    }

    #[test]
    fn a_grant_holds_its_hosts_and_no_others() {
        let policy = OutboundPolicy::public_internet().granting(patterns(&[
            "api.example.com",
            "*.cdn.example",
            "only.example:8443",
            "1.1.1.1",
            "[2606:4700:4700::1111]:443",
        ]));
        for (url, granted) in [
            ("https://api.example.com/", true),
            ("http://API.example.com.:8080/", true),
            ("https://www.api.example.com/", false),
            ("https://example.com/", false),
            ("https://api.example.com.evil.example/", false),
            ("https://a.cdn.example/", true),
            ("https://a.b.cdn.example/", true),
            ("https://cdn.example/", false),
            ("https://evilcdn.example/", false),
            ("https://only.example:8443/", true),
            ("https://only.example/", false),
            ("https://1.1.1.1/", true),
            ("https://8.8.8.8/", false),
            ("https://[2606:4700:4700::1111]/", true),
            ("http://[2606:4700:4700::1111]/", false),
        ] {
            assert_eq!(policy.admit(&destination(url)).is_ok(), granted, "{url}");
        }
    }

    #[test]
    fn an_empty_grant_reaches_nothing() {
        let policy = OutboundPolicy::public_internet().granting(Vec::new());
        let url = "https://example.com/";
        assert_eq!(policy.admit(&destination(url)), Err(Refusal::HostNotGranted(destination(url))));
    }

    #[test]
    fn the_public_internet_holds_no_private_address() {
        let policy = OutboundPolicy::public_internet();
        assert!(reaches(&policy, "https://example.com/", "1.1.1.1:443"));
        for address in ["127.0.0.1:443", "169.254.169.254:443", "[::1]:443", "[::ffff:1.1.1.1]:443"] {
            assert!(!reaches(&policy, "https://example.com/", address), "{address}");
        }
        assert_eq!(
            policy.admit(&destination("http://127.0.0.1/")),
            Err(Refusal::NotPublic { address: [127, 0, 0, 1].into(), reason: NonPublic::Loopback })
        );
    }

    #[test]
    fn a_grant_of_a_private_address_does_not_make_it_reachable() {
        let policy = OutboundPolicy::public_internet().granting(patterns(&["10.0.0.5", "internal.example"]));
        assert!(policy.admit(&destination("http://10.0.0.5/")).is_err());
        assert!(!reaches(&policy, "http://internal.example/", "10.0.0.5:80"));
    }

    #[test]
    fn an_operator_names_private_hosts_one_by_one() {
        let policy = OutboundPolicy::public_internet().with_private_hosts(patterns(&[
            "db.internal:5000",
            "10.0.0.5",
            "169.254.169.254",
        ]));
        for (url, address, reached) in [
            ("http://db.internal:5000/", "10.1.2.3:5000", true),
            ("http://db.internal:5001/", "10.1.2.3:5001", false),
            ("http://other.internal:5000/", "10.1.2.3:5000", false),
            ("http://10.0.0.5/", "10.0.0.5:80", true),
            ("http://10.0.0.6/", "10.0.0.6:80", false),
            ("http://169.254.169.254/", "169.254.169.254:80", true),
            ("http://db.internal:5000/", "0.0.0.0:5000", false),
            ("http://db.internal:5000/", "224.0.0.1:5000", false),
            ("http://db.internal:5000/", "[::ffff:10.0.0.5]:5000", false),
        ] {
            assert_eq!(reaches(&policy, url, address), reached, "{url} at {address}");
        }
    }

    #[test]
    fn allowing_private_addresses_leaves_the_machines_credentials_out() {
        let policy = OutboundPolicy::public_internet().allowing_private(true);
        for (address, reached) in [
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("192.168.1.1:80", true),
            ("169.254.169.254:80", false),
            ("168.63.129.16:80", false),
            ("[fe80::1]:80", false),
            ("0.0.0.0:80", false),
            ("[::ffff:127.0.0.1]:80", false),
        ] {
            assert_eq!(reaches(&policy, "http://example.com/", address), reached, "{address}");
        }
    }

    #[test]
    fn an_address_with_a_scope_is_refused_even_where_its_host_is_named() {
        let policy = OutboundPolicy::public_internet()
            .allowing_private(true)
            .with_private_hosts(patterns(&["printer.internal"]));
        assert!(!reaches(&policy, "http://printer.internal/", "[fe80::1%2]:80"));
        assert!(!reaches(&policy, "http://printer.internal/", "[fd00::1%2]:80"));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        for text in
            ["", "*", "*.", "a.*.b", "http://a", "a:0", "a:b", "*.10.0.0.1", "10.0.0.0/8", "::1", "a@b"]
        {
            let error = text.parse::<HostPattern>().unwrap_err();
            assert_eq!(error.pattern, text);
        }
        for text in ["api.example.com", "*.example.com:8443", "10.0.0.5", "[::1]:80"] {
            assert_eq!(text.parse::<HostPattern>().unwrap().to_string(), text);
        }
    }
}
