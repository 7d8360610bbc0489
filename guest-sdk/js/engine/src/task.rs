//! Asynchronous natives: a future of Rust as a promise of JavaScript.

use crate::engine;
use rquickjs::{Ctx, Function, IntoJs, Object, Persistent, Promise, Result, Value};
use std::future::Future;

/// Why an asynchronous native failed: the message of the `Error` that its promise is rejected with.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The error's `name`: `TypeError`, `AbortError`, …
    pub(crate) name: &'static str,
    /// Its `message`.
    pub(crate) message: String,
}

impl Failure {
    /// A `TypeError`, as most of the web platform throws.
    pub(crate) fn type_error(message: impl Into<String>) -> Self {
        Self { name: "TypeError", message: message.into() }
    }
}

/// What a promise is rejected with.
pub(crate) trait Reason: 'static {
    /// The value.
    fn into_value<'js>(self, ctx: &Ctx<'js>, hooks: &Object<'js>) -> Result<Value<'js>>;
}

impl Reason for Failure {
    fn into_value<'js>(self, _: &Ctx<'js>, hooks: &Object<'js>) -> Result<Value<'js>> {
        let make: Function = hooks.get("makeError")?;
        make.call((self.name, self.message))
    }
}

/// Runs `future` beside everything else; the promise is settled by its end. Nothing waits for it: an invocation is over
/// when its response was sent and what it asked to be waited for is done.
pub(crate) fn promise<'js, F, T>(ctx: &Ctx<'js>, future: F) -> Result<Promise<'js>>
where
    F: Future<Output = std::result::Result<T, Failure>> + 'static,
    T: for<'a> IntoJs<'a> + 'static,
{
    settled(ctx, future)
}

/// The same for a future that fails otherwise.
pub(crate) fn settled<'js, F, T, E>(ctx: &Ctx<'js>, future: F) -> Result<Promise<'js>>
where
    F: Future<Output = std::result::Result<T, E>> + 'static,
    T: for<'a> IntoJs<'a> + 'static,
    E: Reason,
{
    let (promise, resolve, reject) = ctx.promise()?;
    let (resolve, reject) = (Persistent::save(ctx, resolve), Persistent::save(ctx, reject));
    wasmforge_sdk::__private::spawn_background(async move {
        let output = future.await;
        engine::turn(|ctx, hooks| match output {
            Ok(value) => resolve.restore(ctx)?.call::<_, ()>((value,)),
            Err(reason) => {
                let reason = reason.into_value(ctx, hooks)?;
                reject.restore(ctx)?.call::<_, ()>((reason,))
            }
        })
        .unwrap_or_default();
    });
    Ok(promise)
}
