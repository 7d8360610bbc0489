//! Messages.

use crate::{named, needed};
use serde_json::{Value, json};
use wasmforge::{IntoResponse, Request, RequestExt, Response, Result, realtime};

pub async fn publish(req: Request) -> Result<Response> {
    let (channel, event) = (needed(&req, "channel")?, needed(&req, "event")?);
    let payload = match req.query("bytes").map(|bytes| bytes.parse::<usize>()) {
        Some(bytes) => json!({ "text": "x".repeat(bytes?) }),
        None => req.json::<Value>().await?,
    };
    named(realtime::publish(&channel, &event, &payload).await.map(IntoResponse::into_response))
}
