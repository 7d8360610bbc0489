//! Nothing waits for ever.

use crate::support::*;
use futures_util::future::BoxFuture;
use http::Method;
use http_body_util::BodyExt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use wasmforge_host_api::http::{Outbound, OutboundLimits, Resolve};
use wasmtime_wasi_http::RequestOptions;

const SHORT: Option<Duration> = Some(Duration::from_millis(100));

/// Reads, and says nothing until the client leaves.
async fn silent() -> Server {
    Server::start(|_, mut stream| async move { read_to_close(&mut stream).await }).await
}

#[tokio::test]
async fn a_response_that_does_not_begin() {
    let server = silent().await;
    let options = RequestOptions { first_byte_timeout: SHORT, ..RequestOptions::default() };
    let get = request(Method::GET, &server.url("/"), empty());
    assert_eq!(error_of(send_with(&session(), get, options).await), "ConnectionReadTimeout");
}

#[tokio::test]
async fn a_response_that_does_not_go_on() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        read_to_close(&mut stream).await;
    })
    .await;
    let options = RequestOptions { between_bytes_timeout: SHORT, ..RequestOptions::default() };
    let session = session();
    let get = request(Method::GET, &server.url("/"), empty());
    let (response, _done) = send_with(&session, get, options).await.unwrap();
    let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await.unwrap();
    assert_eq!(error_of(body), "ConnectionReadTimeout");
}

#[tokio::test]
async fn a_body_that_comes_slowly_but_steadily_is_read_to_its_end() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n").await.unwrap();
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream.write_all(b".").await.unwrap();
        }
    })
    .await;
    let options =
        RequestOptions { between_bytes_timeout: Some(Duration::from_secs(1)), ..RequestOptions::default() };
    let session = session();
    let get = request(Method::GET, &server.url("/"), empty());
    let (response, _done) = send_with(&session, get, options).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 15);
}

#[tokio::test]
async fn a_slow_upload_is_not_taken_for_a_slow_server() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"0\r\n\r\n") {
            seen.push(tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap());
        }
        stream.write_all(OK.as_bytes()).await.unwrap();
    })
    .await;
    let (writer, body) = written();
    tokio::spawn(async move {
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            writer.send(Ok("chunk".into())).await.unwrap();
        }
    });
    let options =
        RequestOptions { first_byte_timeout: Some(Duration::from_secs(1)), ..RequestOptions::default() };
    let session = session();
    let post = request(Method::POST, &server.url("/"), body);
    let (response, _done) = send_with(&session, post, options).await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_tls_handshake_that_does_not_happen() {
    let server = silent().await;
    let options = RequestOptions { connect_timeout: SHORT, ..RequestOptions::default() };
    let get = request(Method::GET, &format!("https://{}/", server.address), empty());
    let roots = rustls::RootCertStore::empty();
    let outbound = Outbound::builder().roots(roots).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    assert_eq!(error_of(send_with(&session, get, options).await), "ConnectionTimeout");
}

/// Never answers.
struct Mute;

impl Resolve for Mute {
    fn resolve(&self, _name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_name_that_is_not_resolved() {
    let outbound = Outbound::builder().resolver(Arc::new(Mute)).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    let options = RequestOptions { connect_timeout: SHORT, ..RequestOptions::default() };
    let get = request(Method::GET, "http://mute.example/", empty());
    assert_eq!(error_of(send_with(&session, get, options).await), "DnsTimeout");
}

#[tokio::test]
async fn timeouts_of_zero_and_of_centuries_are_no_trouble() {
    let (server, silent) = (Server::answering(OK).await, silent().await);
    let session = session();
    let forever = Some(Duration::MAX);
    let options = RequestOptions {
        connect_timeout: forever,
        first_byte_timeout: forever,
        between_bytes_timeout: forever,
    };
    let get = request(Method::GET, &server.url("/"), empty());
    assert!(send_with(&session, get, options).await.is_ok());

    let options = RequestOptions { first_byte_timeout: Some(Duration::ZERO), ..options };
    let get = request(Method::GET, &silent.url("/"), empty());
    assert_eq!(error_of(send_with(&session, get, options).await), "ConnectionReadTimeout");
}
