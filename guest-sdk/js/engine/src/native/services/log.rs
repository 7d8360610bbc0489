//! `native.services.log`: lines with fields.

use rquickjs::{Ctx, Function, Object, Result};
use wasmforge_sdk::log::{self, Level};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    services.set("log", Function::new(ctx.clone(), emit)?)
}

/// Levels count from 0, `trace`, to 4, `error`. Fields are names and values in turn.
fn emit(level: u8, message: String, fields: Vec<String>) {
    let level = match level {
        0 => Level::Trace,
        1 => Level::Debug,
        2 => Level::Info,
        3 => Level::Warn,
        _ => Level::Error,
    };
    let mut line = log::line(level, message);
    let mut fields = fields.into_iter();
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        line = line.with(name, value);
    }
    line.emit();
}
