//! Calls of one function to another, within the process.
//!
//! - **Grant**, under `functions`: absent, every function may be called; a list of names, these and no others.
//! - A call is a request like those of `wasi:http`, and all of that interface's checks and its streaming are its own:
//!   only where it goes is decided here.
//! - The caller's own credentials go with it, unless the guest gives others. It could send those by HTTP as well, so
//!   nothing is gained by replacing them.

mod call;
mod grant;

pub use grant::{FunctionsConfigured, FunctionsGrant};

use crate::http::OwnOrigin;
use crate::{Capability, GrantError, HasView, InvocationContext, view};
use bindings::wasmforge::platform::functions;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world functions { import wasmforge:platform/functions@0.1.0; }",
        world: "wasmforge:host/functions",
        imports: { default: trappable },
        with: { "wasi:http/types": wasmtime_wasi_http::p2::bindings::http::types },
    });
}

/// Function-to-function calls, the capability.
pub struct Functions(Arc<OwnOrigin>);

impl Functions {
    /// Calls to the functions that this platform serves.
    #[must_use]
    pub fn new(platform: Arc<OwnOrigin>) -> Self {
        Self(platform)
    }
}

/// What one invocation calls others by.
pub struct FunctionsSession {
    configured: Arc<FunctionsConfigured>,
    invocation: Arc<InvocationContext>,
}

impl Capability for Functions {
    const KEY: &'static str = "functions";
    type Grant = FunctionsGrant;
    type Configured = FunctionsConfigured;
    type Session = FunctionsSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        functions::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: FunctionsGrant) -> Result<FunctionsConfigured, GrantError> {
        FunctionsConfigured::new(grant, self.0.clone())
    }

    fn prepare(
        configured: &Arc<FunctionsConfigured>,
        invocation: &Arc<InvocationContext>,
    ) -> FunctionsSession {
        FunctionsSession { configured: configured.clone(), invocation: invocation.clone() }
    }
}
