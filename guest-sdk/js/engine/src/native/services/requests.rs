//! `native.services.functions` and `native.services.rest`: requests that the platform answers. A promise is for status, its
//! phrase, headers as lines, and the number of the body, as that of a fetched response.

use super::refusal::{Detail, Refusal, ServiceError};
use crate::native::{body, fetch, invocation};
use crate::task;
use crate::text;
use rquickjs::{Ctx, Function, Object, Promise, Result, String as JsString, Value};
use wasmforge_sdk::{Request, functions, rest};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let functions = Object::new(ctx.clone())?;
    functions.set("call", Function::new(ctx.clone(), call)?)?;
    services.set("functions", functions)?;
    let rest = Object::new(ctx.clone())?;
    rest.set("send", Function::new(ctx.clone(), send)?)?;
    services.set("rest", rest)
}

/// Calls another function.
fn call<'js>(
    ctx: Ctx<'js>,
    slug: String,
    method: String,
    path: String,
    lines: JsString<'js>,
    content: Value<'js>,
) -> Result<Promise<'js>> {
    let request = request(&method, path, &lines, &content);
    task::settled(&ctx, async move {
        let response = functions::call(&slug, request?).await?;
        Ok::<_, Refusal>(fetch::head(response))
    })
}

/// Asks PostgREST.
fn send<'js>(
    ctx: Ctx<'js>,
    service: bool,
    method: String,
    path: String,
    lines: JsString<'js>,
    content: Value<'js>,
) -> Result<Promise<'js>> {
    let request = request(&method, path, &lines, &content);
    let identity = if service { rest::Identity::Service } else { rest::Identity::Caller };
    task::settled(&ctx, async move {
        let mut request = request?;
        request.extensions_mut().insert(identity);
        let response = rest::send(request).await?;
        Ok::<_, Refusal>(fetch::head(response))
    })
}

fn request(
    method: &str,
    path: String,
    lines: &JsString<'_>,
    content: &Value<'_>,
) -> std::result::Result<Request, Refusal> {
    let refused = |reason: String| Refusal::new("invalid-request", 500, reason);
    let headers = invocation::headers(&text::string(lines));
    let request = fetch::request(method, path, headers).map_err(|failure| refused(failure.message))?;
    let body = body::of_value(content).map_err(|error| refused(error.to_string()))?;
    Ok(request.map(|()| body))
}

impl ServiceError for functions::Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::Unknown(_) => "unknown",
            Self::DepthExceeded => "depth-exceeded",
            Self::Overloaded(_) => "overloaded",
            Self::TooManyCalls => "too-many-calls",
            Self::Unavailable(_) => "unavailable",
            Self::InvalidRequest(_) => "invalid-request",
            Self::NoAnswer { .. } => "no-answer",
            Self::Status { .. } => "status",
            Self::Body(_) => "body",
            _ => "other",
        }
    }

    fn details(&self) -> Vec<(&'static str, Detail)> {
        match self {
            Self::Status { status, .. } => {
                vec![("responseStatus", Detail::Number(status.as_u16().into()))]
            }
            _ => Vec::new(),
        }
    }
}

impl ServiceError for rest::Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::InvalidCredential => "invalid-credential",
            Self::InvalidRequest(_) => "invalid-request",
            Self::Unreachable { .. } => "unreachable",
            _ => "unavailable",
        }
    }
}
