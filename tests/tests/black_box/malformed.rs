//! Requests that are no requests: refused, and never taken for two.

use std::time::Duration;
use wasmforge_tests::{Raw, Run, Running};

/// Sends bytes, and returns all that comes back.
async fn exchange(running: &Running, bytes: impl AsRef<[u8]>) -> String {
    let mut raw = running.raw().await;
    raw.write(bytes).await;
    raw.read_until_quiet().await
}

/// The same for many, at once.
async fn exchange_all(running: &Running, all: impl Iterator<Item: AsRef<[u8]>>) -> Vec<String> {
    futures_util::future::join_all(all.map(|bytes| exchange(running, bytes))).await
}

/// How many answers there are in what came back.
fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count() + text.matches("HTTP/1.0 ").count()
}

fn is_refusal(text: &str) -> bool {
    text.is_empty()
        || (answers(text) == 1 && (text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 5")))
}

#[tokio::test]
async fn what_is_no_http_request_is_refused() {
    let probe = Run::guest("probe").start().await;
    let large = format!("GET / HTTP/1.1\r\nhost: a\r\nx-big: {}\r\n\r\n", "x".repeat(1024 * 1024));
    let many: String = (0..32_769).map(|n| format!("x-{n}: v\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n");
    let long = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(1024 * 1024));
    let cases: [(&str, &[u8]); 21] = [
        ("garbage", b"\x00\x01\x02\x03 garbage\r\n\r\n"),
        ("a TLS greeting", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
        ("HTTP/0.9", b"GET /\r\n\r\n"),
        ("an unknown version", b"GET / HTTP/3.7\r\nhost: a\r\n\r\n"),
        ("no target", b"GET HTTP/1.1\r\nhost: a\r\n\r\n"),
        ("a space in the target", b"GET /a b HTTP/1.1\r\nhost: a\r\n\r\n"),
        ("NUL in the target", b"GET /a\0b HTTP/1.1\r\nhost: a\r\n\r\n"),
        ("no colon", b"GET / HTTP/1.1\r\nhost: a\r\nno colon here\r\n\r\n"),
        ("a space before the colon", b"GET / HTTP/1.1\r\nhost: a\r\nx-a : 1\r\n\r\n"),
        ("an empty name", b"GET / HTTP/1.1\r\nhost: a\r\n: 1\r\n\r\n"),
        ("NUL in a value", b"GET / HTTP/1.1\r\nhost: a\r\nx-a: 1\x002\r\n\r\n"),
        ("a bare CR in a value", b"GET / HTTP/1.1\r\nhost: a\r\nx-a: 1\r2\r\n\r\n"),
        ("a name that is not ASCII", b"GET / HTTP/1.1\r\nhost: a\r\nx-\xc3\xbc: 1\r\n\r\n"),
        ("a folded line", b"GET / HTTP/1.1\r\nhost: a\r\nx-a: 1\r\n 2\r\n\r\n"),
        ("a large header", large.as_bytes()),
        ("too many headers", many.as_bytes()),
        ("a long target", long.as_bytes()),
        ("two hosts", b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"),
        ("no host", b"GET / HTTP/1.1\r\n\r\n"),
        ("a host that is none", b"GET / HTTP/1.1\r\nhost: a b/c\r\n\r\n"),
        ("CONNECT", b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n"),
    ];
    let answers = exchange_all(&probe, cases.iter().map(|(_, bytes)| bytes)).await;
    for ((case, _), answer) in cases.iter().zip(answers) {
        assert!(is_refusal(&answer), "{case}: {answer}");
    }
    probe.is_well().await;
}

#[tokio::test]
async fn lengths_that_can_be_read_in_two_ways_are_refused() {
    let probe = Run::guest("probe").start().await;
    // Whoever reads the length differently takes the rest for a request of its own.
    let rest = "GET /?do=count HTTP/1.1\r\nhost: a\r\n\r\n";
    let cases = [
        ("two lengths", "content-length: 5\r\ncontent-length: 6\r\n", "hello"),
        ("a list of lengths", "content-length: 5, 6\r\n", "hello"),
        ("a signed length", "content-length: +5\r\n", "hello"),
        ("a negative length", "content-length: -5\r\n", "hello"),
        ("a hexadecimal length", "content-length: 0x5\r\n", "hello"),
        ("a length with a space", "content-length: 5 5\r\n", "hello"),
        ("an overflowing length", "content-length: 99999999999999999999\r\n", "hello"),
        ("an unknown coding", "transfer-encoding: xchunked\r\n", "0\r\n\r\n"),
        ("chunked but not last", "transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ("a chunk size that is none", "transfer-encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n"),
        ("a signed chunk size", "transfer-encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"),
        (
            "an overflowing chunk size",
            "transfer-encoding: chunked\r\n",
            "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        ),
        ("a chunk that is longer than it says", "transfer-encoding: chunked\r\n", "2\r\nhello\r\n0\r\n\r\n"),
    ];
    let requests = cases.map(|(_, headers, body)| {
        format!("POST /?do=read-body-slowly&ms=0 HTTP/1.1\r\nhost: a\r\n{headers}\r\n{body}{rest}")
    });
    let answers = exchange_all(&probe, requests.iter()).await;
    for ((case, ..), answer) in cases.iter().zip(answers) {
        assert!(!answer.contains("{\"count\":1}"), "{case}: the rest was taken for a request: {answer}");
        assert!(answer.matches("HTTP/1.").count() <= 1, "{case}: {answer}");
    }
    probe.is_well().await;
}

#[tokio::test]
async fn a_length_beside_chunks_ends_the_connection() {
    let probe = Run::guest("probe").start().await;
    let head =
        "POST /?do=echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n";
    let smuggled = "GET /?do=count HTTP/1.1\r\nhost: a\r\n\r\n";
    let answer = exchange(&probe, format!("{head}0\r\n\r\n{smuggled}")).await;
    assert!(answers(&answer) <= 1 && !answer.contains("{\"count\":1}"), "{answer}");
    probe.is_well().await;
}

#[tokio::test]
async fn requests_one_behind_the_other_are_answered_in_their_order() {
    let probe = Run::guest("probe").start().await;
    let one = "POST /?do=echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nfirst";
    let two =
        "POST /?do=echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\n\r\n";
    let three = "GET /?do=count HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut raw = probe.raw().await;
    assert!(raw.write(format!("{one}{two}{three}")).await);
    let answer = raw.read_to_end().await;
    assert_eq!(answers(&answer), 3, "{answer}");
    let at = ["first", "second", "{\"count\":1}"].map(|text| answer.find(text).unwrap());
    assert!(at.is_sorted(), "{answer}");
}

#[tokio::test]
async fn an_absolute_target_decides_over_the_host_header() {
    let probe = Run::guest("probe").start().await;
    let request =
        "GET http://target.example/p?do=headers HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n\r\n";
    let answer = exchange(&probe, request).await;
    assert!(answer.contains("\"authority\":\"target.example\""), "{answer}");
    assert!(!answer.contains("other.example"), "the guest sees one authority: {answer}");
}

#[tokio::test]
async fn hop_by_hop_headers_end_at_the_server() {
    let probe = Run::guest("probe").start().await;
    let request = "GET /?do=headers HTTP/1.1\r\nhost: a\r\nconnection: close\r\nkeep-alive: 5\r\n\
                   proxy-connection: x\r\nupgrade: h2c\r\nx-kept: 1\r\n\r\n";
    let answer = exchange(&probe, request).await;
    assert!(answer.contains("[\"x-kept\",\"1\"]"), "{answer}");
    for name in ["connection", "keep-alive", "upgrade", "host", "proxy-connection"] {
        assert!(!answer.contains(&format!("[\"{name}\",")), "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_sends_its_head_byte_by_byte_is_served() {
    let probe = Run::guest("probe").start().await;
    let mut raw = probe.raw().await;
    for byte in b"GET /?do=ok HTTP/1.1\r\nhost: a\r\n\r\n" {
        assert!(raw.write([*byte]).await);
        tokio::task::yield_now().await;
    }
    assert!(raw.read_until("ok").await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn heads_that_are_never_finished_keep_nobody_else_out() {
    let probe = Run::guest("probe").start().await;
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut raw = probe.raw().await;
        assert!(raw.write("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ").await);
        held.push(raw);
    }
    probe.is_well().await;
    drop(held);
    probe.is_well().await;
}

#[tokio::test]
async fn clients_that_begin_and_say_no_more_cost_nothing() {
    let probe = Run::guest("probe").start().await;
    let mut held = Vec::new();
    for beginning in ["P", "PRI * HTTP/2.0\r\n", "POST", ""] {
        for _ in 0..75 {
            let mut raw = probe.raw().await;
            assert!(raw.write(beginning).await);
            held.push(raw);
        }
    }
    probe.is_well().await;
    let before = probe.process.vitals().cpu_ticks();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ticks = probe.process.vitals().cpu_ticks() - before;
    assert!(
        ticks < 20,
        "{ticks} hundredths of a second of CPU time in two seconds for {} clients",
        held.len()
    );
    probe.is_well().await;
}

/// One header of HTTP/2 as HPACK writes it literally, without an index.
fn literal(name: &str, value: &str) -> Vec<u8> {
    let len = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, len(name)], name.as_bytes(), &[len(value)], value.as_bytes()].concat()
}

/// An HTTP/2 connection with a request of these headers as its first stream.
async fn http2_request(raw: &mut Raw, headers: &[(&str, &str)]) {
    let block: Vec<u8> = headers.iter().flat_map(|(name, value)| literal(name, value)).collect();
    let len = u8::try_from(block.len()).unwrap();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    // Type 1, with the flags for the end of the headers and of the stream, on stream 1.
    let head = [0, 0, len, 1, 5, 0, 0, 0, 1];
    raw.write([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &settings, &head, &block].concat()).await;
}

#[tokio::test]
async fn http2_headers_that_are_not_allowed_reach_no_guest() {
    let probe = Run::guest("probe").start().await;
    let good = [(":method", "GET"), (":scheme", "http"), (":path", "/?do=ok"), (":authority", "a")];
    let with = |extra: &'static [(&'static str, &'static str)]| [good.as_slice(), extra].concat();
    for (case, headers) in [
        ("two paths", with(&[(":path", "/other")])),
        ("an unknown pseudo-header", with(&[(":evil", "1")])),
        ("a pseudo-header after a header", [&[("x-a", "1")], good.as_slice()].concat()),
        ("a capital letter", with(&[("X-Upper", "1")])),
        ("a connection header", with(&[("connection", "close")])),
        ("a transfer-encoding", with(&[("transfer-encoding", "chunked")])),
        ("a line break in a value", with(&[("x-a", "1\r\nx-b: 2")])),
        ("no method", good[1..].to_vec()),
        ("no path", [&good[..2], &good[3..]].concat()),
        ("a response's pseudo-header", with(&[(":status", "200")])),
    ] {
        let mut raw = probe.raw().await;
        http2_request(&mut raw, &headers).await;
        let answer = raw.read_until_quiet().await;
        assert!(!answer.contains("ok"), "{case}: {answer:?}");
    }
    let mut raw = probe.raw().await;
    http2_request(&mut raw, &good).await;
    let answer = raw.read_until_quiet().await;
    assert!(answer.contains("ok"), "the way of asking is right: {answer:?}");
    let last = probe.does("status&code=218").await;
    probe.call_line(&last.invocation()).await;
    // That of the good one and this.
    assert_eq!(probe.process.stdout.all().len(), 2, "{}", probe.process.stdout);
}
