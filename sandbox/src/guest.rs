//! The state of one instance: everything that its host calls can reach.

use super::{HostSession, MemoryMeter, Usage};
use std::sync::Arc;
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::p2::bindings::cli::environment as environment_02;
use wasmtime_wasi::p3::bindings::cli::environment as environment_03;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// Handles that one invocation may hold at once: requests, bodies, streams, fields, pollables. wasmtime's own limit is
/// a million.
const MAX_HANDLES: usize = 16 * 1024;

/// Bytes of one `fields`, names and values and the map's own memory: twice what servers commonly accept on the wire.
const MAX_FIELDS: usize = 128 * 1024;

/// What an instance's host calls work on.
pub struct GuestState {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    arguments: Vec<String>,
    pub(super) memory: MemoryMeter,
    session: Box<dyn HostSession>,
}

/// What a host call works with.
pub struct GuestParts<'a> {
    /// WASI's context: file systems, clocks, random numbers.
    pub wasi: &'a mut WasiCtx,
    /// HTTP's context.
    pub http: &'a mut WasiHttpCtx,
    /// The guest's handles.
    pub table: &'a mut ResourceTable,
    /// The host's own.
    pub session: &'a mut dyn HostSession,
}

impl GuestState {
    /// The state of a fresh instance that may hold `memory` bytes and reports to `usage`.
    #[must_use]
    pub fn new(wasi: WasiCtx, session: Box<dyn HostSession>, memory: u64, usage: &Arc<Usage>) -> Self {
        let memory = MemoryMeter::new(memory, usage.clone());
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_FIELDS);
        Self { wasi, http, table, arguments: Vec::new(), memory, session }
    }

    /// The same with command-line arguments, for a component that is a command.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<String>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Everything that a host call works with, at once.
    pub fn parts(&mut self) -> GuestParts<'_> {
        let Self { wasi, http, table, session, .. } = self;
        GuestParts { wasi, http, table, session: session.as_mut() }
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: self.session.http_hooks() }
    }
}

/// `wasi:cli/environment` straight from the session, so that secrets are neither chosen nor copied for requests that
/// do not read them.
pub(super) struct GuestEnvironment<'a> {
    session: &'a mut dyn HostSession,
    arguments: &'a [String],
}

impl GuestState {
    pub(super) fn environment(&mut self) -> GuestEnvironment<'_> {
        GuestEnvironment { session: self.session.as_mut(), arguments: &self.arguments }
    }
}

/// Lends [`GuestEnvironment`] to the linker.
pub(super) struct HasEnvironment;

impl HasData for HasEnvironment {
    type Data<'a> = GuestEnvironment<'a>;
}

impl GuestEnvironment<'_> {
    fn variables(&mut self) -> Vec<(String, String)> {
        self.session.environment().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl environment_02::Host for GuestEnvironment<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.variables())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.arguments.to_vec())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}

impl environment_03::Host for GuestEnvironment<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.variables())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.arguments.to_vec())
    }

    fn get_initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}
