//! Other functions.

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world functions { import wasmforge:platform/functions@0.1.0; }",
        world: "wasmforge:guest/functions",
        with: { "wasi:http/types@0.2.12": wasip2::http::types },
        generate_all,
    });
}

use super::fetch::{self, Outgoing};
use crate::functions::Error;
use crate::{Request, Response};
use bindings::wasmforge::platform::functions::{self, Error as Refusal};
use wasip2::http::types::ErrorCode;

pub(crate) async fn call(slug: &str, request: Request) -> Result<Response, Error> {
    let Outgoing { request, body, target } =
        fetch::outgoing(request).map_err(|error| Error::InvalidRequest(error.to_string()))?;
    let response = functions::call(slug, request).map_err(|refusal| refused(slug, refusal))?;
    fetch::upload(body, target);
    match fetch::answer(&response).await {
        Ok(Ok(incoming)) => fetch::accept(incoming).map_err(|error| no_answer(slug, error.to_string())),
        Ok(Err(code)) => Err(failed(slug, &code)),
        Err(error) => Err(no_answer(slug, error.to_string())),
    }
}

fn refused(slug: &str, refusal: Refusal) -> Error {
    match refusal {
        Refusal::NotGranted(grant) => Error::NotGranted(grant),
        Refusal::UnknownFunction(_) => Error::Unknown(slug.to_owned()),
        Refusal::DepthExceeded(_) => Error::DepthExceeded,
        Refusal::TooManyCalls => Error::TooManyCalls,
        Refusal::InvalidRequest(reason) => Error::InvalidRequest(reason),
        Refusal::Unavailable(reason) => Error::Unavailable(reason),
    }
}

/// What was found out after the call was made.
fn failed(slug: &str, code: &ErrorCode) -> Error {
    match code {
        ErrorCode::DestinationNotFound => Error::Unknown(slug.to_owned()),
        ErrorCode::DestinationUnavailable => Error::Overloaded(slug.to_owned()),
        ErrorCode::LoopDetected => Error::DepthExceeded,
        code => no_answer(slug, fetch::explain(code).into_owned()),
    }
}

fn no_answer(slug: &str, reason: String) -> Error {
    Error::NoAnswer { slug: slug.to_owned(), reason }
}
