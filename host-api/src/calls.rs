//! Times the calls that an invocation makes, for its record.

use crate::Pending;
use crate::http::ResponseFuture;
use wasmforge_sandbox::RunningCall;

/// A result that tells whether its call succeeded.
pub trait Succeeded {
    /// Whether it did.
    fn succeeded(&self) -> bool;
}

impl<T, E> Succeeded for Result<T, E> {
    fn succeeded(&self) -> bool {
        self.is_ok()
    }
}

impl<T, E, P> Succeeded for (Result<T, E>, P) {
    fn succeeded(&self) -> bool {
        self.0.is_ok()
    }
}

/// A call that is timed until it has a result.
pub(crate) async fn timed<T: Succeeded>(call: RunningCall, work: impl Future<Output = T>) -> T {
    let result = work.await;
    call.finish(result.succeeded());
    result
}

/// A request that is timed until its response's head is there. A status of 400 or above is no success.
pub(crate) fn timed_response(call: RunningCall, response: ResponseFuture) -> ResponseFuture {
    Box::new(async move {
        let result = Box::into_pin(response).await;
        let good = |(response, _): &(http::Response<_>, _)| response.status().as_u16() < 400;
        call.finish(result.as_ref().is_ok_and(good));
        result
    })
}

impl<T: Succeeded + Send + 'static> Pending<T> {
    /// The same, timed.
    pub(crate) fn timed(self, call: RunningCall) -> Self {
        match self {
            Self::Running(future) => Self::new(timed(call, future)),
            Self::Ready(result) => {
                call.finish(result.succeeded());
                Self::Ready(result)
            }
            Self::Taken => Self::Taken,
        }
    }
}
