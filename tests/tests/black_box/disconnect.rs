//! A client that leaves stops the work, wherever it is.

use crate::upstream::Upstream;
use bytes::Bytes;
use std::time::Duration;
use wasmforge_tests::{Run, Running, eventually, request};

/// Time for a request to reach its guest. Should it be too short, the client leaves earlier than the test's name says,
/// and the outcome is the same.
const AT_WORK: Duration = Duration::from_millis(80);

/// A probe that runs two requests at once and lets nobody wait: a place that is not given back is missed.
async fn narrow_probe() -> Running {
    Run::guest("probe")
        .var("WASMFORGE_FUNCTION_CONCURRENCY", 2)
        .var("WASMFORGE_QUEUE_DEPTH", 0)
        .allow_private_network()
        .start()
        .await
}

/// Waits for the records of `n` calls whose clients left.
async fn clients_gone(running: &Running, n: usize) {
    eventually("the records of those that left", || {
        let lines = running.process.stdout.all();
        (lines.iter().filter(|line| line.contains("\"outcome\":\"client_gone\"")).count() >= n).then_some(())
    })
    .await;
}

/// Sends a request for each of these, leaves once `left` says that it is under way, and expects every place back.
async fn places_come_back(running: &Running, heads: &[&str]) {
    for (left, head) in heads.iter().enumerate() {
        let mut raw = running.raw().await;
        assert!(raw.write(head).await);
        tokio::time::sleep(AT_WORK).await;
        if left % 2 == 0 {
            drop(raw)
        } else {
            raw.reset()
        }
        clients_gone(running, left + 1).await;
    }
    let both = (running.does("ok"), running.does("ok"));
    let (one, other) = futures_util::future::join(both.0, both.1).await;
    assert_eq!((one.code(), other.code()), (200, 200));
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_stops_a_guest_that_sleeps() {
    let probe = narrow_probe().await;
    let head = "GET /?do=sleep&ms=50000 HTTP/1.1\r\nhost: a\r\n\r\n";
    places_come_back(&probe, &[head; 4]).await;
    let line = probe.call_that("client_gone").await;
    assert_eq!(line["status"], 499, "{}", line.text);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_body_that_nobody_reads_stops_the_guest() {
    let probe = narrow_probe().await;
    let head = "POST /?do=sleep&ms=50000 HTTP/1.1\r\nhost: a\r\n";
    let nothing = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let chunk = format!("{nothing}5\r\nhello\r\n");
    let part = format!("{head}content-length: 100\r\n\r\nhello");
    places_come_back(&probe, &[&nothing, &nothing, &chunk, &chunk, &part, &part]).await;
}

#[tokio::test]
async fn a_client_that_leaves_stops_a_guest_that_spins() {
    let probe = narrow_probe().await;
    let spin = "GET /?do=spin HTTP/1.1\r\nhost: a\r\n\r\n";
    let hostcall = "GET /?do=spin-hostcall HTTP/1.1\r\nhost: a\r\n\r\n";
    places_come_back(&probe, &[spin, spin, hostcall, hostcall]).await;
}

#[tokio::test]
async fn a_client_that_leaves_mid_body_stops_the_guest_that_writes() {
    let probe = narrow_probe().await;
    let endless = "GET /?do=infinite-body HTTP/1.1\r\nhost: a\r\n\r\n";
    let slow = "GET /?do=slow-body&chunks=1000&ms=50000 HTTP/1.1\r\nhost: a\r\n\r\n";
    places_come_back(&probe, &[endless, endless, slow, slow]).await;
    let line = probe.call_that("client_gone").await;
    assert_eq!(line["status"], 200, "{}", line.text);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_upload_is_noticed() {
    let probe = narrow_probe().await;
    let echo = "POST /?do=echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nhalf";
    let reading = "POST /?do=read-body-slowly&ms=0 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    for (head, reset) in [(echo, false), (echo, true), (reading, false), (reading, true)] {
        let mut raw = probe.raw().await;
        assert!(raw.write(head).await);
        tokio::time::sleep(AT_WORK).await;
        if reset { raw.reset() } else { drop(raw) }
    }
    eventually("the records of all four", || {
        let lines = probe.process.stdout.all();
        (lines.iter().filter(|line| line.contains("\"outcome\":")).count() == 4).then_some(())
    })
    .await;
    assert_eq!(probe.does("ok").await.code(), 200);
}

#[tokio::test]
async fn outbound_connections_close_when_the_client_leaves() {
    let upstream = Upstream::silent().await;
    let probe = narrow_probe().await;
    for round in 1..=3 {
        let mut raw = probe.raw().await;
        let url = upstream.url("/");
        assert!(raw.write(format!("GET /?do=fetch&url={url} HTTP/1.1\r\nhost: a\r\n\r\n")).await);
        eventually("the guest's request", || (upstream.accepted() == round).then_some(())).await;
        drop(raw);
        eventually("the outbound connection is closed", || (upstream.open() == 0).then_some(())).await;
    }
    clients_gone(&probe, 3).await;
    assert_eq!(probe.does("ok").await.code(), 200);
}

#[tokio::test]
async fn an_http2_stream_that_is_reset_stops_its_guest_and_no_other() {
    let probe = narrow_probe().await;
    let mut connection = probe.http2().await;
    let slow = "/?do=slow-body&chunks=2&ms=50000";
    let mut first = connection.open(request("GET", slow).body(Bytes::new()).unwrap()).await;
    let mut second = connection.open(request("GET", slow).body(Bytes::new()).unwrap()).await;
    first.at_least(1).await;
    second.at_least(1).await;
    drop(first);
    clients_gone(&probe, 1).await;
    assert_eq!(connection.send(request("GET", "/?do=ok").body(Bytes::new()).unwrap()).await.code(), 200);
    drop(second);
    clients_gone(&probe, 2).await;
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_for_a_place_frees_its_place_in_the_queue() {
    let probe =
        Run::guest("probe").var("WASMFORGE_MAX_CONCURRENCY", 1).var("WASMFORGE_QUEUE_DEPTH", 1).start().await;
    let mut busy = probe.open(request("GET", "/?do=slow-body&chunks=2&ms=50000").body("").unwrap()).await;
    busy.at_least(1).await;
    for left in 1..=3 {
        let mut raw = probe.raw().await;
        assert!(raw.write("GET /?do=ok HTTP/1.1\r\nhost: a\r\n\r\n").await);
        tokio::time::sleep(AT_WORK).await;
        drop(raw);
        clients_gone(&probe, left).await;
    }
    drop(busy);
    clients_gone(&probe, 4).await;
    assert_eq!(probe.does("ok").await.code(), 200);
}

#[tokio::test]
async fn a_0_3_guest_stops_too() {
    let hello = Run::guest("p3-hello")
        .var("WASMFORGE_FUNCTION_CONCURRENCY", 1)
        .var("WASMFORGE_QUEUE_DEPTH", 0)
        .start()
        .await;
    for (left, what) in ["sleep&ms=50000", "spin", "slow-body&chunks=2&ms=50000"].iter().enumerate() {
        let mut raw = hello.raw().await;
        assert!(raw.write(format!("GET /?do={what} HTTP/1.1\r\nhost: a\r\n\r\n")).await);
        tokio::time::sleep(AT_WORK).await;
        drop(raw);
        clients_gone(&hello, left + 1).await;
    }
    assert_eq!(hello.get("/").await.code(), 200);
}
