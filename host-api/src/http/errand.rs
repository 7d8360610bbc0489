//! Requests that the platform sends by itself, to URLs that an administrator wrote.
//!
//! They go where a function's would: to the platform itself without a connection, and to all others over the pool. An
//! administrator may name private addresses, as with InsForge, whose database sends such requests. Link-local addresses,
//! where clouds hand out a machine's credentials, still need the operator's word in `WASMFORGE_PRIVATE_HOSTS`.

use super::destination::Destination;
use super::hooks::{Http, Own};
use super::own_origin::Call;
use super::{Outbound, OutboundLimits, OutboundPolicy};
use bytes::Bytes;
use http::{Request, Response, response};
use http_body_util::{BodyExt as _, Full};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// Sends requests for an administrator. Cheap to clone.
#[derive(Clone)]
pub struct Errands {
    outbound: Outbound,
    own: Option<Arc<Own>>,
    policy: Arc<OutboundPolicy>,
}

/// Why an errand came back without an answer.
#[derive(Debug, thiserror::Error)]
pub enum ErrandError {
    /// The answer was not there, whole, in time.
    #[error("there was no complete answer in time")]
    Timeout,
    /// It could not be sent, or its answer broke off.
    #[error("the request failed: {0:?}")]
    Failed(Error),
}

impl Http {
    /// Sends requests that no function asked for.
    #[must_use]
    pub fn errands(&self) -> Errands {
        let policy = Arc::new(self.policy.for_administrators());
        Errands { outbound: self.outbound.clone(), own: self.own.clone(), policy }
    }
}

impl Errands {
    /// Sends a request, reads its answer to the end, and returns the answer's head.
    ///
    /// A connection may take `connect`; everything together may take until `deadline`. No redirect is followed.
    ///
    /// # Errors
    /// [`ErrandError`]; an answer of any status is none.
    pub async fn run(
        &self,
        request: Request<Bytes>,
        connect: Duration,
        deadline: Instant,
    ) -> Result<response::Parts, ErrandError> {
        let errand = async {
            let request = request.map(|body| Full::new(body).map_err(Error::from).boxed_unsync());
            let destination = Destination::of(request.uri()).map_err(|_| Error::HttpRequestUriInvalid)?;
            match self.served(&destination, &request) {
                Some((dispatch, site)) => {
                    let call = Call { request, caller: None, depth: 0, deadline };
                    read(dispatch.answer(site, call).await).await
                }
                None => self.send(request, connect, deadline).await,
            }
        };
        match timeout_at(deadline, errand).await {
            Ok(answered) => answered.map_err(ErrandError::Failed),
            Err(_elapsed) => Err(ErrandError::Timeout),
        }
    }

    /// What answers within the process, if it does.
    fn served(
        &self,
        destination: &Destination,
        request: &Request<WasiBody>,
    ) -> Option<(Arc<dyn super::Dispatch>, super::Site)> {
        let own = self.own.as_ref()?;
        let site = own.origin.site(destination)?;
        let dispatch = own.origin.dispatch()?;
        dispatch.serves(site, request.uri()).then_some((dispatch, site))
    }

    async fn send(
        &self,
        request: Request<WasiBody>,
        connect: Duration,
        deadline: Instant,
    ) -> Result<response::Parts, Error> {
        let session =
            self.outbound.session(self.policy.clone(), OutboundLimits { requests: 1, concurrency: 1 });
        let left = Some(deadline.saturating_duration_since(Instant::now()));
        let options = RequestOptions {
            connect_timeout: Some(connect),
            first_byte_timeout: left,
            between_bytes_timeout: left,
        };
        let sending = session.send(request, Some(options), Box::new(async { Ok(()) }));
        // The body was in memory; the second part says when it was sent, and ends the exchange if it is dropped.
        let (response, _sent) = Box::into_pin(sending).await?;
        read(response).await
    }
}

/// Reads a body to its end, and keeps none of it.
async fn read(response: Response<WasiBody>) -> Result<response::Parts, Error> {
    let (head, mut body) = response.into_parts();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(head)
}
