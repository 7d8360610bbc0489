//! Which addresses are part of the public internet.
//!
//! The sources are IANA's *IPv4 Special-Purpose Address Registry* and *IPv6 Special-Purpose Address Registry* (2025,
//! with RFC 9780 as the newest entry), the *IPv4 Multicast Address Space Registry*, and *Internet Protocol Version 6
//! Address Space*, in which only `2000::/3` is global unicast. Whatever a registry does not call globally reachable is
//! not public here.
//!
//! Three rules are stricter than the registries:
//! - An IPv6 address that carries an IPv4 address is never public, whichever IPv4 address it is. A function that means
//!   an IPv4 address has it as such, and a translator would otherwise reach what this table refuses.
//! - `192.0.0.0/24` and `2001::/23` are refused whole, with the few anycast services inside them.
//! - `168.63.129.16` is refused: it is a cloud's host agent behind an address that looks public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NonPublic {
    /// `0.0.0.0/8`, `::`: this host on this network.
    #[error("an unspecified address")]
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    #[error("a loopback address")]
    Loopback,
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`.
    #[error("a private-use address")]
    PrivateUse,
    /// `100.64.0.0/10`, between a provider and its customers.
    #[error("a shared address")]
    Shared,
    /// `fc00::/7`, IPv6's private use.
    #[error("a unique-local address")]
    UniqueLocal,
    /// `169.254.0.0/16` (cloud metadata among it), `fe80::/10`.
    #[error("a link-local address")]
    LinkLocal,
    /// `fec0::/10`, deprecated.
    #[error("a site-local address")]
    SiteLocal,
    /// A cloud's host agent outside the special-purpose blocks.
    #[error("a cloud host agent's address")]
    HostAgent,
    /// `192.0.0.0/24`, `2001::/23`, the deprecated relay anycast `192.88.99.0/24`.
    #[error("an address assigned to IETF protocols")]
    ProtocolAssignment,
    /// `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24`, `2001:db8::/32`, `3fff::/20`.
    #[error("a documentation address")]
    Documentation,
    /// `198.18.0.0/15`, `2001:2::/48`.
    #[error("a benchmarking address")]
    Benchmarking,
    /// `224.0.0.0/4`, `ff00::/8`.
    #[error("a multicast address")]
    Multicast,
    /// `255.255.255.255`.
    #[error("the broadcast address")]
    Broadcast,
    /// `240.0.0.0/4`, and IPv6 outside `2000::/3`.
    #[error("a reserved address")]
    Reserved,
    /// `100::/64`, `100:0:0:1::/64`: discarded by definition.
    #[error("a discard-only address")]
    DiscardOnly,
    /// `5f00::/16`, segment-routing identifiers.
    #[error("a segment identifier")]
    SegmentIdentifier,
    /// `::ffff:0:0/96`.
    #[error("an IPv4-mapped address")]
    Ipv4Mapped,
    /// `::/96`, deprecated.
    #[error("an IPv4-compatible address")]
    Ipv4Compatible,
    /// `::ffff:0:0:0/96`, stateless translation.
    #[error("an IPv4-translated address")]
    Ipv4Translated,
    /// `64:ff9b::/96` and `64:ff9b:1::/48`.
    #[error("a NAT64 address")]
    Nat64,
    /// `2002::/16`.
    #[error("a 6to4 address")]
    SixToFour,
    /// `2001::/32`.
    #[error("a Teredo address")]
    Teredo,
    /// An interface identifier `0:5efe:a.b.c.d` or `200:5efe:a.b.c.d` under any prefix.
    #[error("an ISATAP address")]
    Isatap,
}

impl NonPublic {
    /// Whether such addresses belong to hosts of a private network, so that "private addresses are allowed" means them.
    ///
    /// Link-local addresses and host agents are not among them: they hold a machine's own credentials, and an operator
    /// who wants one reached has to name it.
    #[must_use]
    pub fn is_private_network(self) -> bool {
        matches!(self, Self::Loopback | Self::PrivateUse | Self::Shared | Self::UniqueLocal)
    }

    /// Whether such addresses may be reached where an operator has named the host.
    #[must_use]
    pub fn is_nameable(self) -> bool {
        self.is_private_network() || matches!(self, Self::LinkLocal | Self::SiteLocal | Self::HostAgent)
    }
}

/// An address block and what it is; the first entry that holds an address decides.
type Block<A> = (A, u32, NonPublic);

const IPV4: &[Block<Ipv4Addr>] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, NonPublic::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, NonPublic::PrivateUse),
    (Ipv4Addr::new(100, 64, 0, 0), 10, NonPublic::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, NonPublic::Loopback),
    (Ipv4Addr::new(168, 63, 129, 16), 32, NonPublic::HostAgent),
    (Ipv4Addr::new(169, 254, 0, 0), 16, NonPublic::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, NonPublic::PrivateUse),
    (Ipv4Addr::new(192, 0, 0, 0), 24, NonPublic::ProtocolAssignment),
    (Ipv4Addr::new(192, 0, 2, 0), 24, NonPublic::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, NonPublic::ProtocolAssignment),
    (Ipv4Addr::new(192, 168, 0, 0), 16, NonPublic::PrivateUse),
    (Ipv4Addr::new(198, 18, 0, 0), 15, NonPublic::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, NonPublic::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, NonPublic::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, NonPublic::Multicast),
    (Ipv4Addr::new(255, 255, 255, 255), 32, NonPublic::Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, NonPublic::Reserved),
];

const IPV6: &[Block<Ipv6Addr>] = &[
    (Ipv6Addr::UNSPECIFIED, 128, NonPublic::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, NonPublic::Loopback),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96, NonPublic::Ipv4Compatible),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, NonPublic::Ipv4Mapped),
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, NonPublic::Ipv4Translated),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, NonPublic::Nat64),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, NonPublic::Nat64),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, NonPublic::DiscardOnly),
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64, NonPublic::DiscardOnly),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, NonPublic::Teredo),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, NonPublic::Benchmarking),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, NonPublic::ProtocolAssignment),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, NonPublic::Documentation),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, NonPublic::SixToFour),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, NonPublic::Documentation),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, NonPublic::SegmentIdentifier),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, NonPublic::UniqueLocal),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, NonPublic::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, NonPublic::SiteLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, NonPublic::Multicast),
];

/// IPv6's only global unicast block.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Says why `ip` is not public; `None` means that it is.
#[must_use]
pub fn classify(ip: IpAddr) -> Option<NonPublic> {
    match ip {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => classify_v6(ip),
    }
}

/// Whether `ip` belongs to the public internet.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    classify(ip).is_none()
}

fn classify_v4(ip: Ipv4Addr) -> Option<NonPublic> {
    let within = |base: Ipv4Addr, len: u32| (ip.to_bits() ^ base.to_bits()) >> (32 - len) == 0;
    IPV4.iter().find(|(base, len, _)| within(*base, *len)).map(|(_, _, reason)| *reason)
}

fn classify_v6(ip: Ipv6Addr) -> Option<NonPublic> {
    let within = |base: Ipv6Addr, len: u32| (ip.to_bits() ^ base.to_bits()) >> (128 - len) == 0;
    if let Some((_, _, reason)) = IPV6.iter().find(|(base, len, _)| within(*base, *len)) {
        return Some(*reason);
    }
    if !within(GLOBAL_UNICAST.0, GLOBAL_UNICAST.1) {
        return Some(NonPublic::Reserved);
    }
    let [_, _, _, _, universal, marker, _, _] = ip.segments();
    // The second bit of the first octet only says whether the embedded IPv4 address is globally unique.
    (marker == 0x5efe && universal & !0x0200 == 0).then_some(NonPublic::Isatap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use NonPublic as N;

    /// Each block by its first and last address.
    const REFUSED: &[(&str, N)] = &[
        ("0.0.0.0", N::Unspecified),
        ("0.255.255.255", N::Unspecified),
        ("10.0.0.0", N::PrivateUse),
        ("10.255.255.255", N::PrivateUse),
        ("100.64.0.0", N::Shared),
        ("100.100.100.200", N::Shared),
        ("100.127.255.255", N::Shared),
        ("127.0.0.1", N::Loopback),
        ("127.255.255.255", N::Loopback),
        ("168.63.129.16", N::HostAgent),
        ("169.254.0.0", N::LinkLocal),
        ("169.254.169.254", N::LinkLocal),
        ("169.254.255.255", N::LinkLocal),
        ("172.16.0.0", N::PrivateUse),
        ("172.31.255.255", N::PrivateUse),
        ("192.0.0.0", N::ProtocolAssignment),
        ("192.0.0.9", N::ProtocolAssignment),
        ("192.0.0.192", N::ProtocolAssignment),
        ("192.0.0.255", N::ProtocolAssignment),
        ("192.0.2.0", N::Documentation),
        ("192.0.2.255", N::Documentation),
        ("192.88.99.1", N::ProtocolAssignment),
        ("192.168.0.0", N::PrivateUse),
        ("192.168.255.255", N::PrivateUse),
        ("198.18.0.0", N::Benchmarking),
        ("198.19.255.255", N::Benchmarking),
        ("198.51.100.7", N::Documentation),
        ("203.0.113.7", N::Documentation),
        ("224.0.0.0", N::Multicast),
        ("239.255.255.255", N::Multicast),
        ("240.0.0.0", N::Reserved),
        ("255.255.255.254", N::Reserved),
        ("255.255.255.255", N::Broadcast),
        ("::", N::Unspecified),
        ("::1", N::Loopback),
        ("::2", N::Ipv4Compatible),
        ("::127.0.0.1", N::Ipv4Compatible),
        ("::8.8.8.8", N::Ipv4Compatible),
        ("::ffff:127.0.0.1", N::Ipv4Mapped),
        ("::ffff:8.8.8.8", N::Ipv4Mapped),
        ("::ffff:0:127.0.0.1", N::Ipv4Translated),
        ("64:ff9b::7f00:1", N::Nat64),
        ("64:ff9b::808:808", N::Nat64),
        ("64:ff9b:1::", N::Nat64),
        ("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", N::Nat64),
        ("64:ff9b:2::", N::Reserved),
        ("100::", N::DiscardOnly),
        ("100::ffff:ffff:ffff:ffff", N::DiscardOnly),
        ("100:0:0:1::1", N::DiscardOnly),
        ("100:0:0:2::", N::Reserved),
        ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", N::Reserved),
        ("2001::", N::Teredo),
        ("2001:0:ffff:ffff:ffff:ffff:ffff:ffff", N::Teredo),
        ("2001:1::1", N::ProtocolAssignment),
        ("2001:2::", N::Benchmarking),
        ("2001:2:0:ffff:ffff:ffff:ffff:ffff", N::Benchmarking),
        ("2001:2:1::", N::ProtocolAssignment),
        ("2001:10::1", N::ProtocolAssignment),
        ("2001:20::1", N::ProtocolAssignment),
        ("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", N::ProtocolAssignment),
        ("2001:db8::1", N::Documentation),
        ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", N::Documentation),
        ("2002::", N::SixToFour),
        ("2002:7f00:1::", N::SixToFour),
        ("2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", N::SixToFour),
        ("2606:4700::5efe:7f00:1", N::Isatap),
        ("2606:4700::200:5efe:a00:1", N::Isatap),
        ("3fff::", N::Documentation),
        ("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", N::Documentation),
        ("4000::", N::Reserved),
        ("5f00::1", N::SegmentIdentifier),
        ("fc00::", N::UniqueLocal),
        ("fd00:ec2::254", N::UniqueLocal),
        ("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", N::UniqueLocal),
        ("fe00::1", N::Reserved),
        ("fe80::1", N::LinkLocal),
        ("febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", N::LinkLocal),
        ("fec0::1", N::SiteLocal),
        ("ff00::", N::Multicast),
        ("ff02::1", N::Multicast),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", N::Multicast),
    ];

    /// The neighbours of each block, and addresses of well-known services.
    const PUBLIC: &[&str] = &[
        "1.0.0.0",
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "192.175.48.1",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700:4700::1111",
        "2606:4700::100:5efe:a00:1",
        "2620:4f:8000::1",
        "3ffe:ffff::1",
        "3fff:1000::1",
    ];

    #[test]
    fn every_special_purpose_block_is_refused_for_its_own_reason() {
        for (text, reason) in REFUSED {
            assert_eq!(classify(text.parse().unwrap()), Some(*reason), "{text}");
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for text in PUBLIC {
            assert_eq!(classify(text.parse().unwrap()), None, "{text}");
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn every_form_that_embeds_a_loopback_address_is_refused() {
        let [a, b, c, d] = Ipv4Addr::LOCALHOST.octets();
        let high = u16::from_be_bytes([a, b]);
        let low = u16::from_be_bytes([c, d]);
        let forms = [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, high, 0, low, 0, 0),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 0),
            Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, !high, !low),
            Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0x5efe, high, low),
        ];
        for ip in forms {
            assert!(!is_public(ip.into()), "{ip}");
            assert!(!classify(ip.into()).unwrap().is_nameable(), "{ip}");
        }
    }

    #[test]
    fn a_private_network_is_hosts_only_and_never_holds_a_machines_credentials() {
        for (text, private, nameable) in [
            ("127.0.0.1", true, true),
            ("10.0.0.1", true, true),
            ("100.64.0.1", true, true),
            ("fd00::1", true, true),
            ("169.254.169.254", false, true),
            ("168.63.129.16", false, true),
            ("fe80::1", false, true),
            ("0.0.0.0", false, false),
            ("224.0.0.1", false, false),
            ("255.255.255.255", false, false),
            ("::ffff:10.0.0.1", false, false),
        ] {
            let reason = classify(text.parse().unwrap()).unwrap();
            assert_eq!((reason.is_private_network(), reason.is_nameable()), (private, nameable), "{text}");
        }
    }
}
