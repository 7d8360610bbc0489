//! `native.fetch`: one outbound request, without redirects.

use super::{body, invocation};
use crate::abort::Abort;
use crate::task::{self, Failure};
use crate::text;
use rquickjs::convert::List;
use rquickjs::{Ctx, Function, Object, Promise, Result, String as JsString, Value};
use std::cell::RefCell;
use wasmforge_sdk::__private::Background;
use wasmforge_sdk::http::{HeaderName, HeaderValue, Method, Uri};
use wasmforge_sdk::{Error, Request, Response, fetch};

thread_local! {
    /// The requests that wait for a response, by their numbers.
    static WAITING: RefCell<Vec<(u32, Abort)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let object = Object::new(ctx.clone())?;
    object.set("send", Function::new(ctx.clone(), send)?)?;
    object.set("abort", Function::new(ctx.clone(), abort)?)?;
    native.set("fetch", object)
}

/// Sends a request. The promise is for its response's status, the phrase that goes with it, headers as lines, and the number of its body.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn send<'js>(
    ctx: Ctx<'js>,
    number: u32,
    method: String,
    url: String,
    lines: JsString<'js>,
    body: Value<'js>,
) -> Result<Promise<'js>> {
    let headers = invocation::headers(&text::string(&lines));
    let request = request(&method, url, headers).map(|request| request.map(|()| body::of_value(&body)));
    let abort = Abort::default();
    WAITING.with_borrow_mut(|waiting| waiting.push((number, abort.clone())));
    task::promise(&ctx, async move {
        let result = answer(request, &abort).await;
        WAITING.with_borrow_mut(|waiting| waiting.retain(|(known, _)| *known != number));
        result
    })
}

pub(in crate::native) type Head = List<(u16, &'static str, String, usize)>;

async fn answer(
    request: std::result::Result<wasmforge_sdk::http::Request<Result<wasmforge_sdk::Body>>, Failure>,
    abort: &Abort,
) -> std::result::Result<Head, Failure> {
    let (head, body) = request?.into_parts();
    let body = body.map_err(|error| Failure::type_error(error.to_string()))?;
    match abort.unless_aborted(fetch(Request::from_parts(head, body))).await {
        Some(Ok(response)) => Ok(self::head(response)),
        Some(Err(error)) => Err(failure(&error)),
        None => Err(Failure { name: "AbortError", message: "The operation was aborted".to_owned() }),
    }
}

pub(in crate::native) fn request(
    method: &str,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
) -> std::result::Result<wasmforge_sdk::http::Request<()>, Failure> {
    let refused = |what: &str| Failure::type_error(format!("fetch {what}"));
    let mut request = wasmforge_sdk::http::Request::new(());
    *request.method_mut() =
        Method::from_bytes(method.as_bytes()).map_err(|_| refused("with an invalid method"))?;
    *request.uri_mut() =
        Uri::try_from(url.as_str()).map_err(|_| refused(&format!("{url}: the URL is not valid")))?;
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|_| refused("with an invalid header"))?;
        let value = HeaderValue::try_from(value).map_err(|_| refused("with an invalid header"))?;
        request.headers_mut().append(name, value);
    }
    request.extensions_mut().insert(Background);
    Ok(request)
}

pub(in crate::native) fn head(response: Response) -> Head {
    let (head, body) = response.into_parts();
    let headers: Vec<_> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let reason = head.status.canonical_reason().unwrap_or_default();
    List((head.status.as_u16(), reason, invocation::lines(&headers), body::keep(body)))
}

fn failure(error: &Error) -> Failure {
    Failure::type_error(error.to_string())
}

/// Drops a request that waits for its response.
fn abort(number: u32) {
    let abort = WAITING.with_borrow(|waiting| {
        waiting.iter().find(|(known, _)| *known == number).map(|(_, abort)| abort.clone())
    });
    if let Some(abort) = abort {
        abort.abort();
    }
}
