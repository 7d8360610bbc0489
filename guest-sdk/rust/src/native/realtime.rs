//! The stand-in for channels: there is every channel, and messages are kept.

use crate::realtime::Error;
use crate::testing::{self, Published};
use serde_json::Value;

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn publish(channel: &str, event: &str, payload: &str) -> Result<String, Error> {
    let payload: Value = serde_json::from_str(payload)?;
    if !payload.is_object() {
        return Err(Error::InvalidMessage("the payload is no JSON object".to_owned()));
    }
    Ok(testing::PUBLISHED.with_borrow_mut(|published| {
        let id = format!("00000000-0000-4000-8000-{:012}", published.len());
        let (channel, event) = (channel.to_owned(), event.to_owned());
        published.push(Published { id: id.clone(), channel, event, payload });
        id
    }))
}
