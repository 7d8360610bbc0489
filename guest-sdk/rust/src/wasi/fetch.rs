//! Outbound requests.

use super::incoming::Incoming;
use super::{headers, outgoing, reactor};
use crate::fetch::{Background, failure};
use crate::{Body, Error, Request, Response, Result, Timeouts, task};
use http::{Method, Uri, header};
use std::borrow::Cow;
use std::time::Duration;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    self, ErrorCode, FutureIncomingResponse, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions,
};

pub(crate) async fn fetch(request: Request) -> Result<Response> {
    let uri = request.uri().clone();
    let failed = |code: ErrorCode| failure(&uri, explain(&code), is_timeout(&code));
    let timeouts = request.extensions().get::<Timeouts>().map(options);
    let background = request.extensions().get::<Background>().is_some();
    let Outgoing { request, body, target } = outgoing(request)?;
    let response = outgoing_handler::handle(request, timeouts).map_err(failed)?;
    if background {
        task::spawn_background(send(body, target));
    } else {
        upload(body, target);
    }
    accept(answer(&response).await?.map_err(failed)?)
}

/// A request that can be sent.
pub(super) struct Outgoing {
    pub(super) request: OutgoingRequest,
    pub(super) body: Body,
    pub(super) target: OutgoingBody,
}

/// Makes the sandbox's own request of ours.
pub(super) fn outgoing(request: Request) -> Result<Outgoing> {
    let (mut head, body) = request.into_parts();
    if let Some(size) = body.size().filter(|size| *size > 0) {
        head.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| size.into());
    }
    let request = OutgoingRequest::new(headers::to_fields(&head.headers)?);
    address(&request, &head.method, &head.uri)?;
    let target = request.body().map_err(|()| Error::Closed)?;
    Ok(Outgoing { request, body, target })
}

/// Sends the body of a request in a task of its own: a server may answer before it has read the request, and go on
/// reading while it answers.
pub(super) fn upload(body: Body, target: OutgoingBody) {
    task::spawn(send(body, target));
}

async fn send(body: Body, target: OutgoingBody) {
    match outgoing::send(body, target).await {
        Ok(()) | Err(Error::Closed) => {}
        Err(error) => eprintln!("{error}"),
    }
}

/// Waits for the head of a response.
pub(super) async fn answer(response: &FutureIncomingResponse) -> Result<Result<IncomingResponse, ErrorCode>> {
    loop {
        match response.get() {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(())) => return Err(Error::Closed),
            None => reactor::ready(response.subscribe()).await,
        }
    }
}

fn address(request: &OutgoingRequest, method: &Method, uri: &Uri) -> Result<()> {
    let scheme = match uri.scheme_str() {
        Some("http") => types::Scheme::Http,
        Some("https") | None => types::Scheme::Https,
        Some(other) => types::Scheme::Other(other.to_owned()),
    };
    request
        .set_method(&self::method(method))
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(uri.authority().map(|authority| authority.as_str())))
        .and_then(|()| request.set_path_with_query(uri.path_and_query().map(|path| path.as_str())))
        .map_err(|()| failure(uri, "the sandbox does not accept this URL", false))
}

pub(super) fn method(method: &Method) -> types::Method {
    match *method {
        Method::GET => types::Method::Get,
        Method::HEAD => types::Method::Head,
        Method::POST => types::Method::Post,
        Method::PUT => types::Method::Put,
        Method::DELETE => types::Method::Delete,
        Method::OPTIONS => types::Method::Options,
        Method::PATCH => types::Method::Patch,
        _ => types::Method::Other(method.as_str().to_owned()),
    }
}

/// A time that the host cannot keep is left to the host.
fn options(timeouts: &Timeouts) -> RequestOptions {
    let options = RequestOptions::new();
    let nanoseconds =
        |time: Option<Duration>| time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let _ = options.set_connect_timeout(nanoseconds(timeouts.connect));
    let _ = options.set_first_byte_timeout(nanoseconds(timeouts.first_byte));
    let _ = options.set_between_bytes_timeout(nanoseconds(timeouts.between_bytes));
    options
}

pub(super) fn accept(incoming: IncomingResponse) -> Result<Response> {
    let mut response = Response::default();
    *response.status_mut() = http::StatusCode::from_u16(incoming.status()).map_err(Error::other)?;
    *response.headers_mut() = headers::from_fields(&incoming.headers());
    let body = incoming.consume().map_err(|()| Error::Closed)?;
    *response.body_mut() = Body::incoming(Incoming::open(body)?);
    Ok(response)
}

pub(super) fn is_timeout(code: &ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DnsTimeout
            | ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionReadTimeout
            | ErrorCode::ConnectionWriteTimeout
            | ErrorCode::HttpResponseTimeout
    )
}

/// What authors see of an error code. Written out: the derived text would be a tenth of a small function.
pub(super) fn explain(code: &ErrorCode) -> Cow<'static, str> {
    Cow::Borrowed(match code {
        ErrorCode::DnsTimeout => "the name was not resolved in time",
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => "the name does not resolve",
        ErrorCode::DestinationIpProhibited => "the address is not allowed: it is not a public one",
        ErrorCode::HttpRequestDenied => {
            "the host is not granted: the function's capabilities name others under `http.hosts`"
        }
        ErrorCode::DestinationIpUnroutable => "there is no route to the address",
        ErrorCode::DestinationUnavailable => "the server is not available",
        ErrorCode::ConnectionRefused => "connection refused",
        ErrorCode::ConnectionTerminated => "the connection broke",
        ErrorCode::ConnectionTimeout => "no connection in time",
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => "no response in time",
        ErrorCode::ConnectionWriteTimeout => "the request was not read in time",
        ErrorCode::ConnectionLimitReached => "too many outbound requests",
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => "TLS failed",
        ErrorCode::TlsCertificateError => "the certificate is not valid",
        ErrorCode::HttpRequestLengthRequired => "a length is required",
        ErrorCode::HttpRequestBodySize(_) | ErrorCode::HttpResponseBodySize(_) => {
            "the body is too large, or not as long as it says"
        }
        ErrorCode::HttpRequestMethodInvalid => "the method is not valid",
        ErrorCode::HttpRequestUriInvalid => "the URL is not valid",
        ErrorCode::HttpRequestUriTooLong => "the URL is too long",
        ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_) => "the headers are too large",
        ErrorCode::HttpResponseIncomplete => "the response is not complete",
        ErrorCode::HttpResponseTransferCoding(_) | ErrorCode::HttpResponseContentCoding(_) => {
            "the response's encoding is unknown"
        }
        ErrorCode::HttpUpgradeFailed => "the upgrade failed",
        ErrorCode::HttpProtocolError => "the server does not speak proper HTTP",
        ErrorCode::LoopDetected => "functions call each other in a circle",
        ErrorCode::ConfigurationError => "the sandbox is not configured for it",
        ErrorCode::InternalError(Some(message)) => return Cow::Owned(message.clone()),
        ErrorCode::InternalError(None) => "internal error of the sandbox",
    })
}
