//! `native.invocation`: the request, and the answer to it.

use super::body;
use crate::invocation::{self, Answer};
use crate::text;
use rquickjs::{Ctx, Function, Object, Result, String as JsString, Value};
use wasmforge_sdk::__private::Arrival;
use wasmforge_sdk::http::StatusCode;

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let object = Object::new(ctx.clone())?;
    object.set("method", Function::new(ctx.clone(), || invocation::arrival(Arrival::method))?)?;
    object.set("url", Function::new(ctx.clone(), || invocation::arrival(Arrival::url))?)?;
    object.set("headers", Function::new(ctx.clone(), || lines(&invocation::arrival(Arrival::headers)))?)?;
    object.set("respond", Function::new(ctx.clone(), respond)?)?;
    object.set("hold", Function::new(ctx.clone(), invocation::hold)?)?;
    object.set("release", Function::new(ctx.clone(), invocation::release)?)?;
    native.set("invocation", object)
}

/// Headers as one string: names and values by turns, a line for each. Neither can have a line break in it.
pub(in crate::native) fn lines(headers: &[(String, Vec<u8>)]) -> String {
    let size = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut text = String::with_capacity(size);
    for (name, value) in headers {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(name);
        text.push('\n');
        text::from_latin1(value, &mut text);
    }
    text
}

/// The reverse of [`lines`].
pub(in crate::native) fn headers(lines: &str) -> Vec<(String, Vec<u8>)> {
    let mut headers = Vec::new();
    let mut lines = lines.split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        headers.push((name.to_owned(), text::latin1(value)));
    }
    headers
}

#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn respond<'js>(status: u16, lines: JsString<'js>, body: Value<'js>) -> Result<()> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = headers(&text::string(&lines));
    invocation::answer(Answer { status, headers, body: body::of_value(&body)? });
    Ok(())
}
