//! `wasmforge:platform/log`.

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world log { import wasmforge:platform/log@0.1.0; }",
        world: "wasmforge:guest/log",
        generate_all,
    });
}

use crate::log::{Level, Line};
use bindings::wasmforge::platform::log as host;

pub(crate) fn log(line: Line) {
    let level = match line.level {
        Level::Trace => host::Level::Trace,
        Level::Debug => host::Level::Debug,
        Level::Info => host::Level::Info,
        Level::Warn => host::Level::Warn,
        Level::Error => host::Level::Error,
    };
    let fields: Vec<_> = line.fields.into_iter().map(|(name, value)| host::Field { name, value }).collect();
    host::emit(level, &line.message, &fields);
}
