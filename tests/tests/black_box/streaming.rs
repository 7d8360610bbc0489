//! Bodies stream both ways, are bytes, and cost no memory that grows with them.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use wasmforge_tests::{Connection, PATIENCE, Run, Running, eventually, request};

const MIB: usize = 1024 * 1024;

/// What a slow reader or writer may cost the server. Buffers of the system count too where they are the server's.
const FLAT: u64 = 24 * MIB as u64;

#[tokio::test]
async fn the_first_byte_leaves_when_the_guest_writes_it() {
    for (guest, chunk) in [("probe", "chunk 0\n"), ("p3-hello", "chunk 0\n")] {
        let running = Run::guest(guest).start().await;
        // The second chunk is due in ten minutes.
        let slow = request("GET", "/?do=slow-body&chunks=2&ms=600000").body("").unwrap();
        let mut answer = running.open(slow).await;
        assert_eq!(answer.at_least(chunk.len()).await, chunk.as_bytes(), "{guest}");
    }
}

#[tokio::test]
async fn chunks_come_back_before_the_next_is_sent() {
    for (guest, path) in [("echo", "/"), ("probe", "/?do=echo"), ("p3-hello", "/?do=echo")] {
        let running = Run::guest(guest).start().await;
        let mut connection = running.http1().await;
        chunks_come_back(&mut connection, path).await;
        let mut connection = running.http2().await;
        chunks_come_back(&mut connection, path).await;
    }
}

async fn chunks_come_back(connection: &mut Connection, path: &str) {
    let (upload, answer) = connection.upload(request("POST", path));
    assert!(upload.write("first").await);
    let mut answer = answer.await.unwrap();
    assert_eq!(answer.at_least(5).await, b"first", "{path}");
    for round in 0..20 {
        let chunk = format!("chunk {round:03}");
        assert!(upload.write(chunk.clone()).await);
        assert_eq!(answer.at_least(chunk.len()).await, chunk.as_bytes(), "{path}");
    }
    drop(upload);
    assert!(answer.finish().await.body.is_empty());
}

#[tokio::test]
async fn fifty_megabytes_come_back_byte_for_byte() {
    for (guest, path) in [("echo", "/"), ("probe", "/?do=echo"), ("p3-hello", "/?do=echo")] {
        let running = Run::guest(guest).start().await;
        let mut connection = running.http1().await;
        let (upload, answer) = connection.upload(request("POST", path));
        let sending = tokio::spawn(async move {
            let mut block: Vec<u8> =
                (0..64 * 1024_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
            let mut sent = Sha256::new();
            for number in 0..800_u32 {
                block[..4].copy_from_slice(&number.to_le_bytes());
                sent.update(&block);
                assert!(upload.write(block.clone()).await);
            }
            sent.finalize()
        });
        let mut answer = answer.await.unwrap();
        let (mut received, mut len) = (Sha256::new(), 0);
        while let Some(chunk) = answer.chunk().await {
            let chunk = chunk.unwrap();
            len += chunk.len();
            received.update(&chunk);
        }
        assert_eq!(len, 50 * MIB, "{guest}");
        assert_eq!(received.finalize(), sending.await.unwrap(), "{guest}");
    }
}

#[tokio::test]
async fn bytes_are_bytes() {
    let probe = Run::guest("probe").start().await;
    let all: Vec<u8> = (0..=u8::MAX).collect();
    assert_eq!(probe.does("binary").await.body, all);
    assert_eq!(probe.post("/?do=echo", all.clone()).await.body, all);
}

#[tokio::test]
async fn an_endless_body_waits_for_its_reader() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let idle = probe.process.vitals().resident();
    let endless = request("GET", "/?do=infinite-body").body("").unwrap();
    let mut answer = probe.open(endless).await;
    answer.at_least(1).await;
    let grown = growth_while_nobody_reads(&probe, idle).await;
    assert!(grown < FLAT, "{grown} bytes more for a body that nobody reads");
    // It goes on where it stopped.
    answer.at_least(8 * MIB).await;
    drop(answer);
    assert_eq!(probe.call_that("client_gone").await["status"], 200);
    probe.is_well().await;
}

#[tokio::test]
async fn an_upload_waits_for_a_guest_that_reads_slowly() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let idle = probe.process.vitals().resident();
    let mut raw = probe.raw().await;
    let head =
        "POST /?do=read-body-slowly&chunk=1024&ms=50 HTTP/1.1\r\nhost: a\r\ncontent-length: 67108864\r\n\r\n";
    assert!(raw.write(head).await);
    let sending = tokio::spawn(async move {
        let block = vec![b'x'; 64 * 1024];
        let flood = async { while raw.write(&block).await {} };
        // A full connection is what is hoped for; then the write does not end.
        let _ = tokio::time::timeout(PATIENCE / 2, flood).await;
    });
    let grown = growth_while_nobody_reads(&probe, idle).await;
    sending.abort();
    assert!(grown < FLAT, "{grown} bytes more for an upload that is not read");
    probe.is_well().await;
}

/// The largest growth over `idle` that is seen within a second.
async fn growth_while_nobody_reads(running: &Running, idle: u64) -> u64 {
    let mut largest = 0;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        largest = largest.max(running.process.vitals().resident().saturating_sub(idle));
    }
    largest
}

