//! When a guest goes, its sockets go.

use crate::support::*;
use http::Method;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

/// Sends `begin` in answer to the first request; tells when it has, and when the client has left.
async fn watched(begin: &'static str) -> (Server, Arc<Notify>, Arc<Notify>) {
    let (begun, left) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell_begun, tell_left) = (Arc::clone(&begun), Arc::clone(&left));
    let server = Server::start(move |_, mut stream| {
        let (tell_begun, tell_left) = (Arc::clone(&tell_begun), Arc::clone(&tell_left));
        async move {
            read_head(&mut stream).await.unwrap();
            stream.write_all(begin.as_bytes()).await.unwrap();
            tell_begun.notify_one();
            read_to_close(&mut stream).await;
            tell_left.notify_one();
        }
    })
    .await;
    (server, begun, left)
}

async fn happens(event: &Notify, what: &str) {
    tokio::time::timeout(PATIENCE, event.notified()).await.expect(what);
}

const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";

#[tokio::test]
async fn dropping_the_future_closes_the_socket() {
    let (server, begun, left) = watched("").await;
    let session = session();
    let get = request(Method::GET, &server.url("/"), empty());
    let future = session.send(get, None, Box::new(async { Ok(()) }));
    tokio::select! {
        _ = Box::into_pin(future) => panic!("there was no answer to give"),
        () = happens(&begun, "no request came") => {}
    }
    happens(&left, "the socket is still open").await;
}

#[tokio::test]
async fn dropping_the_future_of_an_upload_that_is_stuck_closes_the_socket() {
    let gone = Arc::new(Notify::new());
    let tell = Arc::clone(&gone);
    let server = Server::start(move |_, mut stream| {
        let tell = Arc::clone(&tell);
        async move {
            read_head(&mut stream).await.unwrap();
            // Nothing more is ever read. A socket that is still open takes in this slow start of an answer.
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await.unwrap();
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tell.notify_one();
        }
    })
    .await;
    let session = session();
    let post = request(Method::POST, &server.url("/"), full(vec![0; 64 << 20]));
    let future = session.send(post, None, Box::new(async { Ok(()) }));
    let waited = tokio::time::timeout(Duration::from_millis(300), Box::into_pin(future)).await;
    assert!(waited.is_err());
    happens(&gone, "the socket is still open").await;
}

#[tokio::test]
async fn dropping_a_body_before_its_end_closes_the_socket() {
    let (server, _, left) = watched(HALF).await;
    let session = session();
    let (response, _done) = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
    let mut body = response.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "half");
    drop(body);
    happens(&left, "the socket is still open").await;
}

#[tokio::test]
async fn dropping_the_requests_future_stops_an_upload_and_its_response() {
    let (server, _, left) = watched(HALF).await;
    let session = session();
    let (writer, body) = written();
    let (response, done) = send(&session, request(Method::POST, &server.url("/"), body)).await.unwrap();
    drop(done);
    happens(&left, "the socket is still open").await;
    writer.closed().await;
    assert_eq!(error_of(response.into_body().collect().await), "ConnectionTerminated");
}

#[tokio::test]
async fn the_end_of_an_invocation_ends_what_waits_for_a_response() {
    let (server, begun, left) = watched("").await;
    let session = session();
    let get = request(Method::GET, &server.url("/"), empty());
    let future = tokio::spawn(Box::into_pin(session.send(get, None, Box::new(async { Ok(()) }))));
    happens(&begun, "no request came").await;
    drop(session);
    assert_eq!(error_of(future.await.unwrap()), "ConnectionTerminated");
    happens(&left, "the socket is still open").await;
}

#[tokio::test]
async fn the_end_of_an_invocation_ends_bodies_in_both_directions() {
    let (server, _, left) = watched(HALF).await;
    let session = session();
    let (writer, body) = written();
    let (response, _done) = send(&session, request(Method::POST, &server.url("/"), body)).await.unwrap();
    let reader = tokio::spawn(response.into_body().collect());
    writer.send(Ok("some".into())).await.unwrap();
    drop(session);
    assert_eq!(error_of(reader.await.unwrap()), "ConnectionTerminated");
    happens(&left, "the socket is still open").await;
    tokio::time::timeout(PATIENCE, writer.closed()).await.expect("the body is still being read");
}

#[tokio::test]
async fn a_session_that_has_ended_sends_nothing() {
    let server = Server::answering(OK).await;
    let session = session();
    let get = request(Method::GET, &server.url("/"), empty());
    let future = session.send(get, None, Box::new(async { Ok(()) }));
    drop(session);
    assert_eq!(error_of(Box::into_pin(future).await), "ConnectionTerminated");
    assert_eq!(server.accepted(), 0);
}
