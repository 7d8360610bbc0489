//! What JavaScript cannot do itself: the functions that the layer finds on `native`.

mod console;
mod modules;
mod services;

use rquickjs::{Ctx, Object, Result, Runtime};

/// Adds every area to `native`.
pub(crate) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    console::register(ctx, native)?;
    modules::register(ctx, native)?;
    services::register(ctx, native)
}

/// Tells the layer of promises that are rejected and of which nobody hears.
pub(crate) fn track_rejections(_runtime: &Runtime) {}

/// Answers imports of what was not defined as a module.
pub(crate) fn set_loader(runtime: &Runtime) {
    modules::set_loader(runtime);
}
