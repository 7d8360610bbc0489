//! What JavaScript cannot do itself: the functions that the layer finds on `native`.

mod base64;
mod body;
mod bytes;
mod compression;
mod console;
mod crypto;
mod encoding;
mod env;
mod errors;
mod fetch;
mod inflate;
mod invocation;
mod modules;
mod performance;
mod random;
pub(crate) mod rejections;
mod services;
mod timers;
mod url;

use rquickjs::{Ctx, Object, Result, Runtime};

/// Adds every area to `native`.
pub(crate) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    base64::register(ctx, native)?;
    body::register(ctx, native)?;
    compression::register(ctx, native)?;
    console::register(ctx, native)?;
    crypto::register(ctx, native)?;
    encoding::register(ctx, native)?;
    env::register(ctx, native)?;
    errors::register(ctx, native)?;
    fetch::register(ctx, native)?;
    crate::heap::register(ctx, native)?;
    invocation::register(ctx, native)?;
    modules::register(ctx, native)?;
    performance::register(ctx, native)?;
    random::register(ctx, native)?;
    services::register(ctx, native)?;
    timers::register(ctx, native)?;
    url::register(ctx, native)
}

/// Answers imports of what was not defined as a module.
pub(crate) fn set_loader(runtime: &Runtime) {
    modules::set_loader(runtime);
}
