//! What a component may import: all of WASI is linked, and next to none of it granted.
//!
//! Rust's standard library imports the whole of wasi:cli, file systems and sockets included. Every import therefore
//! exists; a guest that uses one that was not granted gets that interface's own error.

use super::GuestState;
use super::WasiVersion;
use super::guest::HasEnvironment;
use wasmtime::Engine;
use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::cli::environment as environment_02;
use wasmtime_wasi::p3::bindings::cli::environment as environment_03;

/// A linker with every import that exists.
///
/// # Errors
/// Only by a fault of ours: two imports of one name.
pub fn linker(engine: &Engine, wasi: WasiVersion) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    environment_02::add_to_linker::<_, HasEnvironment>(&mut linker, GuestState::environment)?;
    if wasi == WasiVersion::V03 {
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
        environment_03::add_to_linker::<_, HasEnvironment>(&mut linker, GuestState::environment)?;
    }
    linker.allow_shadowing(false);
    Ok(linker)
}
