//! `native.env`: the function's secrets. The host is asked when a function asks, once.

use rquickjs::{Ctx, Function, Object, Result};

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let env = Object::new(ctx.clone())?;
    env.set("all", Function::new(ctx.clone(), all)?)?;
    native.set("env", env)
}

/// Names and values, one after the other.
fn all() -> Vec<String> {
    wasip2::cli::environment::get_environment().into_iter().flat_map(<[String; 2]>::from).collect()
}
