//! What can be said of an invocation before it is made.

use super::Invoker;
use super::chain::CallChain;
use super::error::InvokeError;
use super::version::Selected;
use crate::engine::Limits;
use crate::telemetry::InvocationId;
use http::HeaderMap;
use wasmforge_host_api::auth::Caller;

impl Invoker {
    /// Whether the function is there and its policy lets this caller in. Returns its limits.
    ///
    /// # Errors
    /// [`InvokeError`], as the invocation itself would fail.
    pub async fn check(
        &self,
        chain: &CallChain,
        slug: &str,
        headers: &HeaderMap,
    ) -> Result<Limits, InvokeError> {
        let Selected { function, named } =
            self.find(InvocationId::new(), slug, chain, &mut headers.clone()).await?;
        if chain.is_too_deep() {
            return Err(InvokeError::LoopDetected);
        }
        match &chain.caller {
            Some(caller) => self.authorize(&function, named, caller)?,
            None => self.authorize(&function, named, &Caller::of(headers))?,
        }
        Ok(self.policy.resolve(&function.limits))
    }
}
