//! Bodies, chunk by chunk, as objects of functions.

use super::bytes::{Bytes, copied};
use super::refusal::Refusal;
use crate::task;
use rquickjs::{Ctx, Function, Object, Result, TypedArray};
use std::cell::RefCell;
use std::rc::Rc;
use wasmforge_sdk::{Body, Sender};

/// Empty while a chunk is under way, and after the end.
type Slot<T> = Rc<RefCell<Option<T>>>;

/// `read()`, a promise of a chunk, of nothing at the end, and `cancel()`.
pub(super) fn reader<'js>(ctx: &Ctx<'js>, body: Body) -> Result<Object<'js>> {
    let slot: Slot<Body> = Rc::new(RefCell::new(Some(body)));
    let source = slot.clone();
    let read = move |ctx: Ctx<'js>| {
        let slot = source.clone();
        task::settled(&ctx, async move {
            let Some(mut body) = slot.borrow_mut().take() else { return Ok(None) };
            let chunk = body.chunk().await.map_err(|error| Refusal::new("broken", 502, error.to_string()))?;
            *slot.borrow_mut() = Some(body);
            Ok::<_, Refusal>(chunk.map(|chunk| Bytes(chunk.into())))
        })
    };
    let reader = Object::new(ctx.clone())?;
    reader.set("read", Function::new(ctx.clone(), read)?)?;
    reader.set("cancel", Function::new(ctx.clone(), move || drop(slot.borrow_mut().take()))?)?;
    Ok(reader)
}

/// `write(bytes)`, a promise that tells whether more is wanted, `close()`, and `abort(reason)`, with the body that is written.
pub(super) fn writer<'js>(ctx: &Ctx<'js>) -> Result<(Object<'js>, Body)> {
    let (sender, body) = Body::channel();
    let slot: Slot<Sender> = Rc::new(RefCell::new(Some(sender)));
    let target = slot.clone();
    let write = move |ctx: Ctx<'js>, bytes: TypedArray<'js, u8>| {
        let (slot, bytes) = (target.clone(), copied(&bytes));
        task::settled(&ctx, async move {
            let Some(mut sender) = slot.borrow_mut().take() else { return Ok(false) };
            let wanted = sender.send(bytes).await.is_ok();
            *slot.borrow_mut() = Some(sender);
            Ok::<_, Refusal>(wanted)
        })
    };
    let writer = Object::new(ctx.clone())?;
    writer.set("write", Function::new(ctx.clone(), write)?)?;
    let target = slot.clone();
    writer.set("close", Function::new(ctx.clone(), move || drop(target.borrow_mut().take()))?)?;
    let abort = move |reason: String| {
        if let Some(sender) = slot.borrow_mut().take() {
            sender.abort(reason);
        }
    };
    writer.set("abort", Function::new(ctx.clone(), abort)?)?;
    Ok((writer, body))
}
