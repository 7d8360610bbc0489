//! TLS and HTTP/2 peers.

use crate::support::*;
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use std::convert::Infallible;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use wasmforge_host_api::http::{Outbound, OutboundLimits, OutboundSession};

struct TlsPeer {
    server: Server,
    certificate: CertificateDer<'static>,
}

/// Serves over TLS as `peer.example`, offering these protocols.
async fn tls_peer(protocols: &[&str]) -> TlsPeer {
    let made = rcgen::generate_simple_self_signed(["peer.example".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            // Clients that do not trust the certificate leave here.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        }
    })
    .await;
    TlsPeer { server, certificate }
}

async fn answer(request: http::Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let headers = match request.uri().path() {
        "/many" => 4000,
        _ => 1,
    };
    let mut response = Response::builder();
    for n in 0..headers {
        response = response.header(format!("x-{n}"), "1");
    }
    let body = format!("{:?} {:?}", request.version(), request.uri().host());
    let sent = request.into_body().collect().await.unwrap().to_bytes();
    Ok(response.body(Full::new([body.as_bytes(), &sent].concat().into())).unwrap())
}

impl TlsPeer {
    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.server.address.port())
    }

    fn session(&self) -> OutboundSession {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        session_with(roots)
    }
}

fn session_with(roots: RootCertStore) -> OutboundSession {
    Outbound::builder()
        .resolver(FixedResolver::to(&["127.0.0.1"]))
        .roots(roots)
        .build()
        .unwrap()
        .session(loopback(), OutboundLimits::default())
}

#[tokio::test]
async fn a_peer_that_offers_http_2_is_spoken_to_so_on_one_connection() {
    let peer = tls_peer(&["h2", "http/1.1"]).await;
    let session = peer.session();
    let url = peer.url("peer.example", "/");
    assert_eq!(get(&session, &url).await.unwrap(), r#"HTTP/2.0 Some("peer.example")"#);
    let posts = (0..20).map(|n| {
        let session = &session;
        let url = &url;
        async move { fetch(session, request(Method::POST, url, full(format!(" {n}")))).await.unwrap() }
    });
    for (n, body) in join_all(posts).await.into_iter().enumerate() {
        assert_eq!(body, format!(r#"HTTP/2.0 Some("peer.example") {n}"#));
    }
    assert_eq!(peer.server.accepted(), 1);
}

#[tokio::test]
async fn a_peer_without_http_2_is_spoken_to_in_http_1() {
    for protocols in [&["http/1.1"][..], &[]] {
        let peer = tls_peer(protocols).await;
        let session = peer.session();
        let url = peer.url("peer.example", "/");
        for _ in 0..3 {
            let (response, _done) = send(&session, request(Method::GET, &url, empty())).await.unwrap();
            assert_eq!(response.version(), Version::HTTP_11);
            response.into_body().collect().await.unwrap();
        }
        assert_eq!(peer.server.accepted(), 1);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let (peer, other) = (tls_peer(&["h2"]).await, tls_peer(&["h2"]).await);
    let sent = get(&other.session(), &peer.url("peer.example", "/")).await;
    assert_eq!(error_of(sent), "TlsCertificateError");
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_the_platforms_roots() {
    let peer = tls_peer(&["h2"]).await;
    let resolver = FixedResolver::to(&["127.0.0.1"]);
    let outbound = Outbound::builder().resolver(resolver).build().unwrap();
    let session = outbound.session(loopback(), OutboundLimits::default());
    // A machine without any roots says so instead.
    let error = error_of(get(&session, &peer.url("peer.example", "/")).await);
    assert!(["TlsCertificateError", "ConfigurationError"].contains(&error.as_str()), "{error}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let peer = tls_peer(&["h2"]).await;
    let session = peer.session();
    for host in ["other.example", "127.0.0.1", "peer.example.example"] {
        let sent = get(&session, &peer.url(host, "/")).await;
        assert_eq!(error_of(sent), "TlsCertificateError", "{host}");
    }
}

#[tokio::test]
async fn a_plain_server_is_no_tls_server() {
    let server = Server::start(|_, mut stream| async move {
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes()).await.unwrap();
        read_to_close(&mut stream).await;
    })
    .await;
    let session = session_with(RootCertStore::empty());
    let sent = get(&session, &format!("https://{}/", server.address)).await;
    assert_eq!(error_of(sent), "TlsProtocolError");
}

#[tokio::test]
async fn a_header_bomb_over_http_2_fails_alone() {
    let peer = tls_peer(&["h2"]).await;
    let session = peer.session();
    assert_eq!(error_of(get(&session, &peer.url("peer.example", "/many")).await), "HttpProtocolError");
    get(&session, &peer.url("peer.example", "/")).await.unwrap();
}

#[tokio::test]
async fn a_body_dropped_over_http_2_stops_the_upload_too() {
    let peer = tls_peer(&["h2"]).await;
    let session = peer.session();
    let (writer, body) = written();
    let post = request(Method::POST, &peer.url("peer.example", "/"), body);
    let future = session.send(post, None, Box::new(async { Ok(()) }));
    writer.send(Ok("some".into())).await.unwrap();
    tokio::select! {
        _ = Box::into_pin(future) => panic!("the peer answers only at the end of the body"),
        _ = writer.send(Ok("more".into())) => {}
    }
    tokio::time::timeout(PATIENCE, writer.closed()).await.expect("the body is still being read");
    // The connection is as good as before.
    get(&session, &peer.url("peer.example", "/")).await.unwrap();
    assert_eq!(peer.server.accepted(), 1);
}
