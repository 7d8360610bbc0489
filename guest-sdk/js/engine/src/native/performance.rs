//! `native.performance`: the clock that never goes back. Beside it, what the platform calls itself.

use rquickjs::{Ctx, Function, Object, Result};
use wasip2::clocks::monotonic_clock;

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let performance = Object::new(ctx.clone())?;
    performance.set("monotonic", Function::new(ctx.clone(), monotonic)?)?;
    native.set("performance", performance)?;
    native.set("userAgent", concat!("Wasmforge/", env!("CARGO_PKG_VERSION")))
}

/// Milliseconds since some moment.
#[allow(clippy::cast_precision_loss, reason = "a year in nanoseconds has 55 bits; microseconds are exact")]
fn monotonic() -> f64 {
    (monotonic_clock::now() / 1000) as f64 / 1000.0
}
