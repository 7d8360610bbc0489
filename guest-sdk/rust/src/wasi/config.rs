//! `wasi:config`.

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world config { import wasi:config/store@0.2.0-rc.1; }",
        world: "wasmforge:guest/config",
        generate_all,
    });
}

use crate::config::Error;
use bindings::wasi::config::store;

pub(crate) fn config(name: &str) -> Result<Option<String>, Error> {
    store::get(name).map_err(explain)
}

pub(crate) fn whole_config() -> Result<Vec<(String, String)>, Error> {
    store::get_all().map_err(explain)
}

fn explain(error: store::Error) -> Error {
    match error {
        store::Error::Upstream(reason) | store::Error::Io(reason) => Error(reason),
    }
}
