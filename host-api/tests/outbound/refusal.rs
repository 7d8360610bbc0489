//! What must not be reached is not reached, however it is spelled.

use crate::support::*;
use http::Method;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmforge_host_api::http::{HostPattern, Outbound, OutboundLimits, OutboundPolicy};

/// Literal addresses and spellings of them, and what a guest hears.
const LITERALS: &[(&str, &str)] = &[
    ("http://127.0.0.1/", "DestinationIpProhibited"),
    ("http://127.1.2.3:7130/", "DestinationIpProhibited"),
    ("http://0.0.0.0/", "DestinationIpProhibited"),
    ("http://[::1]/", "DestinationIpProhibited"),
    ("http://[::]/", "DestinationIpProhibited"),
    ("http://[0:0:0:0:0:0:0:1]/", "DestinationIpProhibited"),
    ("http://169.254.169.254/latest/meta-data/", "DestinationIpProhibited"),
    ("http://[fd00:ec2::254]/", "DestinationIpProhibited"),
    ("http://168.63.129.16/", "DestinationIpProhibited"),
    ("http://10.0.0.1/", "DestinationIpProhibited"),
    ("http://172.16.0.1/", "DestinationIpProhibited"),
    ("http://192.168.0.1/", "DestinationIpProhibited"),
    ("http://100.64.0.1/", "DestinationIpProhibited"),
    ("http://198.18.0.1/", "DestinationIpProhibited"),
    ("http://224.0.0.1/", "DestinationIpProhibited"),
    ("http://255.255.255.255/", "DestinationIpProhibited"),
    ("http://[::ffff:127.0.0.1]/", "DestinationIpProhibited"),
    ("http://[::ffff:7f00:1]/", "DestinationIpProhibited"),
    ("http://[::127.0.0.1]/", "DestinationIpProhibited"),
    ("http://[64:ff9b::7f00:1]/", "DestinationIpProhibited"),
    ("http://[64:ff9b:1::7f00:1]/", "DestinationIpProhibited"),
    ("http://[2002:7f00:1::]/", "DestinationIpProhibited"),
    ("http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "DestinationIpProhibited"),
    ("http://[2606:4700::5efe:7f00:1]/", "DestinationIpProhibited"),
    ("http://[fe80::1]/", "DestinationIpProhibited"),
    ("http://[ff02::1]/", "DestinationIpProhibited"),
    ("http://[fe80::1%eth0]/", "HttpRequestUriInvalid"),
    ("http://[fe80::1%25eth0]/", "HttpRequestUriInvalid"),
    ("http://2130706433/", "HttpRequestUriInvalid"),
    ("http://0x7f000001/", "HttpRequestUriInvalid"),
    ("http://017700000001/", "HttpRequestUriInvalid"),
    ("http://0177.0.0.1/", "HttpRequestUriInvalid"),
    ("http://0x7f.0.0.1/", "HttpRequestUriInvalid"),
    ("http://127.1/", "HttpRequestUriInvalid"),
    ("http://127.0.0.1./", "HttpRequestUriInvalid"),
    ("http://allowed.example@127.0.0.1/", "HttpRequestUriInvalid"),
    ("http://allowed.example:80@127.0.0.1/", "HttpRequestUriInvalid"),
    ("http://example.com:0/", "HttpRequestUriInvalid"),
    ("http://example.com:65616/", "HttpRequestUriInvalid"),
    ("ftp://example.com/", "HttpRequestUriInvalid"),
];

#[tokio::test]
async fn no_spelling_of_a_private_address_gets_through() {
    let resolver = FixedResolver::to(&["1.1.1.1"]);
    let outbound = Outbound::builder().resolver(Arc::clone(&resolver) as Arc<_>).build().unwrap();
    let policy = Arc::new(OutboundPolicy::public_internet());
    for (url, expected) in LITERALS {
        let session = outbound.session(Arc::clone(&policy), OutboundLimits::default());
        let sent = send(&session, request(Method::GET, url, empty())).await;
        assert_eq!(error_of(sent), *expected, "{url}");
    }
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn names_that_lead_inside_are_refused_after_dns() {
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.7", "192.168.0.1"],
        &["fd00::1"],
        &["::ffff:127.0.0.1"],
        &["169.254.169.254"],
    ] {
        let outbound = Outbound::builder().resolver(FixedResolver::to(addresses)).build().unwrap();
        let policy = Arc::new(OutboundPolicy::public_internet());
        let session = outbound.session(policy, OutboundLimits::default());
        for url in ["http://innocent.example/", "https://innocent.example/"] {
            assert_eq!(error_of(get(&session, url).await), "DestinationIpProhibited", "{addresses:?}");
        }
    }
}

#[tokio::test]
async fn localhost_is_refused_with_the_machines_own_resolver() {
    for url in ["http://localhost/", "http://localhost./", "http://LOCALHOST:7130/"] {
        assert_eq!(error_of(get(&public_session(), url).await), "DestinationIpProhibited", "{url}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_vetted_each_time() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
        let response = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, response.as_bytes()).await.unwrap();
    })
    .await;
    let resolver = FixedResolver::to(&["127.0.0.1"]);
    let outbound = Outbound::builder().resolver(Arc::clone(&resolver) as Arc<_>).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    let url = format!("http://rebinding.example:{}/", server.address.port());
    get(&session, &url).await.unwrap();
    *resolver.addresses.lock().unwrap() = vec!["169.254.169.254".parse().unwrap()];
    assert_eq!(error_of(get(&session, &url).await), "DestinationIpProhibited");
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_host_outside_the_grant_is_refused_before_dns() {
    let resolver = FixedResolver::to(&["127.0.0.1"]);
    let outbound = Outbound::builder().resolver(Arc::clone(&resolver) as Arc<_>).build().unwrap();
    let granted: HostPattern = "*.granted.example".parse().unwrap();
    let policy = OutboundPolicy::public_internet().allowing_private(true).granting(vec![granted]);
    let session = outbound.session(Arc::new(policy), OutboundLimits::default());
    for url in ["http://other.example/", "http://granted.example/", "http://granted.example.evil.example/"] {
        assert_eq!(error_of(get(&session, url).await), "HttpRequestDenied", "{url}");
    }
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0);

    let server = Server::answering(OK).await;
    let url = format!("http://a.granted.example:{}/", server.address.port());
    assert_eq!(get(&session, &url).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_redirect_is_the_guests_to_follow_and_is_vetted_then() {
    let server = Server::answering(
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let session = session();
    let (response, _done) = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
    assert_eq!(response.status(), 302);
    let hop = response.headers()["location"].to_str().unwrap();
    assert_eq!(error_of(get(&session, hop).await), "DestinationIpProhibited");
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let server = Server::answering(OK).await;
    let sent = send(&session(), request(Method::CONNECT, &server.url("/"), empty())).await;
    assert_eq!(error_of(sent), "HttpRequestMethodInvalid");
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn an_unknown_name_and_a_closed_port_have_their_own_errors() {
    let outbound = Outbound::builder().resolver(FixedResolver::to(&[])).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    assert_eq!(error_of(get(&session, "http://nowhere.example/").await), "DnsError");

    let server = Server::answering(OK).await;
    let url = server.url("/");
    drop(server);
    // The listener is closed by a task that needs a turn.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(error_of(get(&session, &url).await), "ConnectionRefused");
}
