//! `native.errors`: where in the author's source something happened.

use crate::bindings::program;
use rquickjs::{Ctx, Function, Object, Result};

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let errors = Object::new(ctx.clone())?;
    errors.set("position", Function::new(ctx.clone(), position)?)?;
    errors.set("outOfMemory", Function::new(ctx.clone(), out_of_memory)?)?;
    native.set("errors", errors)
}

/// `FILE:LINE:COLUMN` of what the author wrote; `None` for code that comes from nowhere in it.
fn position(line: u32, column: u32) -> Option<String> {
    let position = program::source_position(line, column)?;
    Some(format!("{}:{}:{}", position.file, position.line, position.column))
}

/// Ends the instance: script has used up its memory and does not catch the error. The server tells a limit from another
/// trap by whether it refused memory, which QuickJS need not have asked for.
fn out_of_memory() {
    core::arch::wasm32::memory_grow(0, usize::from(u16::MAX));
    std::process::abort();
}
