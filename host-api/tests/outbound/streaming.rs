//! Bodies flow while they are written, in both directions.

use crate::support::*;
use bytes::Bytes;
use http::{Method, Response};
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use wasmtime_wasi_http::{Error, WasiBody};

/// Sends every byte of a request back as it comes.
async fn echo() -> Server {
    Server::start(|_, stream| async move {
        let service =
            service_fn(async |request: http::Request<hyper::body::Incoming>| -> Result<_, Infallible> {
                Ok(Response::new(request.into_body()))
            });
        // The client's leaving is not this server's error.
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    })
    .await
}

async fn next(body: &mut WasiBody) -> Bytes {
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.expect("no frame");
    frame.unwrap().unwrap().into_data().unwrap()
}

#[tokio::test]
async fn a_response_is_readable_while_it_is_written() {
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = Server::start(move |_, mut stream| {
        let wait = Arc::clone(&wait);
        async move {
            read_head(&mut stream).await.unwrap();
            let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            for chunk in ["3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"] {
                wait.notified().await;
                stream.write_all(chunk.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let session = session();
    let (response, _done) = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
    let mut body = response.into_body();
    go_on.notify_one();
    assert_eq!(next(&mut body).await, "one");
    go_on.notify_one();
    assert_eq!(next(&mut body).await, "two");
    go_on.notify_one();
    assert!(body.frame().await.is_none());
    assert_eq!(session.usage().bytes_received, 6);
}

#[tokio::test]
async fn both_bodies_flow_at_once() {
    let server = echo().await;
    let session = session();
    let (writer, body) = written();
    writer.send(Ok("0".into())).await.unwrap();
    let (response, done) = send(&session, request(Method::POST, &server.url("/"), body)).await.unwrap();
    let done = tokio::spawn(Box::into_pin(done));
    let mut body = response.into_body();
    assert_eq!(next(&mut body).await, "0");
    for n in 1..20 {
        writer.send(Ok(n.to_string().into())).await.unwrap();
        assert_eq!(next(&mut body).await, n.to_string());
    }
    assert!(!done.is_finished());
    drop(writer);
    assert!(body.frame().await.is_none());
    assert!(done.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_arrive_whole_and_are_counted() {
    const SIZE: usize = 16 << 20;
    let server = echo().await;
    let session = session();
    let (writer, body) = written();
    tokio::spawn(async move {
        for n in 0..SIZE / 65536 {
            writer.send(Ok(vec![n as u8; 65536].into())).await.unwrap();
        }
    });
    let (response, done) = send(&session, request(Method::PUT, &server.url("/"), body)).await.unwrap();
    let done = tokio::spawn(Box::into_pin(done));
    let got = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(got.len(), SIZE);
    assert!(got.chunks(65536).enumerate().all(|(n, chunk)| chunk.iter().all(|byte| *byte == n as u8)));
    assert!(done.await.unwrap().is_ok());
    let usage = session.usage();
    assert_eq!((usage.requests, usage.bytes_sent, usage.bytes_received), (1, SIZE as u64, SIZE as u64));
}

#[tokio::test]
async fn a_body_that_the_guest_breaks_off_fails_with_the_guests_own_error() {
    let server = Server::start(|_, mut stream| async move { read_to_close(&mut stream).await }).await;
    let session = session();
    let (writer, body) = written();
    writer.send(Ok("half".into())).await.unwrap();
    tokio::spawn(async move { writer.send(Err(Error::HttpRequestBodySize(Some(7)))).await });
    let sent = send(&session, request(Method::POST, &server.url("/"), body)).await;
    assert!(matches!(sent.err(), Some(Error::HttpRequestBodySize(Some(7)))));
}

#[tokio::test]
async fn an_answer_before_the_requests_end_is_an_answer() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
        let answer = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig";
        stream.write_all(answer.as_bytes()).await.unwrap();
        read_to_close(&mut stream).await;
    })
    .await;
    let session = session();
    let (writer, body) = written();
    let (response, done) = send(&session, request(Method::POST, &server.url("/"), body)).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "big");
    // The guest may go on writing for as long as it holds the request's future.
    writer.send(Ok("more".into())).await.unwrap();
    drop(done);
    tokio::time::timeout(PATIENCE, writer.closed()).await.expect("the body is still being read");
}

#[tokio::test]
async fn trailers_come_through() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n1\r\na\r\n0\r\nx-sum: 1\r\n\r\n",
    )
    .await;
    let session = session();
    let (response, _done) = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
    let collected = response.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sum"], "1");
}

#[tokio::test]
async fn the_request_on_the_wire_is_the_guests_with_one_host_and_no_connection_fields() {
    let server = Server::start(|_, mut stream| async move {
        let mut got = vec![0; 4096];
        let read = stream.read(&mut got).await.unwrap();
        let body = String::from_utf8_lossy(&got[..read]).into_owned();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
    })
    .await;
    let session = session();
    let mut request = request(Method::POST, &server.url("/a/b?c=d"), full("hi"));
    for (name, value) in [
        ("host", "evil.example"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("transfer-encoding", "chunked"),
        ("x-twice", "1"),
        ("x-twice", "2"),
    ] {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let seen = String::from_utf8(fetch(&session, request).await.unwrap().to_vec()).unwrap();
    let mut lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines.remove(0), "POST /a/b?c=d HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    assert_eq!(lines, ["", "content-length: 2", "hi", &host, "x-twice: 1", "x-twice: 2"]);
}
