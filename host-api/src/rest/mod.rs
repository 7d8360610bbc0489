//! PostgREST through the host.

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world rest { import wasmforge:platform/rest@0.1.0; }",
        world: "wasmforge:host/rest",
        imports: { default: trappable },
        with: { "wasi:http/types": wasmtime_wasi_http::p2::bindings::http::types },
    });
}

use crate::{HasView, View, view};
use bindings::wasmforge::platform::rest::{self, Error};
use wasmtime::component::Resource;
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};

impl rest::Host for View<'_> {
    fn send(
        &mut self,
        _request: Resource<HostOutgoingRequest>,
    ) -> wasmtime::Result<Result<Resource<HostFutureIncomingResponse>, Error>> {
        Ok(Err(Error::Unavailable("nothing".into())))
    }
}

/// Links.
pub fn link(linker: &mut wasmtime::component::Linker<wasmforge_sandbox::GuestState>) -> wasmtime::Result<()> {
    rest::add_to_linker::<_, HasView>(linker, view)
}
