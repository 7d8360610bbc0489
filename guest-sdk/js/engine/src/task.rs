//! Asynchronous natives: a future of Rust as a promise of JavaScript.

use crate::engine;
use rquickjs::{Ctx, Function, IntoJs, Persistent, Promise, Result};
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

/// Runs `future` beside everything else; the promise is settled by its end. Nothing waits for it: an invocation is over
/// when its response was sent and what it asked to be waited for is done.
pub(crate) fn promise<'js, F, T>(ctx: &Ctx<'js>, future: F) -> Result<Promise<'js>>
where
    F: Future<Output = std::result::Result<T, Failure>> + 'static,
    T: for<'a> IntoJs<'a> + 'static,
{
    let (promise, resolve, reject) = ctx.promise()?;
    let (resolve, reject) = (Persistent::save(ctx, resolve), Persistent::save(ctx, reject));
    wasmforge_sdk::__private::spawn_background(async move {
        let output = future.await;
        engine::turn(|ctx, hooks| match output {
            Ok(value) => resolve.restore(ctx)?.call::<_, ()>((value,)),
            Err(Failure { name, message }) => {
                let make: Function = hooks.get("makeError")?;
                let error: rquickjs::Value = make.call((name, message))?;
                reject.restore(ctx)?.call::<_, ()>((error,))
            }
        })
        .unwrap_or_default();
    });
    Ok(promise)
}
