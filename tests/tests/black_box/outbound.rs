//! Where functions may send requests, and what happens to those that they may not, or that fail.

use crate::tls_upstream::TlsUpstream;
use crate::upstream::Upstream;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Node, Run, Running, Serve, component};

fn encode(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

async fn fetched(probe: &Running, url: &str) -> Answer {
    probe.does(&format!("fetch&url={}", encode(url))).await
}

/// The name of the error that a fetch ends in.
async fn error(probe: &Running, url: &str) -> String {
    let answer = fetched(probe, url).await;
    assert_eq!(answer.code(), 502, "{url}: {answer:?}");
    answer.json()["error"].as_str().unwrap().to_owned()
}

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("fetch", std::fs::read(component("fetch")).unwrap()).await;
    (database, node)
}

/// Spellings of this machine and of what is near it, and what a guest hears.
const INSIDE: &[(&str, &str)] = &[
    ("127.0.0.1", "DestinationIpProhibited"),
    ("127.9.9.9", "DestinationIpProhibited"),
    ("0.0.0.0", "DestinationIpProhibited"),
    ("[::1]", "DestinationIpProhibited"),
    ("[::]", "DestinationIpProhibited"),
    ("localhost", "DestinationIpProhibited"),
    ("localhost.", "DestinationIpProhibited"),
    ("LOCALHOST", "DestinationIpProhibited"),
    ("169.254.169.254", "DestinationIpProhibited"),
    ("[fd00:ec2::254]", "DestinationIpProhibited"),
    ("10.0.0.1", "DestinationIpProhibited"),
    ("172.31.255.255", "DestinationIpProhibited"),
    ("192.168.0.1", "DestinationIpProhibited"),
    ("100.64.0.1", "DestinationIpProhibited"),
    ("224.0.0.1", "DestinationIpProhibited"),
    ("255.255.255.255", "DestinationIpProhibited"),
    ("[::ffff:127.0.0.1]", "DestinationIpProhibited"),
    ("[::127.0.0.1]", "DestinationIpProhibited"),
    ("[64:ff9b::127.0.0.1]", "DestinationIpProhibited"),
    ("[64:ff9b:1::a00:1]", "DestinationIpProhibited"),
    ("[2002:7f00:1::]", "DestinationIpProhibited"),
    ("[2001:0:4136:e378:8000:63bf:80ff:fffe]", "DestinationIpProhibited"),
    ("[fe80::1]", "DestinationIpProhibited"),
    ("[ff02::1]", "DestinationIpProhibited"),
    ("[fec0::1]", "DestinationIpProhibited"),
    ("2130706433", "HttpRequestUriInvalid"),
    ("0x7f000001", "HttpRequestUriInvalid"),
    ("0x7f.1", "HttpRequestUriInvalid"),
    ("0177.0.0.1", "HttpRequestUriInvalid"),
    ("017700000001", "HttpRequestUriInvalid"),
    ("127.1", "HttpRequestUriInvalid"),
    ("127.0.0.1.", "HttpRequestUriInvalid"),
    ("allowed.example@127.0.0.1", "HttpRequestUriInvalid"),
    ("allowed.example:80@127.0.0.1", "HttpRequestUriInvalid"),
];

#[tokio::test]
async fn no_spelling_of_a_private_address_is_reached() {
    let probe = Run::guest("probe").start().await;
    for (host, expected) in INSIDE {
        assert_eq!(error(&probe, &format!("http://{host}/")).await, *expected, "{host}");
        assert_eq!(error(&probe, &format!("https://{host}:8443/")).await, *expected, "{host}");
    }
    for url in [
        "ftp://example.com/",
        "file://localhost/etc/passwd",
        "http://[fe80::1%25eth0]/",
        "http://bücher.example/",
    ] {
        let answer = fetched(&probe, url).await;
        assert_eq!(answer.code(), 502, "{url}");
    }
}

#[tokio::test]
async fn what_was_refused_is_told_to_the_author_and_to_the_operator() {
    let (_database, node) = node().await;
    let refused = node.functions.get("/fetch?url=http://10.1.2.3/secret-path").await;
    assert_eq!(refused.code(), 502);
    let id = refused.invocation();
    let own = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let message = line["message"].as_str()?.to_owned();
        (line["invocationId"] == id && message.contains("10.1.2.3"))
            .then_some((line["slug"].clone(), message))
    };
    let (slug, message) = node.process.stdout.find("the function's own line", own).await;
    assert_eq!(slug, "fetch");
    assert!(message.contains("private-use") && message.contains("WASMFORGE_PRIVATE_HOSTS"), "{message}");
    let operators = |line: &str| (line.contains("outbound request was refused")).then(|| line.to_owned());
    let line = node.process.stderr.find("the operator's line", operators).await;
    for part in ["fetch", &id, "10.1.2.3"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(!node.process.stderr.all().concat().contains("secret-path"));
}

