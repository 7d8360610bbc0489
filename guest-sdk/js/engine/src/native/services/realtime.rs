//! `native.services.realtime`: messages on channels.

use super::refusal::{Refusal, ServiceError};
use crate::task;
use rquickjs::{Ctx, Function, Object, Promise, Result};
use serde_json::value::RawValue;
use wasmforge_sdk::realtime::{self, Error};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let realtime = Object::new(ctx.clone())?;
    realtime.set("publish", Function::new(ctx.clone(), publish)?)?;
    services.set("realtime", realtime)
}

/// The payload is JSON. A promise of the message's id.
fn publish(ctx: Ctx<'_>, channel: String, event: String, payload: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move {
        let payload = RawValue::from_string(payload).map_err(Error::from)?;
        realtime::publish(&channel, &event, &payload).await.map_err(Refusal::from)
    })
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::NoSuchChannel => "no-such-channel",
            Self::InvalidMessage(_) => "invalid-message",
            Self::TooLarge(_) => "too-large",
            Self::Timeout => "timeout",
            Self::Json(_) => "invalid-json",
            _ => "unavailable",
        }
    }
}
