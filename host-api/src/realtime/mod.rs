//! Messages to everybody who listens on a channel: `wasmforge:platform/realtime`.
//!
//! Grant, under `realtime`: a list of channels, `["news", "chat:*"]`; absent, every channel, which is what a function has
//! in InsForge that holds the API key.

mod grant;
mod messages;

pub use grant::RealtimeGrant;
pub use messages::{Messages, PublishError};

use crate::calls::timed;
use crate::{Capability, GrantError, HasView, InvocationContext, Pending, View, view};
use bindings::wasmforge::platform::realtime::{self, Error};
use grant::Channels;
use serde::de::IgnoredAny;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::timeout_at;
use wasmforge_sandbox::{CallKind, GuestState};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::{DynPollable, subscribe};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world realtime { import wasmforge:platform/realtime@0.1.0; }",
        world: "wasmforge:host/realtime",
        imports: { default: trappable },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasmforge:platform/realtime.publication": super::Publication,
        },
    });
}

/// Bytes of a payload.
const MAX_PAYLOAD: u32 = 1024 * 1024;

/// Bytes of a channel's and of an event's name.
const MAX_NAME: usize = 255;

/// A message on its way.
pub type Publication = Pending<Result<String, Error>>;

/// The capability.
pub struct Realtime(Option<Arc<dyn Messages>>);

impl Realtime {
    /// Publishes where `messages` says; without it every call answers `unavailable`.
    #[must_use]
    pub fn new(messages: Option<Arc<dyn Messages>>) -> Self {
        Self(messages)
    }
}

/// What one version may publish.
pub struct RealtimeConfigured {
    messages: Option<Arc<dyn Messages>>,
    channels: Channels,
}

/// What one invocation holds.
pub struct RealtimeSession {
    configured: Arc<RealtimeConfigured>,
    invocation: Arc<InvocationContext>,
}

impl Capability for Realtime {
    const KEY: &'static str = "realtime";
    type Grant = RealtimeGrant;
    type Configured = RealtimeConfigured;
    type Session = RealtimeSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        realtime::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: RealtimeGrant) -> Result<RealtimeConfigured, GrantError> {
        Ok(RealtimeConfigured { messages: self.0.clone(), channels: Channels::of(grant)? })
    }

    fn prepare(configured: &Arc<RealtimeConfigured>, invocation: &Arc<InvocationContext>) -> RealtimeSession {
        RealtimeSession { configured: configured.clone(), invocation: invocation.clone() }
    }
}

impl RealtimeSession {
    fn publish(&self, channel: String, event: String, payload: String) -> Result<Publication, Error> {
        let call = self.invocation.usage.begin_call(CallKind::Realtime, format!("publish {channel}"));
        let RealtimeConfigured { messages, channels } = &*self.configured;
        check(&channel, &event, &payload)?;
        if !channels.hold(&channel) {
            return Err(Error::NotGranted(format!("realtime: [{channel:?}]")));
        }
        let unavailable = || Error::Unavailable("there is no realtime without a database".to_owned());
        let messages = messages.clone().ok_or_else(unavailable)?;
        let deadline = self.invocation.deadline;
        Ok(Pending::new(timed(call, async move {
            let published = timeout_at(deadline, messages.publish(&channel, &event, &payload));
            let id = published.await.map_err(|_| Error::Timeout)??;
            Ok(id.to_string())
        })))
    }
}

fn check(channel: &str, event: &str, payload: &str) -> Result<(), Error> {
    for (what, name) in [("channel", channel), ("event", event)] {
        if !(1..=MAX_NAME).contains(&name.len()) || name.contains('\0') {
            return Err(Error::InvalidMessage(format!("the {what} needs a name of 1 to {MAX_NAME} bytes")));
        }
    }
    if payload.len() > MAX_PAYLOAD as usize {
        return Err(Error::TooLarge(MAX_PAYLOAD));
    }
    // Listeners get the payload's members, so it has to have some place for them.
    let object: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_str(payload);
    object.map(drop).map_err(|error| Error::InvalidMessage(format!("the payload is no JSON object: {error}")))
}

impl From<PublishError> for Error {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::NoSuchChannel => Self::NoSuchChannel,
            PublishError::Invalid(reason) => Self::InvalidMessage(reason),
            PublishError::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}

impl realtime::Host for View<'_> {
    fn publish(
        &mut self,
        channel: String,
        event: String,
        payload: String,
    ) -> wasmtime::Result<Result<Resource<Publication>, Error>> {
        match self.services.session::<Realtime>()?.publish(channel, event, payload) {
            Ok(publication) => Ok(Ok(self.table.push(publication)?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl realtime::HostPublication for View<'_> {
    fn subscribe(&mut self, publication: Resource<Publication>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, publication)
    }

    fn get(
        &mut self,
        publication: Resource<Publication>,
    ) -> wasmtime::Result<Option<Result<Result<String, Error>, ()>>> {
        Ok(self.table.get_mut(&publication)?.take().map(|result| result.ok_or(())))
    }

    fn drop(&mut self, publication: Resource<Publication>) -> wasmtime::Result<()> {
        self.table.delete(publication)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_one_json_object() {
        assert!(check("news", "changed", r#"{"a":[1,{"b":null}]}"#).is_ok());
        for payload in ["", "{", "{}{}", "[]", "null", "{'a':1}"] {
            assert!(matches!(check("news", "changed", payload), Err(Error::InvalidMessage(_))), "{payload}");
        }
    }
}
