//! `native.console`: lines for the log.

use crate::text;
use rquickjs::{Ctx, Function, Object, Result, String as JsString};
use wasmforge_sdk::log::{self, Level};

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let console = Object::new(ctx.clone())?;
    console.set("log", Function::new(ctx.clone(), emit)?)?;
    native.set("console", console)
}

/// Levels are those of the log, from 0, `trace`, to 4, `error`.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn emit(level: u8, message: JsString<'_>) {
    let level = match level {
        0 => Level::Trace,
        1 => Level::Debug,
        2 => Level::Info,
        3 => Level::Warn,
        _ => Level::Error,
    };
    log::line(level, text::string(&message)).emit();
}
