//! What can go wrong on the way to a response, and what a guest sees of it.
//!
//! `wasi:http` takes its error codes from RFC 9209 (proxy status); the mapping follows that document's definitions.

use super::destination::DestinationError;
use super::policy::Refusal;
use std::error::Error as _;
use std::io;
use wasmtime_wasi_http::Error;

/// Why a request got no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error(transparent)]
    Destination(#[from] DestinationError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the method CONNECT opens a tunnel, which a function cannot use")]
    Tunnel,
    #[error("the invocation has sent as many requests as it may")]
    RequestsSpent,
    #[error("the invocation has as many requests open as it may")]
    TooManyOpen,
    #[error("the process has as many outbound connections open as it may")]
    TooManyConnections,
    #[error("the name could not be resolved: {0}")]
    Resolve(io::Error),
    #[error("the name was not resolved in time")]
    ResolveTimeout,
    #[error("the connection failed: {0}")]
    Connect(io::Error),
    #[error("the connection was not ready in time")]
    ConnectTimeout,
    #[error("the connection led to {0}, which was not asked for")]
    Diverted(std::net::SocketAddr),
    #[error("no root certificates were found on this machine")]
    NoRoots,
    #[error("TLS failed: {0}")]
    Tls(io::Error),
    #[error("the exchange failed: {0}")]
    Exchange(#[from] hyper::Error),
    /// The guest's own request body ended in an error.
    #[error("the request's body failed: {0}")]
    RequestBody(Error),
    #[error("the response did not begin in time")]
    FirstByteTimeout,
    #[error("the invocation ended")]
    Cancelled,
}

impl SendError {
    /// The one mapping to what a guest sees.
    pub(crate) fn into_guest(self) -> Error {
        match self {
            Self::Destination(_) => Error::HttpRequestUriInvalid,
            Self::Refused(Refusal::HostNotGranted(_)) => Error::HttpRequestDenied,
            Self::Refused(Refusal::NotPublic { .. } | Refusal::Scoped(_)) | Self::Diverted(_) => {
                Error::DestinationIpProhibited
            }
            Self::Tunnel => Error::HttpRequestMethodInvalid,
            Self::RequestsSpent | Self::TooManyOpen | Self::TooManyConnections => {
                Error::ConnectionLimitReached
            }
            Self::Resolve(_) => Error::DnsError { rcode: None, info_code: None },
            Self::ResolveTimeout => Error::DnsTimeout,
            Self::Connect(error) => connect_error(&error),
            Self::ConnectTimeout => Error::ConnectionTimeout,
            Self::NoRoots => Error::ConfigurationError,
            Self::Tls(error) => tls_error(&error),
            Self::Exchange(error) => head_error(&error),
            Self::RequestBody(error) => error,
            Self::FirstByteTimeout => Error::ConnectionReadTimeout,
            Self::Cancelled => Error::ConnectionTerminated,
        }
    }
}

fn connect_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Error::DestinationIpUnroutable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Error::ConnectionTerminated,
        _ => Error::DestinationUnavailable,
    }
}

fn tls_error(error: &io::Error) -> Error {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        // The peer went away in the middle of the handshake.
        return Error::ConnectionTerminated;
    };
    match tls {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Error::TlsCertificateError
        }
        rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
            alert_id: Some((*alert).into()),
            alert_message: Some(format!("{alert:?}")),
        },
        _ => Error::TlsProtocolError,
    }
}

/// What a failure before the response's head means.
fn head_error(error: &hyper::Error) -> Error {
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    if error.is_timeout() {
        return Error::HttpResponseTimeout;
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() || is_io(error) {
        return Error::ConnectionTerminated;
    }
    Error::HttpProtocolError
}

/// What a failure in the middle of the response's body means.
pub(super) fn body_error(error: &hyper::Error) -> Error {
    let framing =
        |io: &io::Error| matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput);
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if error.is_timeout() {
        Error::HttpResponseTimeout
    } else if error.is_parse() || source.is_some_and(framing) {
        Error::HttpProtocolError
    } else {
        Error::HttpResponseIncomplete
    }
}

fn is_io(error: &hyper::Error) -> bool {
    error.source().is_some_and(|source| source.is::<io::Error>())
}

/// Whether a request on a kept-alive connection failed as it does when the peer had closed that connection already.
pub(super) fn is_stale_connection(error: &hyper::Error) -> bool {
    !error.is_parse() && !error.is_user() && !error.is_timeout()
}
