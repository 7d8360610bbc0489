//! Asks services of the platform for what the request says. `?do=` picks the service:
//!
//! | `do=` | answer |
//! |---|---|
//! | `rest&path=` | what PostgREST answers to this request's method and body at that path, `&as=service` as the platform; its headers are this request's that begin with `x-send-`, without that |
//! | `upload&path=&rows=` | what PostgREST answers to a `POST` of so many JSON objects, `{"text":"row <n>"}`, sent as a stream |
//! | `caller` | role, subject, email and claims of the caller, as a JSON array |
//! | `verify&credential=` | the same of that credential |
//! | `user` | the caller's row of the table of users, or `null` |
//! | `publish&channel=&event=` | the id of a message with this request's body as its payload, or with `&bytes=` of text |
//!
//! What a service refuses is answered with the status of the SDK's error, and its variant's name in `x-error`.

mod auth;
mod realtime;
mod rest;

use wasmforge::{Error, Request, RequestExt, Response, Result};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let what = req.query("do").unwrap_or_default().into_owned();
    match what.as_str() {
        "rest" => rest::relay(req).await,
        "upload" => rest::upload(&req).await,
        "caller" => auth::caller().await,
        "verify" => auth::verify(&req).await,
        "user" => auth::user().await,
        "publish" => realtime::publish(req).await,
        unknown => Err(Error::bad_request(format!("the probe does not know `{unknown}`"))),
    }
}

/// A parameter that the request must have.
fn needed(req: &Request, name: &str) -> Result<String> {
    let value = req.query(name).ok_or_else(|| Error::bad_request(format!("say what: &{name}=…")))?;
    Ok(value.into_owned())
}

/// A service's answer, or its error with the variant's name.
fn named<E: std::fmt::Debug + Into<Error>>(result: Result<Response, E>) -> Result<Response> {
    use wasmforge::IntoResponse;
    result.or_else(|error| {
        let shown = format!("{error:?}");
        let name: String = shown.chars().take_while(char::is_ascii_alphanumeric).collect();
        let mut response = error.into().into_response();
        response.headers_mut().insert("x-error", name.parse()?);
        Ok(response)
    })
}
