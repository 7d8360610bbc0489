//! Servers that misbehave get an error, and the process lives on.

use crate::support::*;
use http::Method;
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;

/// The error that a guest sees when a server writes exactly this and closes.
async fn error_from(response: Vec<u8>) -> String {
    let server = Server::start(move |_, mut stream| {
        let response = response.clone();
        async move {
            read_head(&mut stream).await.unwrap();
            // The client may hang up in the middle, and is right to.
            let _ = stream.write_all(&response).await;
        }
    })
    .await;
    error_of(get(&session(), &server.url("/")).await)
}

#[tokio::test]
async fn too_many_headers() {
    let mut response = b"HTTP/1.1 200 OK\r\n".to_vec();
    for n in 0..32_769 {
        response.extend_from_slice(format!("x-{n}: 1\r\n").as_bytes());
    }
    response.extend_from_slice(b"content-length: 0\r\n\r\n");
    assert_eq!(error_from(response).await, "HttpResponseHeaderSectionSize");
}

#[tokio::test]
async fn just_too_many_small_headers() {
    let mut response = b"HTTP/1.1 200 OK\r\n".to_vec();
    response.extend_from_slice("a: 1\r\n".repeat(300).as_bytes());
    response.extend_from_slice(b"content-length: 0\r\n\r\n");
    assert_eq!(error_from(response).await, "HttpResponseHeaderSectionSize");
}

#[tokio::test]
async fn one_header_of_a_mebibyte_and_one_without_end() {
    for tail in ["\r\n\r\n", ""] {
        let mut response = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        response.resize(1 << 20, b'a');
        response.extend_from_slice(tail.as_bytes());
        assert_eq!(error_from(response).await, "HttpResponseHeaderSectionSize");
    }
}

#[tokio::test]
async fn a_trailer_bomb() {
    let mut response = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n".to_vec();
    for n in 0..32_769 {
        response.extend_from_slice(format!("x-{n}: 1\r\n").as_bytes());
    }
    response.extend_from_slice(b"\r\n");
    let error = error_from(response).await;
    assert!(["HttpProtocolError", "HttpResponseIncomplete"].contains(&error.as_str()), "{error}");
}

#[tokio::test]
async fn things_that_are_not_http() {
    for (response, expected) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..], "HttpProtocolError"),
        (b"HTTP/1.1 999999 No\r\n\r\n", "HttpProtocolError"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HttpProtocolError"),
        (b"HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n", "HttpProtocolError"),
        (b"HTTP/1.1 200 OK\r\nx: a\r\n folded\r\n\r\n", "HttpProtocolError"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "HttpProtocolError"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello", "HttpProtocolError"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n", "HttpProtocolError"),
        (b"", "ConnectionTerminated"),
        (b"HTTP/1.1 20", "ConnectionTerminated"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "HttpResponseIncomplete"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf", "HttpResponseIncomplete"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nbody", "HttpProtocolError"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nbody",
            "HttpProtocolError",
        ),
    ] {
        assert_eq!(error_from(response.to_vec()).await, expected, "{}", String::from_utf8_lossy(response));
    }
}

#[tokio::test]
async fn early_hints_without_end_run_into_the_timeout() {
    let server = Server::start(|_, mut stream| async move {
        read_head(&mut stream).await.unwrap();
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let options = wasmtime_wasi_http::RequestOptions {
        first_byte_timeout: Some(std::time::Duration::from_millis(200)),
        ..Default::default()
    };
    let session = session();
    let get = request(Method::GET, &server.url("/"), empty());
    assert_eq!(error_of(send_with(&session, get, options).await), "ConnectionReadTimeout");
}

#[tokio::test]
async fn a_body_that_nobody_reads_stops_the_server_not_the_host() {
    let written = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&written);
    let server = Server::start(move |_, mut stream| {
        let counter = std::sync::Arc::clone(&counter);
        async move {
            read_head(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            while stream.write_all(&[0; 65536]).await.is_ok() {
                counter.fetch_add(65536, std::sync::atomic::Ordering::SeqCst);
            }
        }
    })
    .await;
    let session = session();
    let (response, _done) = send(&session, request(Method::GET, &server.url("/"), empty())).await.unwrap();
    let count = || written.load(std::sync::atomic::Ordering::SeqCst);
    let mut before = usize::MAX;
    while before != count() {
        before = count();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    // What is underway is in the kernel's buffers; a gibibyte would have gone by otherwise.
    assert!(before < 64 << 20, "{before} bytes were taken in without a reader");
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    assert_eq!(session.usage().requests, 1);
}