#[tokio::test]
async fn only_granted_hosts_are_reached_and_the_log_names_the_grant() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_ALLOW_PRIVATE_NETWORK", "1").start().await;
    node.deploy("fetch", std::fs::read(component("fetch")).unwrap()).await;
    let (granted, other) = (Upstream::echoing().await, Upstream::echoing().await);
    let hosts = json!([granted.url("").trim_start_matches("http://")]);
    let update = node.update("fetch", json!({ "capabilities": { "http": { "hosts": hosts } } })).await;
    assert_eq!(update.code(), 200, "{update:?}");
    let answer = node.functions.get(&format!("/fetch?url={}", granted.url("/x"))).await;
    assert_eq!((answer.code(), answer.text()), (200, "GET /x"));
    let refused = node.functions.get(&format!("/fetch?url={}", other.url("/x"))).await;
    assert_eq!((refused.code(), other.accepted()), (502, 0));
    assert!(refused.text().contains("http.hosts"), "{refused:?}");
    let id = refused.invocation();
    let named = |line: &str| (line.contains(&id) && line.contains("not granted")).then_some(());
    node.process.stdout.find("the line that names the grant", named).await;
    for bad in [json!({ "hosts": ["http://a"] }), json!({ "host": ["a"] }), json!({ "hosts": "a" })] {
        let update = node.update("fetch", json!({ "capabilities": { "http": bad } })).await;
        assert_eq!(update.code(), 400, "{bad}");
        assert!(update.text().contains("http"), "{update:?}");
    }
}

#[tokio::test]
async fn an_operator_allows_private_hosts_one_by_one() {
    let (named, other) = (Upstream::echoing().await, Upstream::echoing().await);
    let hosts = format!("db.internal, {}", named.url("").trim_start_matches("http://"));
    let probe = Run::guest("probe").var("WASMFORGE_PRIVATE_HOSTS", hosts).start().await;
    assert_eq!(fetched(&probe, &named.url("/x")).await.text(), "GET /x");
    assert_eq!(error(&probe, &other.url("/x")).await, "DestinationIpProhibited");
    assert_eq!(error(&probe, "http://169.254.169.254/").await, "DestinationIpProhibited");
    assert_eq!(other.accepted(), 0);
}

#[tokio::test]
async fn a_redirect_leads_nowhere_that_a_request_may_not_go() {
    let hop = Upstream::redirecting("http://169.254.169.254/latest/meta-data/").await;
    let probe = Run::guest("sdk-probe").allow_private_network().start().await;
    let untouched = probe.does(&format!("follow&hops=0&url={}", hop.url("/"))).await;
    assert_eq!((untouched.code(), untouched.header("location").is_some()), (302, true));
    let refused = probe.does(&format!("follow&hops=5&url={}", hop.url("/"))).await;
    assert_eq!(refused.code(), 502, "{refused:?}");
    assert!(
        refused.text().contains("169.254.169.254") && refused.text().contains("not allowed"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_followed_to_its_end_and_a_loop_is_not() {
    let end = Upstream::echoing().await;
    let hop = Upstream::redirecting(&end.url("/there")).await;
    let probe = Run::guest("sdk-probe").allow_private_network().start().await;
    let answer = probe.does(&format!("follow&hops=5&url={}", hop.url("/"))).await;
    assert_eq!((answer.code(), answer.text()), (200, "GET /there"));
    let circle = Upstream::redirecting("/again").await;
    let answer = probe.does(&format!("follow&hops=30&url={}", circle.url("/"))).await;
    assert_eq!(answer.code(), 502);
    assert!(answer.text().contains("more than 30 redirects"), "{answer:?}");
    assert_eq!(circle.accepted(), 1, "the hops use one connection");
}

#[tokio::test]
async fn a_kept_connection_whose_peer_is_gone_is_not_used_again() {
    let probe = Run::guest("probe").allow_private_network().start().await;
    // Says that it keeps the connection, and closes it.
    let liar = Upstream::closing_after_each().await;
    for n in 1..=5 {
        assert_eq!(fetched(&probe, &liar.url("/")).await.text(), "ok");
        assert_eq!(liar.accepted(), n);
    }
    // Closes only when the next request is there: it is sent again, which a GET may be.
    let lazy = Upstream::closing_on_the_second().await;
    for _ in 0..4 {
        assert_eq!(fetched(&probe, &lazy.url("/")).await.text(), "ok");
    }
}

#[tokio::test]
async fn a_peer_that_breaks_off_in_the_middle_is_noticed() {
    let peer = Upstream::breaking_off().await;
    let probe = Run::guest("sdk-probe").allow_private_network().start().await;
    let answer = probe.does(&format!("read&url={}", peer.url("/"))).await;
    assert_eq!(answer.code(), 500, "{answer:?}");
    assert!(answer.text().contains("broke off"), "{answer:?}");
    let relayed = Run::guest("fetch").allow_private_network().start().await;
    let relay = wasmforge_tests::request("GET", &format!("/?url={}", peer.url("/"))).body("").unwrap();
    let (_, cut) = relayed.open(relay).await.finish_or_cut().await;
    assert!(cut.is_some(), "half of an answer looks like a whole one");
    assert_eq!(
        error(&Run::guest("probe").allow_private_network().start().await, "http://127.0.0.1:1/").await,
        "ConnectionRefused"
    );
}

#[tokio::test]
async fn https_is_spoken_with_whom_the_platforms_roots_vouch_for() {
    let peer = TlsUpstream::start().await;
    let stranger = Run::guest("probe").allow_private_network().start().await;
    // A machine without any roots says so instead.
    let unknown = error(&stranger, &peer.url("/")).await;
    assert!(["TlsCertificateError", "ConfigurationError"].contains(&unknown.as_str()), "{unknown}");
    let file = peer.certificate();
    let trusting =
        Run::guest("probe").allow_private_network().var("SSL_CERT_FILE", file.display()).start().await;
    assert_eq!(fetched(&trusting, &peer.url("/")).await.text(), "HTTP/2.0");
    let by_address = peer.url("/").replace("localhost", "127.0.0.1");
    assert_eq!(error(&trusting, &by_address).await, "TlsCertificateError", "the certificate is for the name");
}
