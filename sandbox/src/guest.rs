//! The state of one instance: everything that its host calls can reach.

use super::hooks::Hooks;
use super::{Environment, MemoryMeter, OutboundAccess, Usage};
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
    environment: Arc<Environment>,
    arguments: Vec<String>,
    pub(super) memory: MemoryMeter,
    hooks: Hooks,
}

impl GuestState {
    /// The state of a fresh instance that may hold `memory` bytes and reports to `usage`.
    #[must_use]
    pub fn new(
        wasi: WasiCtx,
        environment: Arc<Environment>,
        memory: u64,
        access: OutboundAccess,
        usage: &Arc<Usage>,
    ) -> Self {
        let memory = MemoryMeter::new(memory, usage.clone());
        let hooks = Hooks::new(access, usage.clone());
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_FIELDS);
        Self { wasi, http, table, environment, arguments: Vec::new(), memory, hooks }
    }

    /// The same with command-line arguments, for a component that is a command.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<String>) -> Self {
        self.arguments = arguments;
        self
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

/// `wasi:cli/environment` straight from the shared environment, so that secrets are not copied for requests that do
/// not read them.
pub(super) struct GuestEnvironment<'a> {
    environment: &'a Environment,
    arguments: &'a [String],
}

impl GuestState {
    pub(super) fn environment(&mut self) -> GuestEnvironment<'_> {
        GuestEnvironment { environment: &self.environment, arguments: &self.arguments }
    }
}

/// Lends [`GuestEnvironment`] to the linker.
pub(super) struct HasEnvironment;

impl HasData for HasEnvironment {
    type Data<'a> = GuestEnvironment<'a>;
}

impl GuestEnvironment<'_> {
    fn variables(&self) -> Vec<(String, String)> {
        self.environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
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
