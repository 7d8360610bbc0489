//! The one QuickJS runtime and context of an instance. They are made before the engine's memory is kept, and never freed.

use crate::native::rejections::{self, Unhandled};
use crate::{heap, native};
use rquickjs::{CatchResultExt, Context, Ctx, Function, Object, Persistent, Runtime, Value, qjs};
use std::cell::OnceCell;
use std::mem::MaybeUninit;

/// Bytes of the component's own stack, which has 1 MiB, that script may use before it gets a `RangeError`. Of the server's
/// stack, which has 3 MiB for it, the same calls take up to five times as much.
const MAX_STACK: usize = 576 * 1024;

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
    rejections::track(&runtime);
    native::set_loader(&runtime);
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
    let layer: Function = ctx.eval(layer)?;
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

/// Runs `work` as [`with`] does, then every job that it left: one turn of the event loop. At its end the layer is told of
/// promises that were rejected and that nobody listens to.
pub(crate) fn turn<R>(work: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> R) -> R {
    with(|ctx, hooks| {
        let output = work(ctx, hooks);
        loop {
            while run_job(ctx, hooks) {}
            let unhandled = rejections::take();
            if unhandled.is_empty() {
                return output;
            }
            for rejection in unhandled {
                tell(ctx, hooks, rejection).unwrap_or_default();
            }
        }
    })
}

fn tell<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>, rejection: Unhandled) -> rquickjs::Result<()> {
    let unhandled: Function<'js> = hooks.get("unhandled")?;
    unhandled.call((rejection.reason.restore(ctx)?, rejection.promise.restore(ctx)?))
}

/// Runs one job; `false` if there is none.
#[allow(unsafe_code, reason = "rquickjs drops what a job throws")]
fn run_job<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>) -> bool {
    let mut ran_in = MaybeUninit::uninit();
    // SAFETY: the runtime lives, and has this one context.
    let result =
        unsafe { qjs::JS_ExecutePendingJob(qjs::JS_GetRuntime(ctx.as_raw().as_ptr()), ran_in.as_mut_ptr()) };
    if result < 0 {
        uncaught(hooks, ctx.catch());
    }
    result != 0
}

/// Tells the layer of what was thrown where no script catches it.
pub(crate) fn uncaught<'js>(hooks: &Object<'js>, thrown: Value<'js>) {
    let told = hooks.get("uncaught").and_then(|uncaught: Function<'js>| uncaught.call::<_, ()>((thrown,)));
    told.unwrap_or_default();
}
