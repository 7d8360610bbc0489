//! Requests to PostgREST.

use super::fetch::{accept, explain, is_timeout, method};
use super::{headers, outgoing, reactor};
use crate::rest::{Error, Identity};
use crate::{Request, Response, task};
use bindings::wasmforge::platform::rest;
use http::{Method, header};
use wasip2::http::types::OutgoingRequest;

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world rest { import wasmforge:platform/rest@0.1.0; }",
        world: "wasmforge:guest/rest",
        with: { "wasi:http/types@0.2.12": wasip2::http::types },
        generate_all,
    });
}

pub(crate) async fn rest(request: Request, identity: Identity) -> Result<Response, Error> {
    let (mut head, body) = request.into_parts();
    let has_body = !matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if let Some(size) = body.size().filter(|size| has_body && *size > 0) {
        head.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| size.into());
    }
    let invalid = |error: crate::Error| Error::InvalidRequest(error.to_string());
    let outgoing = OutgoingRequest::new(headers::to_fields(&head.headers).map_err(invalid)?);
    let path = head.uri.path_and_query().map(|path| path.as_str());
    outgoing
        .set_method(&method(&head.method))
        .and_then(|()| outgoing.set_path_with_query(path))
        .map_err(|()| Error::InvalidRequest(format!("{} {}", head.method, head.uri)))?;
    let target = has_body.then(|| outgoing.body()).transpose().map_err(|()| invalid(crate::Error::Closed))?;
    let response = rest::send(outgoing, identity.into()).map_err(Error::from)?;
    if let Some(target) = target {
        task::spawn(async move {
            match outgoing::send(body, target).await {
                Ok(()) | Err(crate::Error::Closed) => {}
                Err(error) => eprintln!("{error}"),
            }
        });
    }
    loop {
        match response.get() {
            Some(Ok(Ok(response))) => return accept(response).map_err(lost),
            Some(Ok(Err(code))) => {
                return Err(Error::Unreachable { reason: explain(&code), timeout: is_timeout(&code) });
            }
            Some(Err(())) => return Err(lost(crate::Error::Closed)),
            None => reactor::ready(response.subscribe()).await,
        }
    }
}

fn lost(error: crate::Error) -> Error {
    Error::Unreachable { reason: error.to_string().into(), timeout: false }
}

impl From<Identity> for rest::Identity {
    fn from(identity: Identity) -> Self {
        match identity {
            Identity::Caller => Self::Caller,
            Identity::Service => Self::Service,
        }
    }
}

impl From<rest::Error> for Error {
    fn from(error: rest::Error) -> Self {
        match error {
            rest::Error::NotGranted(grant) => Self::NotGranted(grant),
            rest::Error::InvalidCredential => Self::InvalidCredential,
            rest::Error::InvalidRequest(reason) => Self::InvalidRequest(reason),
            rest::Error::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
