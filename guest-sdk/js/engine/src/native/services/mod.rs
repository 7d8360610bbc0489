//! `native.services`: the platform's services, through the crate `wasmforge-sdk`. What they are called and how they are used
//! is JavaScript's business: these functions take and give what the layer prepared.

mod ai;
mod auth;
mod bytes;
mod config;
mod files;
mod kv;
mod log;
mod realtime;
mod refusal;
mod requests;
mod rows;
mod sql;
mod storage;
mod transaction;

use rquickjs::{Ctx, Object, Result};

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let services = Object::new(ctx.clone())?;
    ai::register(ctx, &services)?;
    auth::register(ctx, &services)?;
    config::register(ctx, &services)?;
    files::register(ctx, &services)?;
    kv::register(ctx, &services)?;
    log::register(ctx, &services)?;
    realtime::register(ctx, &services)?;
    requests::register(ctx, &services)?;
    sql::register(ctx, &services)?;
    storage::register(ctx, &services)?;
    native.set("services", services)
}
