//! The engines of this process, made when the first component of their kind appears.

use super::{EngineKey, EngineProfile, LimitPolicy, Ticker, pool};
use std::sync::{Arc, OnceLock};
use wasmforge_host_api::Capabilities;
use wasmforge_sandbox::{GuestState, linker};
use wasmtime::Engine;
use wasmtime::component::Linker;

/// Why an engine cannot be made on this machine.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the {profile} engine cannot be made: {reason}")]
pub struct EnginesError {
    profile: &'static str,
    reason: String,
}

/// One engine with what belongs to it.
pub struct PooledEngine {
    /// wasmtime's engine, with a pool of instances.
    pub engine: Engine,
    /// Everything that its components may import.
    pub linker: Linker<GuestState>,
    /// What its machine code depends on.
    pub key: EngineKey,
}

/// One pooling engine per [`EngineProfile`], and the ticker of them all.
pub struct Engines {
    instances: u32,
    policy: LimitPolicy,
    ticker: Ticker,
    capabilities: Arc<Capabilities>,
    engines: [OnceLock<Result<PooledEngine, EnginesError>>; EngineProfile::ALL.len()],
}

impl Engines {
    /// Engines that run `instances` invocations at once, each within the maximum of `policy`, and link what
    /// `capabilities` offers.
    #[must_use]
    pub fn new(instances: u32, policy: LimitPolicy, ticker: Ticker, capabilities: Arc<Capabilities>) -> Self {
        Self { instances, policy, ticker, capabilities, engines: Default::default() }
    }

    /// The engine of a profile.
    ///
    /// # Errors
    /// Where the address space or the CPU does not allow it.
    pub fn get(&self, profile: EngineProfile) -> Result<&PooledEngine, EnginesError> {
        let unknown =
            EnginesError { profile: profile.name(), reason: "it is not one of the profiles".into() };
        let position = EngineProfile::ALL.iter().position(|p| *p == profile);
        let cell = position.and_then(|at| self.engines.get(at)).ok_or(unknown)?;
        cell.get_or_init(|| self.make(profile)).as_ref().map_err(Clone::clone)
    }

    /// The ticker of every engine.
    #[must_use]
    pub fn ticker(&self) -> &Ticker {
        &self.ticker
    }

    /// The operator's limits, which the pool was sized by.
    #[must_use]
    pub fn policy(&self) -> &LimitPolicy {
        &self.policy
    }

    fn make(&self, profile: EngineProfile) -> Result<PooledEngine, EnginesError> {
        let failed = |error| EnginesError { profile: profile.name(), reason: format!("{error:#}") };
        let mut config = profile.config();
        config.allocation_strategy(pool::strategy(self.instances, &self.policy));
        let engine = Engine::new(&config).map_err(failed)?;
        let mut linker = linker(&engine, profile.wasi).map_err(failed)?;
        self.capabilities.link(&mut linker).map_err(failed)?;
        self.ticker.add(&engine);
        let key = EngineKey::of(&engine);
        Ok(PooledEngine { engine, linker, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge_host_api::http::{Http, Outbound, OutboundPolicy};
    use wasmforge_host_api::secrets::Secrets;

    fn engines() -> Engines {
        let http = Http::new(Outbound::builder().build().unwrap(), OutboundPolicy::public_internet());
        let capabilities = Arc::new(Capabilities::new(http, Secrets::new(Arc::default())));
        Engines::new(10, LimitPolicy::default(), Ticker::start().unwrap(), capabilities)
    }

    #[test]
    fn every_profile_makes_an_engine_with_a_key_of_its_own() {
        let engines = engines();
        let mut keys: Vec<_> =
            EngineProfile::ALL.iter().map(|p| *engines.get(*p).unwrap().key.as_bytes()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), EngineProfile::ALL.len());
    }

    #[test]
    fn the_key_does_not_depend_on_the_pool() {
        let profile = EngineProfile::ALL[0];
        let engines = engines();
        let bare = Engine::new(&profile.config()).unwrap();
        assert_eq!(EngineKey::of(&bare), engines.get(profile).unwrap().key);
    }
}
