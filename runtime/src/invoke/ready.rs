//! The code of a function; where that cannot be made ready, of the version that stands in for it.

use super::Invoker;
use super::error::InvokeError;
use super::invocation::Invocation;
use crate::compile::{BuildError, Code};
use crate::engine::Limits;
use crate::registry::Function;
use std::sync::Arc;
use tokio::time::Instant;

impl Invoker {
    /// The limits of a function, which ends with the one that called it, at `end`.
    pub(super) fn limits(&self, function: &Function, end: Option<Instant>) -> Limits {
        let mut limits = self.policy.resolve(&function.limits);
        if let Some(end) = end {
            limits.wall = limits.wall.min(end.saturating_duration_since(Instant::now()));
        }
        limits
    }

    /// The code of the invocation's function. A canary that is not ready leaves the request to the live version, and a live
    /// version that does not compile to the last one that does; the invocation is then that version's. One that was asked for by
    /// its number stands for itself.
    pub(super) async fn ready(
        &self,
        invocation: &mut Invocation,
        named: bool,
        end: Option<Instant>,
    ) -> Result<Code, InvokeError> {
        let error = match self.load(invocation).await {
            Ok(code) => return Ok(code),
            Err(error) if named => return Err(InvokeError::NotBuilt(error)),
            Err(error) => error,
        };
        let error = match self.live_beside(&invocation.function, &error) {
            None => error,
            Some(live) => {
                self.hand_over(invocation, live, end);
                match self.load(invocation).await {
                    Ok(code) => return Ok(code),
                    Err(error) => error,
                }
            }
        };
        match error.is_fault_of_module() {
            true => self.last_good(invocation, error, end).await,
            false => Err(InvokeError::NotBuilt(error)),
        }
    }

    async fn load(&self, invocation: &Invocation) -> Result<Code, BuildError> {
        self.loader.load(&invocation.function, invocation.limits.fuel.is_some()).await
    }

    /// The live version, where `bad` is its canary. One that does not compile gets no more requests.
    fn live_beside(&self, bad: &Function, error: &BuildError) -> Option<Arc<Function>> {
        let entry = self.directory.entry(bad.slug.as_str())?;
        entry.canary.filter(|share| share.function.version == bad.version)?;
        tracing::warn!(
            slug = %bad.slug, version = bad.version, serving = entry.live.version, %error,
            "a canary is not ready; the live version serves"
        );
        if error.is_fault_of_module() {
            self.directory.end_canary(bad);
        }
        Some(entry.live)
    }

    async fn last_good(
        &self,
        invocation: &mut Invocation,
        error: BuildError,
        end: Option<Instant>,
    ) -> Result<Code, InvokeError> {
        let bad = invocation.function.clone();
        let Ok(Some(good)) = self.store.last_good(&bad).await else {
            return Err(InvokeError::NotBuilt(error));
        };
        tracing::warn!(
            slug = %bad.slug, version = bad.version, serving = good.version, %error,
            "a version does not compile; the last good one keeps serving"
        );
        self.hand_over(invocation, good.clone(), end);
        let code = self.load(invocation).await;
        self.directory.fall_back(&bad, good);
        code.map_err(InvokeError::NotBuilt)
    }

    fn hand_over(&self, invocation: &mut Invocation, function: Arc<Function>, end: Option<Instant>) {
        invocation.limits = self.limits(&function, end);
        invocation.function = function;
    }
}
