//! `native.services.config`: settings.

use super::refusal::{Refusal, ServiceError};
use rquickjs::{Ctx, Function, Object, Result};
use wasmforge_sdk::config::{self, Error};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let config = Object::new(ctx.clone())?;
    config.set("get", Function::new(ctx.clone(), get)?)?;
    config.set("all", Function::new(ctx.clone(), all)?)?;
    services.set("config", config)
}

fn get(ctx: Ctx<'_>, name: String) -> Result<Option<String>> {
    config::get(&name).map_err(|error| Refusal::from(error).throw(&ctx))
}

/// Every setting by its name.
fn all(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let settings = Object::new(ctx.clone())?;
    for (name, value) in config::all().map_err(|error| Refusal::from(error).throw(&ctx))? {
        settings.set(name, value)?;
    }
    Ok(settings)
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        "unavailable"
    }
}
