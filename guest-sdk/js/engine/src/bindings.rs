//! The engine's side of its interfaces.

#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({
    path: "../../../host-api/wit-javascript",
    world: "engine",
    pub_export_macro: false,
});

pub(crate) use exports::wasmforge::javascript::compiler::{Form, Problem};
pub(crate) use wasmforge::javascript::program;

struct Engine;

impl Guest for Engine {
    fn initialize(layer: String) -> Result<(), String> {
        // Kept: it would leave a hole in the heap that was just arranged.
        crate::engine::initialize(layer.leak())
    }
}

impl exports::wasmforge::javascript::compiler::Guest for Engine {
    fn compile(source: String, form: Form) -> Result<Vec<u8>, Problem> {
        crate::program::compile(&source, form)
    }

    fn evaluate() -> Result<(), Problem> {
        crate::program::evaluate()
    }
}

impl wasmforge_sdk::__private::Guest for Engine {
    fn handle(
        request: wasmforge_sdk::__private::IncomingRequest,
        out: wasmforge_sdk::__private::ResponseOutparam,
    ) {
        crate::image::restore();
        crate::handler::handle(request, out);
    }
}

export!(Engine);
wasmforge_sdk::__private::export!(Engine with_types_in wasmforge_sdk::__private::wasip2);
