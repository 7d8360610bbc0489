//! What a component may import: all of WASI is linked, and next to none of it granted.
//!
//! Rust's standard library imports the whole of wasi:cli, file systems and sockets included. Every import therefore
//! exists; a guest that uses one that was not granted gets that interface's own error.

use super::guest::{GuestState, HasEnvironment};
use super::{EngineProfile, WasiVersion};
use wasmtime::Engine;
use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::cli::environment as environment_02;
use wasmtime_wasi::p3::bindings::cli::environment as environment_03;

/// The linker of an engine, made once.
pub(super) fn linker(engine: &Engine, profile: EngineProfile) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    link_everything(&mut linker, profile)?;
    Ok(linker)
}

/// Adds every import that exists to a linker.
///
/// # Errors
/// Only by a fault of ours: two imports of one name.
pub fn link_everything(linker: &mut Linker<GuestState>, profile: EngineProfile) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    environment_02::add_to_linker::<_, HasEnvironment>(linker, GuestState::environment)?;
    if profile.wasi == WasiVersion::V03 {
        wasmtime_wasi::p3::add_to_linker(linker)?;
        wasmtime_wasi_http::p3::add_to_linker(linker)?;
        environment_03::add_to_linker::<_, HasEnvironment>(linker, GuestState::environment)?;
    }
    linker.allow_shadowing(false);
    Ok(())
}
