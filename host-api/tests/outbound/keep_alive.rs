//! Connections are reused while they live, and nobody waits for a dead one.

use crate::support::*;
use http::Method;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Notify, mpsc};
use wasmforge_host_api::http::{Outbound, OutboundLimits, OutboundPolicy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_carries_many_requests() {
    let server = Server::answering(OK).await;
    let session = session();
    for _ in 0..50 {
        assert_eq!(get(&session, &server.url("/")).await.unwrap(), "ok");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn invocations_under_one_policy_share_connections() {
    let server = Server::answering(OK).await;
    let outbound = Outbound::builder().build().unwrap();
    let policy = loopback();
    for _ in 0..3 {
        let session = outbound.session(Arc::clone(&policy), OutboundLimits::default());
        get(&session, &server.url("/")).await.unwrap();
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn an_invocation_that_ends_with_its_response_leaves_its_connection_to_others() {
    let server = Server::answering(OK).await;
    let outbound = Outbound::builder().build().unwrap();
    let policy = loopback();
    for _ in 0..5 {
        let session = outbound.session(Arc::clone(&policy), OutboundLimits::default());
        // A guest ends its request's body after it has sent the head, if at all.
        let (_writer, body) = written();
        let get = request(Method::GET, &server.url("/"), body);
        assert_eq!(fetch(&session, get).await.unwrap(), "ok");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_connection_is_never_handed_to_another_policy() {
    let server = Server::answering(OK).await;
    let resolver = FixedResolver::to(&["127.0.0.1"]);
    let outbound = Outbound::builder().resolver(resolver).build().unwrap();
    let url = format!("http://service.example:{}/", server.address.port());

    let trusted = outbound.session(loopback(), OutboundLimits::default());
    get(&trusted, &url).await.unwrap();
    let untrusted = outbound.session(Arc::new(OutboundPolicy::public_internet()), OutboundLimits::default());
    assert_eq!(error_of(get(&untrusted, &url).await), "DestinationIpProhibited");

    let equal_but_other = outbound.session(loopback(), OutboundLimits::default());
    get(&equal_but_other, &url).await.unwrap();
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_connection_that_the_peer_has_closed_is_not_used_again_even_for_a_post() {
    let closed = Arc::new(Notify::new());
    let tell = Arc::clone(&closed);
    let server = Server::start(move |_, mut stream| {
        let tell = Arc::clone(&tell);
        async move {
            read_head(&mut stream).await.unwrap();
            stream.write_all(OK.as_bytes()).await.unwrap();
            drop(stream);
            tell.notify_one();
        }
    })
    .await;
    let session = session();
    for n in 1..=20 {
        let post = request(Method::POST, &server.url("/"), empty());
        assert_eq!(fetch(&session, post).await.unwrap(), "ok");
        closed.notified().await;
        assert_eq!(server.accepted(), n);
    }
}

/// A peer on a thread of its own: each connection gets one answer and is closed when the client says so.
fn blocking_peer(connections: usize) -> (String, Sender<()>, Receiver<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (close, closing) = channel::<()>();
    let (tell, closed) = channel();
    std::thread::spawn(move || {
        for _ in 0..connections {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(OK.as_bytes()).unwrap();
            // The test is over if it says nothing.
            if closing.recv().is_err() {
                return;
            }
            drop(stream);
            tell.send(()).unwrap();
        }
    });
    (url, close, closed)
}

#[tokio::test(flavor = "current_thread")]
async fn a_close_that_the_executor_has_not_heard_of_yet_is_seen() {
    let (url, close, closed) = blocking_peer(10);
    let session = session();
    for _ in 0..10 {
        let post = request(Method::POST, &url, empty());
        assert_eq!(fetch(&session, post).await.unwrap(), "ok");
        // This blocks the only thread, so nothing that the peer does meanwhile can be noticed by an event.
        close.send(()).unwrap();
        closed.recv_timeout(PATIENCE).unwrap();
    }
}

/// Answers the first request of the first connection, reads the second and hangs up; answers all later ones.
async fn hangs_up_on_the_second() -> (Server, Arc<AtomicUsize>) {
    let heads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&heads);
    let server = Server::start(move |nth, mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            let mut here = 0;
            while read_head(&mut stream).await.is_some() {
                counter.fetch_add(1, Ordering::SeqCst);
                here += 1;
                if nth == 0 && here == 2 {
                    return;
                }
                stream.write_all(OK.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    (server, heads)
}

#[tokio::test]
async fn a_get_that_a_dying_connection_swallowed_is_sent_once_more() {
    let (server, heads) = hangs_up_on_the_second().await;
    let session = session();
    assert_eq!(get(&session, &server.url("/")).await.unwrap(), "ok");
    assert_eq!(get(&session, &server.url("/")).await.unwrap(), "ok");
    assert_eq!((server.accepted(), heads.load(Ordering::SeqCst)), (2, 3));
}

#[tokio::test]
async fn a_post_or_a_body_that_a_dying_connection_swallowed_is_not_repeated() {
    for (method, body) in [(Method::POST, empty()), (Method::PUT, full("body"))] {
        let (server, heads) = hangs_up_on_the_second().await;
        let session = session();
        get(&session, &server.url("/")).await.unwrap();
        let sent = fetch(&session, request(method, &server.url("/"), body)).await;
        assert_eq!(error_of(sent), "ConnectionTerminated");
        assert_eq!((server.accepted(), heads.load(Ordering::SeqCst)), (1, 2));
    }
}

#[tokio::test]
async fn a_fresh_connection_that_hangs_up_is_not_tried_again() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
    })
    .await;
    assert_eq!(error_of(get(&session(), &server.url("/")).await), "ConnectionTerminated");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_given_to_the_next_request() {
    let poisoned = Arc::new(Notify::new());
    let tell = Arc::clone(&poisoned);
    let server = Server::start(move |nth, mut stream| {
        let tell = Arc::clone(&tell);
        async move {
            read_head(&mut stream).await.unwrap();
            stream.write_all(OK.as_bytes()).await.unwrap();
            if nth == 0 {
                let poison = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
                stream.write_all(poison).await.unwrap();
                tell.notify_one();
            }
            read_to_close(&mut stream).await;
        }
    })
    .await;
    let session = session();
    assert_eq!(get(&session, &server.url("/")).await.unwrap(), "ok");
    poisoned.notified().await;
    assert_eq!(get(&session, &server.url("/")).await.unwrap(), "ok");
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn idle_connections_are_closed_after_a_while() {
    let (closed, mut closings) = mpsc::channel(1);
    let server = Server::start(move |_, mut stream| {
        let closed = closed.clone();
        async move {
            read_head(&mut stream).await.unwrap();
            stream.write_all(OK.as_bytes()).await.unwrap();
            read_to_close(&mut stream).await;
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let outbound = Outbound::builder().idle_timeout(Duration::from_millis(50)).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    get(&session, &server.url("/")).await.unwrap();
    let closed = tokio::time::timeout(PATIENCE, closings.recv()).await;
    assert_eq!(closed.expect("the connection stays open"), Some(()));
}

#[tokio::test]
async fn a_peer_that_says_it_will_not_wait_is_believed() {
    for header in ["connection: close", "keep-alive: timeout=1"] {
        let response = format!("HTTP/1.1 200 OK\r\n{header}\r\ncontent-length: 2\r\n\r\nok");
        let server = Server::answering(response.leak()).await;
        let session = session();
        get(&session, &server.url("/")).await.unwrap();
        get(&session, &server.url("/")).await.unwrap();
        assert_eq!(server.accepted(), 2, "{header}");
    }
}
