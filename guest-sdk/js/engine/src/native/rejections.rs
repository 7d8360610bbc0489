//! Promises that were rejected and that nobody listens to.

use rquickjs::{Ctx, Persistent, Result, Runtime, Value};
use std::cell::RefCell;

thread_local! {
    static UNHANDLED: RefCell<Vec<Unhandled>> = const { RefCell::new(Vec::new()) };
}

/// One of them.
pub(crate) struct Unhandled {
    promise: Persistent<Value<'static>>,
    reason: Persistent<Value<'static>>,
}

/// Keeps an account of them.
pub(crate) fn track(runtime: &Runtime) {
    runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, is_handled| {
        if is_handled {
            forget(&ctx, &promise);
            return;
        }
        let promise = Persistent::save(&ctx, promise);
        let reason = Persistent::save(&ctx, reason);
        UNHANDLED.with_borrow_mut(|unhandled| unhandled.push(Unhandled { promise, reason }));
    })));
}

fn forget<'js>(ctx: &Ctx<'js>, promise: &Value<'js>) {
    UNHANDLED.with_borrow_mut(|unhandled| {
        unhandled.retain(|known| {
            let known = known.promise.clone().restore(ctx);
            known.is_ok_and(|known| known != *promise)
        });
    });
}

impl Unhandled {
    /// The promise, and what it was rejected with.
    pub(crate) fn restore<'js>(self, ctx: &Ctx<'js>) -> Result<(Value<'js>, Value<'js>)> {
        Ok((self.promise.restore(ctx)?, self.reason.restore(ctx)?))
    }
}

/// Those that are unhandled, which are told once.
pub(crate) fn take() -> Vec<Unhandled> {
    UNHANDLED.take()
}
