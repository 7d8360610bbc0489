//! Requests and responses for the engine of another language: the parts of a request are read when it asks for them, and
//! those of a response are sent as it has them.

use super::incoming::Incoming;
use super::{headers, outgoing, serve};
use crate::{Body, Error, Result};
use http::StatusCode;
use wasip2::http::types::{IncomingRequest, OutgoingResponse, ResponseOutparam};

/// A request that has arrived, and that nobody has looked at.
pub struct Arrival(IncomingRequest);

impl From<IncomingRequest> for Arrival {
    fn from(request: IncomingRequest) -> Self {
        Self(request)
    }
}

impl Arrival {
    /// Its method.
    #[must_use]
    pub fn method(&self) -> String {
        serve::method(self.0.method()).map_or_else(|_| String::new(), |method| method.as_str().to_owned())
    }

    /// Its full URL, as it was asked for.
    #[must_use]
    pub fn url(&self) -> String {
        serve::url(&self.0)
    }

    /// Its headers, in their order; `host`, which the sandbox keeps apart, comes first.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let mut entries = self.0.headers().entries();
        if let Some(authority) = self.0.authority()
            && !entries.iter().any(|(name, _)| name == "host")
        {
            entries.insert(0, ("host".to_owned(), authority.into_bytes()));
        }
        entries
    }

    /// Its body.
    ///
    /// # Errors
    /// [`Error::Read`] the second time.
    pub fn body(&self) -> Result<Body> {
        let body = self.0.consume().map_err(|()| Error::Read("it is being read already".into()))?;
        Ok(Body::incoming(Incoming::open(body)?))
    }
}

/// Answers: sends the head, then the body. A length that is known is added unless there is one.
///
/// # Errors
/// [`Error::Closed`] if the caller is gone, [`Error::Header`] for a header that cannot be sent, [`Error::Read`] if the body broke
/// off.
pub async fn answer(
    status: StatusCode,
    mut headers: Vec<(String, Vec<u8>)>,
    body: Body,
    out: ResponseOutparam,
) -> Result<()> {
    let has_length = headers.iter().any(|(name, _)| name == "content-length");
    if !has_length && let Some(length) = serve::known_length(status, &body) {
        headers.push(("content-length".to_owned(), length.to_string().into_bytes()));
    }
    let outgoing = OutgoingResponse::new(headers::fields(headers)?);
    if status != StatusCode::OK {
        outgoing.set_status_code(status.as_u16()).map_err(|()| Error::from("the status is refused"))?;
    }
    let target = outgoing.body().map_err(|()| Error::Closed)?;
    ResponseOutparam::set(out, Ok(outgoing));
    outgoing::send(body, target).await
}
