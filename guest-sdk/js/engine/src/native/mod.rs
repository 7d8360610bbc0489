//! What JavaScript cannot do itself: the functions that the layer finds on `native`.

mod compression;
mod console;
mod encoding;
mod performance;
mod services;
mod url;

use rquickjs::{Ctx, Object, Result, Runtime};

/// Adds every area to `native`.
pub(crate) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    compression::register(ctx, native)?;
    console::register(ctx, native)?;
    encoding::register(ctx, native)?;
    performance::register(ctx, native)?;
    services::register(ctx, native)?;
    url::register(ctx, native)
}

/// Tells the layer of promises that are rejected and of which nobody hears.
pub(crate) fn track_rejections(_runtime: &Runtime) {}
