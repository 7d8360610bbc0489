//! Outbound requests.

use crate::Call;
use serde_json::{Map, json};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    Scheme,
};

/// Fetches `url` and sends the answer on, status and body; `header=name:value` may be repeated.
pub(crate) fn fetch(call: Call) {
    let url = call.query.text("url", "").to_owned();
    let fields = Fields::new();
    for header in call.query.all("header") {
        let (name, value) = header.split_once(':').unwrap_or((header, ""));
        if let Err(error) = fields.append(name, value.as_bytes()) {
            return call.reply.json(&json!({ "error": format!("header {name}: {error:?}") }));
        }
    }
    let response = send(call.query.text("method", "GET"), &url, fields).and_then(|response| wait(&response));
    match response {
        Err(code) => {
            let body = json!({ "error": name(&code) }).to_string();
            call.reply.send(502, &[("content-type", b"application/json")], body.as_bytes());
        }
        Ok(response) => pass_on(call, &response),
    }
}

fn pass_on(call: Call, response: &IncomingResponse) {
    let Ok(body) = response.consume() else { return };
    let Ok(stream) = body.stream() else { return };
    let Some(open) = call.reply.open(response.status(), &[("x-fetched", b"1")]) else { return };
    while let Ok(chunk) = stream.blocking_read(65_536) {
        if open.write(&chunk).is_err() {
            return;
        }
    }
    open.finish();
}

/// Sends `n` requests, `at-once` of them open together, and counts the outcomes: `{"200":3,"ConnectionRefused":1}`.
pub(crate) fn fetch_many(call: Call) {
    let url = call.query.text("url", "").to_owned();
    let (n, at_once) = (call.query.size("n", 2), call.query.size("at-once", 1).max(1));
    let mut outcomes = Map::new();
    let mut left = n;
    while left > 0 {
        let open: Vec<_> = (0..left.min(at_once)).map(|_| send("GET", &url, Fields::new())).collect();
        left -= open.len();
        // All responses are kept until the last one has come.
        let responses: Vec<_> =
            open.into_iter().map(|sent| sent.and_then(|response| wait(&response))).collect();
        for response in &responses {
            let outcome = match response {
                Ok(response) => response.status().to_string(),
                Err(code) => name(code),
            };
            let count = outcomes.get(&outcome).and_then(serde_json::Value::as_u64).unwrap_or(0);
            outcomes.insert(outcome, (count + 1).into());
        }
    }
    call.reply.json(&outcomes.into());
}

fn send(method: &str, url: &str, fields: Fields) -> Result<FutureIncomingResponse, ErrorCode> {
    let (scheme, rest) = url.split_once("://").ok_or(ErrorCode::HttpRequestUriInvalid)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    };
    let request = OutgoingRequest::new(fields);
    request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(if path.is_empty() { "/" } else { path })))
        .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    let body = request.body().map_err(|()| ErrorCode::InternalError(None))?;
    let response = outgoing_handler::handle(request, None)?;
    OutgoingBody::finish(body, None)?;
    Ok(response)
}

/// The error's variant, with what it carries.
fn name(code: &ErrorCode) -> String {
    format!("{code:?}").trim_start_matches("ErrorCode::").to_owned()
}

fn wait(response: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        match response.get() {
            Some(Ok(outcome)) => return outcome,
            Some(Err(())) => return Err(ErrorCode::InternalError(None)),
            None => response.subscribe().block(),
        }
    }
}
