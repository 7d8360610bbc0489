//! Where a request goes, in one normal form, so that a policy and a connection cannot read a URL differently.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// A host that is either an address or a name that only DNS can turn into one.
///
/// Names are lower-case ASCII without a trailing dot. A text that some resolver would read as a number
/// (`0x7f000001`, `2130706433`, `0177.0.0.1`, `127.1`) is neither and is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name; internationalised ones in their `xn--` form.
    Name(Arc<str>),
    /// An address literal.
    Address(IpAddr),
}

/// Why a URL does not name a place that can be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// The URL has no host.
    #[error("the URL names no host")]
    NoHost,
    /// The scheme is neither `http` nor `https`.
    #[error("the scheme is neither http nor https")]
    Scheme,
    /// The URL carries a user name or a password.
    #[error("a URL must not carry credentials")]
    Credentials,
    /// The port is empty, zero, over 65535 or not a number.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// The host is neither an IP address nor a DNS name.
    #[error("{0:?} is neither an IP address nor a DNS name in ASCII")]
    Host(String),
}

impl Host {
    /// Reads a host as it stands in a URL: IPv6 in brackets.
    ///
    /// # Errors
    /// [`DestinationError::Host`] for anything that is neither an address that the standard library reads nor a DNS
    /// name (RFC 1123, with underscores allowed as real hosts have them).
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        let refused = || DestinationError::Host(text.chars().take(255).collect());
        if let Some(inner) = text.strip_prefix('[') {
            let literal = inner.strip_suffix(']').ok_or_else(refused)?;
            return literal.parse::<Ipv6Addr>().map(|ip| Self::Address(ip.into())).map_err(|_| refused());
        }
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(ip.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if !is_dns_name(name) {
            return Err(refused());
        }
        Ok(Self::Name(name.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(ip)) => ip.fmt(f),
            Self::Address(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

/// Whether `name` (without its trailing dot) is a DNS name that no resolver reads as a number.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // The C resolver and the URL standard both decide by the last label.
    let numeric = |label: &str| {
        let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
        label.bytes().all(|b| b.is_ascii_digit())
            || hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    name.len() <= 253 && name.split('.').all(label) && !name.rsplit('.').next().is_some_and(numeric)
}

/// A scheme, a host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Whether the scheme is `https`.
    pub tls: bool,
    /// The host.
    pub host: Host,
    /// The port, from the URL or the scheme's own.
    pub port: u16,
}

impl Destination {
    /// Reads the destination of an absolute URL.
    ///
    /// # Errors
    /// [`DestinationError`] says which part cannot be used.
    pub fn of(url: &http::Uri) -> Result<Self, DestinationError> {
        let tls = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(DestinationError::Scheme),
        };
        let authority = url.authority().ok_or(DestinationError::NoHost)?.as_str();
        if authority.contains('@') {
            return Err(DestinationError::Credentials);
        }
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(DestinationError::NoHost);
        }
        Ok(Self { tls, host: Host::parse(host)?, port: port.unwrap_or(if tls { 443 } else { 80 }) })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// Splits `host[:port]`, where an IPv6 host is in brackets.
pub(super) fn split_port(authority: &str) -> Result<(&str, Option<u16>), DestinationError> {
    let after_host = match authority.rfind(']') {
        Some(bracket) => bracket.saturating_add(1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at_checked(after_host).unwrap_or((authority, ""));
    if rest.is_empty() {
        return Ok((host, None));
    }
    let digits = rest.strip_prefix(':').unwrap_or_default();
    // `u16::from_str` takes a sign, a URL does not.
    let port = digits.parse::<u16>().ok().filter(|port| *port > 0 && !digits.starts_with('+'));
    Ok((host, Some(port.ok_or(DestinationError::Port)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<String, DestinationError> {
        Destination::of(&url.parse().unwrap()).map(|destination| destination.to_string())
    }

    #[test]
    fn a_url_has_one_normal_form() {
        for (url, normal) in [
            ("http://example.com/a?b", "http://example.com:80"),
            ("https://EXAMPLE.com.", "https://example.com:443"),
            ("https://example.com:8443/", "https://example.com:8443"),
            ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example:80"),
            ("http://under_score.example/", "http://under_score.example:80"),
            ("http://localhost./", "http://localhost:80"),
            ("http://127.0.0.1:81/", "http://127.0.0.1:81"),
            ("http://[::1]/", "http://[::1]:80"),
            ("http://[0:0:0:0:0:0:0:1]:81/", "http://[::1]:81"),
            ("http://deadbeef/", "http://deadbeef:80"),
            ("http://1.example/", "http://1.example:80"),
        ] {
            assert_eq!(of(url).unwrap(), normal, "{url}");
        }
    }

    #[test]
    fn numbers_that_a_resolver_reads_as_addresses_are_no_hosts() {
        for host in [
            "2130706433",
            "0x7f000001",
            "0X7F000001",
            "0x",
            "017700000001",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.0x1",
            "127.0.0.1.",
            "1.2.3.4.5",
            "256.0.0.1",
            "00.0.0.0",
            "example.123",
            "example.0x7f",
        ] {
            assert_eq!(Host::parse(host), Err(DestinationError::Host(host.to_owned())), "{host}");
        }
    }

    #[test]
    fn only_names_that_dns_knows_are_hosts() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = ["a"; 128].join(".");
        for host in [
            "",
            ".",
            "a..b",
            ".a",
            "a..",
            "-a.example",
            "a-.example",
            "bücher.example",
            "１２７.0.0.1",
            "127。0。0。1",
            "a b",
            "a%2eb",
            "a,b",
            "a/b",
            "::1",
            "[::1",
            "[fe80::1%eth0]",
            "[fe80::1%25eth0]",
            "[v1.a]",
            "[127.0.0.1]",
            "[[::1]]",
            &long_label,
            &long_name,
        ] {
            assert!(Host::parse(host).is_err(), "{host}");
        }
    }

    #[test]
    fn credentials_and_odd_ports_are_refused() {
        for (url, error) in [
            ("http://allowed.example@evil.example/", DestinationError::Credentials),
            ("http://user:pass@example.com/", DestinationError::Credentials),
            ("http://@example.com/", DestinationError::Credentials),
            ("http://example.com:/", DestinationError::Port),
            ("http://example.com:0/", DestinationError::Port),
            ("http://example.com:65536/", DestinationError::Port),
            ("http://example.com:00000000000000000080x/", DestinationError::Port),
            ("ftp://example.com/", DestinationError::Scheme),
            ("/relative", DestinationError::Scheme),
        ] {
            // What the URL type refuses already cannot be sent at all.
            let Ok(parsed) = url.parse::<http::Uri>() else { continue };
            assert_eq!(Destination::of(&parsed), Err(error), "{url}");
        }
        assert_eq!(split_port("h:+80"), Err(DestinationError::Port));
        assert_eq!(split_port("[::1]80"), Err(DestinationError::Port));
        assert_eq!(split_port("h:1:2"), Err(DestinationError::Port));
    }
}
