//! Messages.

use super::reactor;
use crate::realtime::Error;
use bindings::wasmforge::platform::realtime;

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world realtime { import wasmforge:platform/realtime@0.1.0; }",
        world: "wasmforge:guest/realtime",
        with: { "wasi:io/poll@0.2.12": wasip2::io::poll },
        generate_all,
    });
}

pub(crate) async fn publish(channel: &str, event: &str, payload: &str) -> Result<String, Error> {
    let publication = realtime::publish(channel, event, payload)?;
    loop {
        match publication.get() {
            Some(Ok(published)) => return Ok(published?),
            Some(Err(())) => return Err(Error::Timeout),
            None => reactor::ready(publication.subscribe()).await,
        }
    }
}

impl From<realtime::Error> for Error {
    fn from(error: realtime::Error) -> Self {
        match error {
            realtime::Error::NotGranted(grant) => Self::NotGranted(grant),
            realtime::Error::NoSuchChannel => Self::NoSuchChannel,
            realtime::Error::InvalidMessage(reason) => Self::InvalidMessage(reason),
            realtime::Error::TooLarge(most) => Self::TooLarge(most),
            realtime::Error::Unavailable(reason) => Self::Unavailable(reason),
            realtime::Error::Timeout => Self::Timeout,
        }
    }
}
