//! A component with its imports resolved: what a request instantiates.

use super::engines::PooledEngine;
use super::guest::GuestState;
use super::{EngineProfile, WasiVersion};
use wasmtime::component::{Component, InstancePre};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// A component that was compiled, loaded and linked.
pub struct Prepared {
    /// Which engine it runs on.
    pub profile: EngineProfile,
    /// Its handler.
    pub handler: HandlerPre,
    /// Bytes of its machine code.
    pub size: usize,
}

/// The handler that a component exports.
pub enum HandlerPre {
    /// `wasi:http/incoming-handler@0.2`.
    V02(ProxyPre<GuestState>),
    /// `wasi:http/handler@0.3`.
    V03(ServicePre<GuestState>),
}

impl Prepared {
    /// Resolves the imports of `component`, whose machine code has `size` bytes.
    ///
    /// # Errors
    /// Where it imports what the linker does not have, or exports no handler.
    pub fn link(
        engine: &PooledEngine,
        profile: EngineProfile,
        component: &Component,
        size: usize,
    ) -> wasmtime::Result<Self> {
        let pre: InstancePre<GuestState> = engine.linker.instantiate_pre(component)?;
        let handler = match profile.wasi {
            WasiVersion::V02 => HandlerPre::V02(ProxyPre::new(pre)?),
            WasiVersion::V03 => HandlerPre::V03(ServicePre::new(pre)?),
        };
        Ok(Self { profile, handler, size })
    }
}
