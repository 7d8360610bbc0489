//! Bodies, of requests and of responses alike: known bytes, or a stream of chunks.

mod channel;

pub use channel::Sender;

use crate::{Error, Result, host, task};
use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;

/// A body. It is read chunk by chunk with [`Body::chunk`], or as a whole.
///
/// Nothing is read ahead: the sender of a body is held back while nobody reads it.
#[derive(Debug, Default)]
pub struct Body(Source);

#[derive(Debug, Default)]
pub(crate) enum Source {
    #[default]
    Empty,
    Bytes(Bytes),
    Channel(channel::Receiver),
    /// A stream that the sandbox holds: the body of the request, or of a fetched response.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "there is no sandbox"))]
    Host(host::Incoming),
}

impl Body {
    /// A body without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that is written while it is sent, and the end to write to. Write from a [task](crate::spawn), or the
    /// handler never gets to return the body:
    ///
    /// ```
    /// # use wasmforge_sdk::*;
    /// # let text = block_on(async {
    /// let (mut sender, body) = Body::channel();
    /// spawn(async move {
    ///     for word in ["Hello, ", "you"] {
    ///         // Waits until the chunk before this one was taken.
    ///         if sender.send(word).await.is_err() {
    ///             break; // the reader is gone
    ///         }
    ///     }
    /// });
    /// # body.text().await.unwrap()
    /// # });
    /// # assert_eq!(text, "Hello, you");
    /// ```
    ///
    /// Dropping the sender ends the body. [`Sender::abort`] breaks it off.
    #[must_use]
    pub fn channel() -> (Sender, Self) {
        let (sender, receiver) = channel::channel();
        (sender, Self(Source::Channel(receiver)))
    }

    /// A body that a task writes. If the task returns an error, the body breaks off with it, so that the reader can tell that
    /// it is not complete; of a response, the log has the error.
    ///
    /// ```
    /// # use wasmforge_sdk::*;
    /// let body = Body::stream(async |sender| {
    ///     sender.send("data: 1\n\n").await?;
    ///     sleep(std::time::Duration::from_millis(1)).await;
    ///     sender.send("data: 2\n\n").await
    /// });
    /// # assert_eq!(block_on(body.text()).unwrap(), "data: 1\n\ndata: 2\n\n");
    /// ```
    pub fn stream<F>(write: F) -> Self
    where
        F: AsyncFnOnce(&mut Sender) -> Result<()> + 'static,
    {
        let (mut sender, body) = Self::channel();
        task::spawn(async move {
            match write(&mut sender).await {
                Ok(()) => {}
                // Nobody is left to tell.
                Err(Error::Closed) => {}
                Err(error) => sender.abort(error.to_string()),
            }
        });
        body
    }

    /// The number of bytes, where it is known without reading.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match &self.0 {
            Source::Empty => Some(0),
            Source::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Source::Channel(_) | Source::Host(_) => None,
        }
    }

    /// The same body again, where all of it is at hand.
    pub(crate) fn replay(&self) -> Option<Self> {
        match &self.0 {
            Source::Empty => Some(Self::empty()),
            Source::Bytes(bytes) => Some(Self(Source::Bytes(bytes.clone()))),
            Source::Channel(_) | Source::Host(_) => None,
        }
    }

    /// The next chunk, as it arrives; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Read`] if the body broke off: what has been read is not all of it.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match &mut self.0 {
            Source::Empty => Ok(None),
            Source::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Source::Empty;
                Ok(Some(bytes))
            }
            Source::Channel(receiver) => receiver.receive().await,
            Source::Host(incoming) => incoming.chunk().await,
        }
    }

    /// The whole body. The sandbox's memory limit bounds it.
    ///
    /// # Errors
    /// As [`Body::chunk`].
    pub async fn bytes(mut self) -> Result<Bytes> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The whole body as UTF-8.
    ///
    /// # Errors
    /// As [`Body::chunk`], and [`Error::Text`].
    pub async fn text(self) -> Result<String> {
        String::from_utf8(self.bytes().await?.into()).map_err(|error| Error::Text(error.utf8_error()))
    }

    /// The whole body as a JSON value.
    ///
    /// # Errors
    /// As [`Body::chunk`], and [`Error::Json`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        serde_json::from_slice(&self.bytes().await?).map_err(Error::Json)
    }

    /// Where the bytes come from, for what sends them.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn into_source(self) -> Source {
        self.0
    }

    /// A body that the sandbox holds.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn incoming(incoming: host::Incoming) -> Self {
        Self(Source::Host(incoming))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Source::Empty } else { Source::Bytes(bytes) })
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

macro_rules! from_bytes {
    ($($bytes:ty),+) => {$(
        impl From<$bytes> for Body {
            fn from(bytes: $bytes) -> Self {
                Bytes::from(bytes).into()
            }
        }
    )+};
}

from_bytes!(&'static str, &'static [u8], String, Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;

    #[test]
    fn known_bytes_are_one_chunk_and_then_the_end() {
        let mut body = Body::from("all");
        assert_eq!(body.size(), Some(3));
        assert_eq!(block_on(body.chunk()).unwrap().unwrap(), "all");
        assert_eq!(block_on(body.chunk()).unwrap(), None);
        assert_eq!(block_on(Body::from("").chunk()).unwrap(), None);
    }

    #[test]
    fn a_whole_body_is_all_its_chunks() {
        let body = Body::stream(async |sender| {
            for chunk in ["one ", "two ", "three"] {
                sender.send(chunk).await?;
            }
            Ok(())
        });
        assert_eq!(body.size(), None);
        assert_eq!(block_on(body.text()).unwrap(), "one two three");
    }

    #[test]
    fn a_writer_that_fails_breaks_its_body_off() {
        let mut body = Body::stream(async |sender| {
            sender.send("half").await?;
            Err("out of words".into())
        });
        let (first, then) = block_on(async { (body.chunk().await, body.chunk().await) });
        assert_eq!(first.unwrap().unwrap(), "half");
        assert_eq!(then.unwrap_err().to_string(), "the body broke off: out of words");
    }
}
