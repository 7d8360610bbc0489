//! The one QuickJS runtime and context of an instance. They are made before the engine's memory is kept, and never freed.

use crate::{heap, native};
use rquickjs::{CatchResultExt, Context, Ctx, Object, Persistent, Runtime};
use std::cell::OnceCell;

/// Bytes of native stack that script may use before it gets a `RangeError`. The stack of the component has 1 MiB.
const MAX_STACK: usize = 512 * 1024;

/// Bytes of garbage that are let be before the collector of cycles runs: most requests never come near.
const GC_THRESHOLD: usize = 32 * 1024 * 1024;

thread_local! {
    static ENGINE: OnceCell<Engine> = const { OnceCell::new() };
}

struct Engine {
    context: Context,
    /// What the layer left for the engine: its functions to be called.
    hooks: Persistent<Object<'static>>,
}

/// Makes the runtime and evaluates the layer.
pub(crate) fn initialize(layer: &str) -> Result<(), String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.set_max_stack_size(MAX_STACK);
    runtime.set_gc_threshold(GC_THRESHOLD);
    native::track_rejections(&runtime);
    let context = Context::full(&runtime).map_err(|error| error.to_string())?;
    let hooks = context.with(|ctx| {
        let hooks = evaluate(&ctx, layer).catch(&ctx).map_err(|error| error.to_string())?;
        while ctx.execute_pending_job() {}
        Ok::<_, String>(Persistent::save(&ctx, hooks))
    })?;
    runtime.run_gc();
    context.with(|ctx| heap::arrange(&ctx));
    ENGINE.with(|engine| engine.set(Engine { context, hooks })).map_err(|_| "initialized twice".to_owned())
}

/// The layer is a script whose value is a function of the natives that returns the hooks.
fn evaluate<'js>(ctx: &Ctx<'js>, layer: &str) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native::register(ctx, &native)?;
    let layer: rquickjs::Function = ctx.eval(layer)?;
    layer.call((native,))
}

/// Runs `work` with the context and the layer's hooks.
///
/// # Panics
/// If the engine was not initialized: it is never shipped so.
#[allow(clippy::panic, reason = "there is nothing to answer with")]
pub(crate) fn with<R>(work: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> R) -> R {
    ENGINE.with(|engine| {
        let Some(engine) = engine.get() else { panic!("the engine was not initialized") };
        engine.context.with(|ctx| match engine.hooks.clone().restore(&ctx) {
            Ok(hooks) => work(&ctx, &hooks),
            Err(error) => panic!("{error}"),
        })
    })
}

/// Runs `work` as [`with`] does, then every job that it left: one turn of the event loop.
pub(crate) fn turn<R>(work: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> R) -> R {
    with(|ctx, hooks| {
        let output = work(ctx, hooks);
        while ctx.execute_pending_job() {}
        output
    })
}
