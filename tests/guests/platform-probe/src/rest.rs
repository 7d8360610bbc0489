//! PostgREST.

use crate::{named, needed};
use wasmforge::http::{self, HeaderName};
use wasmforge::rest::{self, Identity};
use wasmforge::{Body, Error, Request, RequestExt, Response, Result};

/// Headers that the probe is to send begin with this.
const PREFIX: &str = "x-send-";

pub async fn relay(req: Request) -> Result<Response> {
    let identity = match req.query("as").as_deref() {
        Some("service") => Identity::Service,
        _ => Identity::Caller,
    };
    let mut outgoing = http::Request::builder().method(req.method()).uri(needed(&req, "path")?);
    for (name, value) in req.headers() {
        if let Some(name) = name.as_str().strip_prefix(PREFIX) {
            outgoing = outgoing.header(name.parse::<HeaderName>()?, value);
        }
    }
    let outgoing = outgoing.extension(identity).body(req.into_body());
    named(rest::send(outgoing.map_err(|error| Error::bad_request(error.to_string()))?).await)
}

pub async fn upload(req: &Request) -> Result<Response> {
    let rows: u32 = needed(req, "rows")?.parse()?;
    let body = Body::stream(async move |sender| {
        for row in 0..rows {
            let before = if row == 0 { '[' } else { ',' };
            sender.send(format!("{before}{{\"text\":\"row {row}\"}}")).await?;
        }
        sender.send("]").await
    });
    let outgoing = http::Request::post(needed(req, "path")?)
        .header("content-type", "application/json")
        .header("prefer", "return=headers-only, count=exact");
    named(rest::send(outgoing.body(body)?).await)
}
