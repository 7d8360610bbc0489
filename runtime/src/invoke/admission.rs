//! Who runs now, who waits, who is sent away.

use crate::config::AdmissionConfig;
use crate::engine::{RunningGuest, Ticker};
use crate::registry::{Function, Slug, Version};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Gates that a function keeps: its live version's, its canary's, and those of versions that were tried by name.
const KEPT_LANES: usize = 4;

/// There is no place in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place to run in time")]
pub struct Overloaded;

/// Two gates before every invocation: its function's, then the process's. The function's comes first, so that a busy
/// function's queue does not hold places that others could use.
pub struct Admission {
    config: AdmissionConfig,
    ticker: Ticker,
    global: Arc<Semaphore>,
    lanes: RwLock<HashMap<Slug, Vec<Lane>>>,
    waiting: AtomicU64,
}

/// The gate of one version, so that a canary which hangs fills no place of the live version's.
struct Lane {
    version: Version,
    width: u32,
    gate: Arc<Semaphore>,
}

impl Lane {
    fn is_of(&self, function: &Function, width: u32) -> bool {
        self.version == function.version && self.width == width
    }

    /// Whether nobody is inside or waits. To be asked while nobody can come.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.gate) == 1
    }
}

/// A place to run. It is given back when the instance is gone.
pub struct Place {
    _function: OwnedSemaphorePermit,
    _global: OwnedSemaphorePermit,
    _running: RunningGuest,
}

impl Admission {
    /// Admission as configured.
    #[must_use]
    pub fn new(config: AdmissionConfig, ticker: Ticker) -> Self {
        let global = Arc::new(Semaphore::new(config.concurrency as usize));
        Self { config, ticker, global, lanes: RwLock::default(), waiting: AtomicU64::new(0) }
    }

    /// A place for an invocation of `function`, `width` of which may run at once; at the latest at `deadline`.
    ///
    /// # Errors
    /// [`Overloaded`] when the queue is full or the wait too long.
    pub async fn admit(
        &self,
        function: &Function,
        width: u32,
        deadline: Instant,
    ) -> Result<Place, Overloaded> {
        let gate = self.gate(function, width);
        if let Ok(own) = gate.clone().try_acquire_owned()
            && let Ok(global) = self.global.clone().try_acquire_owned()
        {
            return Ok(self.place(own, global));
        }
        let _waiting = self.queue()?;
        let deadline = deadline.min(Instant::now() + self.config.queue_timeout);
        let both = async {
            let own = gate.acquire_owned().await.map_err(|_closed| Overloaded)?;
            let global = self.global.clone().acquire_owned().await.map_err(|_closed| Overloaded)?;
            Ok(self.place(own, global))
        };
        timeout_at(deadline, both).await.unwrap_or(Err(Overloaded))
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    fn place(&self, own: OwnedSemaphorePermit, global: OwnedSemaphorePermit) -> Place {
        Place { _function: own, _global: global, _running: self.ticker.guest_runs() }
    }

    fn queue(&self) -> Result<Waiting<'_>, Overloaded> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        if before >= u64::from(self.config.queue) { Err(Overloaded) } else { Ok(waiting) }
    }

    /// The version's gate. A new version has a new one; those inside the old one are let finish.
    fn gate(&self, function: &Function, width: u32) -> Arc<Semaphore> {
        let known = |lanes: &[Lane]| {
            lanes.iter().find(|lane| lane.is_of(function, width)).map(|lane| lane.gate.clone())
        };
        if let Some(gate) = self.lanes.read().get(&function.slug).and_then(|lanes| known(lanes)) {
            return gate;
        }
        let mut lanes = self.lanes.write();
        let lanes = lanes.entry(function.slug.clone()).or_default();
        if let Some(gate) = known(lanes) {
            return gate;
        }
        if lanes.len() >= KEPT_LANES
            && let Some(idle) = lanes.iter().position(Lane::is_idle)
        {
            lanes.remove(idle);
        }
        let gate = Arc::new(Semaphore::new(width as usize));
        lanes.push(Lane { version: function.version, width, gate: gate.clone() });
        gate
    }
}

/// Counts one that waits, until it does not.
struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{AuthPolicy, FunctionKind, ModuleHash};
    use std::time::Duration;

    fn function(slug: &str) -> Function {
        version(slug, 1)
    }

    fn version(slug: &str, version: Version) -> Function {
        Function {
            slug: Slug::parse(slug).unwrap(),
            version,
            kind: FunctionKind::Component,
            module: ModuleHash::of(b""),
            limits: Default::default(),
            auth: AuthPolicy::Public,
            grants: Default::default(),
        }
    }

    fn admission(concurrency: u32, queue: u32, queue_timeout: Duration) -> Admission {
        let config = AdmissionConfig { concurrency, queue, queue_timeout };
        Admission::new(config, Ticker::start().unwrap())
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[tokio::test]
    async fn a_full_function_does_not_keep_others_out() {
        let admission = admission(10, 0, Duration::from_secs(1));
        let _place = admission.admit(&function("busy"), 1, soon()).await.unwrap();
        assert!(admission.admit(&function("busy"), 1, soon()).await.is_err());
        assert!(admission.admit(&function("other"), 1, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_version_does_not_keep_another_one_out() {
        let admission = admission(10, 0, Duration::from_secs(1));
        let _place = admission.admit(&version("f", 2), 1, soon()).await.unwrap();
        assert!(admission.admit(&version("f", 2), 1, soon()).await.is_err());
        assert!(admission.admit(&version("f", 1), 1, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn gates_of_old_versions_go_but_not_while_somebody_is_inside() {
        let admission = admission(100, 0, Duration::from_secs(1));
        let _place = admission.admit(&version("f", 1), 1, soon()).await.unwrap();
        for number in 2..50 {
            assert!(admission.admit(&version("f", number), 1, soon()).await.is_ok());
        }
        assert!(admission.admit(&version("f", 1), 1, soon()).await.is_err());
        assert_eq!(admission.lanes.read().values().map(Vec::len).sum::<usize>(), KEPT_LANES);
    }

    #[tokio::test]
    async fn a_place_that_is_given_back_goes_to_who_waits() {
        let admission = Arc::new(admission(1, 1, Duration::from_secs(30)));
        let place = admission.admit(&function("f"), 9, soon()).await.unwrap();
        let waiter = tokio::spawn({
            let admission = admission.clone();
            async move { admission.admit(&function("f"), 9, soon()).await.map(drop) }
        });
        while admission.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            admission.admit(&function("f"), 9, soon()).await.map(drop),
            Err(Overloaded),
            "the queue is full"
        );
        drop(place);
        assert_eq!(waiter.await.unwrap(), Ok(()));
        assert_eq!(admission.waiting(), 0);
    }

    #[tokio::test]
    async fn waiting_ends_with_the_queues_time() {
        let admission = admission(1, 10, Duration::from_millis(10));
        let _place = admission.admit(&function("f"), 9, soon()).await.unwrap();
        assert_eq!(admission.admit(&function("f"), 9, soon()).await.map(drop), Err(Overloaded));
    }
}
