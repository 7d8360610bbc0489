//! `wasi:config`: the variables of the environment, for guests that ask this way.
//!
//! It belongs to the [secrets](crate::secrets): what a function sees there it sees here, and nothing else.

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world config { import wasi:config/store@0.2.0-rc.1; }",
        world: "wasmforge:host/config",
        imports: { default: trappable },
    });
}

use crate::{HasView, View, view};
use bindings::wasi::config::store;
use wasmforge_sandbox::{GuestState, HostSession as _};
use wasmtime::component::Linker;

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    store::add_to_linker::<_, HasView>(linker, view)
}

impl store::Host for View<'_> {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, store::Error>> {
        Ok(Ok(self.services.environment().get(&key).map(str::to_owned)))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, store::Error>> {
        let variables = self.services.environment().iter();
        Ok(Ok(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}
