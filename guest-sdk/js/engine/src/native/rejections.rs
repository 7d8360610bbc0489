//! Promises that were rejected and that nobody listens to.

use rquickjs::{Ctx, Persistent, Runtime, Value};
use std::cell::RefCell;

thread_local! {
    static UNHANDLED: RefCell<Vec<Unhandled>> = const { RefCell::new(Vec::new()) };
}

/// One of them.
pub(crate) struct Unhandled {
    pub(crate) promise: Persistent<Value<'static>>,
    pub(crate) reason: Persistent<Value<'static>>,
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

/// Those that there are; each is handed over once.
pub(crate) fn take() -> Vec<Unhandled> {
    UNHANDLED.take()
}
