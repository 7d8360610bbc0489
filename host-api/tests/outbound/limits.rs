//! An invocation, and the process, open only so much.

use crate::support::*;
use http::Method;
use http_body_util::BodyExt;
use wasmforge_host_api::http::{Outbound, OutboundLimits};

const OPEN_ENDED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";

#[tokio::test]
async fn requests_past_the_limit_are_refused() {
    let server = Server::answering(OK).await;
    let outbound = Outbound::builder().build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits { requests: 3, concurrency: 32 });
    for _ in 0..3 {
        get(&session, &server.url("/")).await.unwrap();
    }
    for _ in 0..3 {
        assert_eq!(error_of(get(&session, &server.url("/")).await), "ConnectionLimitReached");
    }
    assert_eq!(session.usage().requests, 3);

    let other = outbound.session(loopback(), OutboundLimits { requests: 3, concurrency: 32 });
    get(&other, &server.url("/")).await.unwrap();
}

#[tokio::test]
async fn requests_at_once_are_capped_and_their_places_come_back() {
    let server = Server::answering(OPEN_ENDED).await;
    let session = session();
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap());
    }
    let refused = send(&session, request(Method::GET, &server.url("/"), empty())).await;
    assert_eq!(error_of(refused), "ConnectionLimitReached");
    drop(open.pop());
    let _again = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
}

#[tokio::test]
async fn a_place_comes_back_at_the_end_of_the_body_and_not_before() {
    let server = Server::answering(OK).await;
    let outbound = Outbound::builder().build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits { requests: 256, concurrency: 1 });
    let (response, _done) = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
    let early = send(&session, request(Method::GET, &server.url("/"), empty())).await;
    assert_eq!(error_of(early), "ConnectionLimitReached");
    let mut body = response.into_body();
    while body.frame().await.is_some() {}
    // The body itself is still held.
    get(&session, &server.url("/")).await.unwrap();
    drop(body);
}

#[tokio::test]
async fn the_process_opens_only_so_many_connections_and_idle_ones_make_room() {
    let (one, other) = (Server::answering(OK).await, Server::answering(OPEN_ENDED).await);
    let outbound = Outbound::builder().max_connections(1).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    // Kept alive, it holds the only place until somebody else needs it.
    get(&session, &one.url("/")).await.unwrap();
    let held = send(&session, request(Method::GET, &other.url("/"), empty())).await.unwrap();
    assert_eq!(error_of(get(&session, &one.url("/")).await), "ConnectionLimitReached");
    drop(held);
    get(&session, &one.url("/")).await.unwrap();
}