#[tokio::test]
async fn a_response_over_its_limit_is_cut_and_the_log_says_why() {
    let probe = Run::guest("probe").var("WASMFORGE_RESPONSE_BODY_MIB", 1).start().await;
    let (whole, cut) = probe.does_until_cut("big-body&mib=1").await;
    assert_eq!((whole.body.len(), cut), (MIB, false));
    for what in ["big-body&mib=4", "infinite-body"] {
        let (answer, cut) = probe.does_until_cut(what).await;
        assert!(cut, "{what}: the caller can tell that the answer is not whole");
        assert!(answer.body.len() <= MIB, "{what}: {} bytes", answer.body.len());
        let line = probe.call_line(&answer.invocation()).await;
        assert_eq!(line["outcome"], "response_too_large", "{what}: {}", line.text);
    }
    probe.is_well().await;
}

#[tokio::test]
async fn a_request_that_announces_too_much_is_refused_before_it_is_sent() {
    let probe = Run::guest("probe").var("WASMFORGE_REQUEST_BODY_MIB", 1).start().await;
    let mut raw = probe.raw().await;
    assert!(raw.write("POST /?do=echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1048577\r\n\r\n").await);
    let answer = raw.read_until("}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"REQUEST_TOO_LARGE\""), "{answer}");
    assert!(answer.contains("x-wasmforge-invocation-id: "), "{answer}");
    let line = probe.call_that("request_too_large").await;
    assert_eq!((&line["status"], &line["requestBytes"]), (&413.into(), &0.into()), "{}", line.text);
    probe.is_well().await;
}

#[tokio::test]
async fn a_chunked_request_is_refused_once_it_is_too_large() {
    let probe = Run::guest("probe").var("WASMFORGE_REQUEST_BODY_MIB", 1).start().await;
    let mut connection = probe.http1().await;
    let (upload, answer) = connection.upload(request("POST", "/?do=read-body-slowly&chunk=65536&ms=0"));
    let sending = tokio::spawn(async move { while upload.write(vec![b'x'; 64 * 1024]).await {} });
    let answer = answer.await.unwrap().finish().await;
    assert_eq!(answer.failure(), (413, "REQUEST_TOO_LARGE".into()));
    drop(connection);
    sending.await.unwrap();
    assert_eq!(probe.call_line(&answer.invocation()).await["outcome"], "request_too_large");
    let within = probe.post("/?do=read-body-slowly&chunk=65536&ms=0", vec![b'x'; MIB]).await;
    assert_eq!(within.json()["read"], MIB);
}

#[tokio::test]
async fn a_body_that_its_guest_does_not_finish_is_cut() {
    let trapping = "body-then-trap";
    for (guest, what) in [("probe", trapping), ("p3-hello", trapping), ("sdk-probe", "broken-body")] {
        let running = Run::guest(guest).start().await;
        let (answer, cut) = running.does_until_cut(what).await;
        // Either there is an error instead of it, or what there is of it visibly lacks its end.
        assert!(cut || answer.code() >= 500, "{guest}: half of a body looked whole: {answer:?}");
        let line = running.call_line(&answer.invocation()).await;
        assert!(guest == "sdk-probe" || line["outcome"] == "trap", "{guest}: {}", line.text);
    }
}

#[tokio::test]
async fn a_body_whose_guest_is_stopped_in_the_middle_is_cut() {
    for (guest, var, value) in [("probe", "WORKER_TIMEOUT_MS", 700), ("p3-hello", "WORKER_TIMEOUT_MS", 700)] {
        let running = Run::guest(guest).var(var, value).start().await;
        let (answer, cut) = running.does_until_cut("slow-body&chunks=2&ms=600000").await;
        assert_eq!((answer.code(), answer.text()), (200, "chunk 0\n"), "{guest}");
        assert!(cut, "{guest}: half of a body looked whole");
        assert_eq!(running.call_line(&answer.invocation()).await["outcome"], "timeout");
    }
}

#[tokio::test]
async fn a_request_body_that_is_not_read_does_no_harm() {
    let probe = Run::guest("probe").start().await;
    let mut connection = probe.http1().await;
    let ignored = request("POST", "/?do=ignore-request-body").body(vec![b'x'; 100]).unwrap();
    assert_eq!(connection.send(ignored).await.code(), 200);
    // What was not read does not become the next request.
    let next = connection.send(request("GET", "/?do=count").body(Bytes::new()).unwrap()).await;
    assert_eq!(next.text(), r#"{"count":1}"#);
    let large = request("POST", "/?do=ignore-request-body").body(vec![b'x'; 8 * MIB]).unwrap();
    assert_eq!(probe.send(large).await.code(), 200);
    probe.is_well().await;
}

#[tokio::test]
async fn request_trailers_disturb_nobody() {
    for (guest, path) in [("echo", "/"), ("p3-hello", "/?do=echo")] {
        let running = Run::guest(guest).start().await;
        let mut connection = running.http2().await;
        let (upload, answer) = connection.upload(request("POST", path));
        assert!(upload.write("body").await);
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-checksum", http::HeaderValue::from_static("1"));
        assert!(upload.trailers(trailers).await);
        drop(upload);
        assert_eq!(answer.await.unwrap().finish().await.text(), "body", "{guest}");
    }
}

#[tokio::test]
async fn memory_comes_back_after_large_bodies() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let idle = probe.process.vitals().resident();
    for _ in 0..3 {
        assert_eq!(probe.does("big-body&mib=16").await.body.len(), 16 * MIB);
    }
    eventually("the memory is given back", || {
        let grown = probe.process.vitals().resident().saturating_sub(idle);
        (grown < FLAT).then_some(())
    })
    .await;
}
