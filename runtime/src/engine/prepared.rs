//! A component that was compiled, loaded and linked.

use super::{EngineProfile, PooledEngine};
use wasmforge_sandbox::Handler;
use wasmtime::component::Component;

/// What a request instantiates.
pub struct Prepared {
    /// Which engine it runs on.
    pub profile: EngineProfile,
    /// The component itself.
    pub component: Component,
    /// Its handler.
    pub handler: Handler,
    /// Bytes of its machine code.
    pub size: usize,
}

impl Prepared {
    /// Links `component`, whose machine code has `size` bytes.
    ///
    /// # Errors
    /// Where it imports what does not exist.
    pub fn link(
        engine: &PooledEngine,
        profile: EngineProfile,
        component: &Component,
        size: usize,
    ) -> wasmtime::Result<Self> {
        let handler = Handler::link(profile.wasi, &engine.linker, component)?;
        Ok(Self { profile, component: component.clone(), handler, size })
    }
}
