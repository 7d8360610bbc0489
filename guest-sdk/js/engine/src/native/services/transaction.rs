//! The object of an open transaction: `query`, `stream`, `commit`, `rollback`. One at a time: the layer makes them wait for
//! each other.

use super::refusal::Refusal;
use super::rows::Whole;
use super::sql::{bound, parameters, reader};
use crate::task;
use rquickjs::{Array, Ctx, Function, IntoJs, Object, Promise, Result, Value as Js};
use std::cell::RefCell;
use std::rc::Rc;
use wasmforge_sdk::sql::{Error, Transaction};

/// A transaction that is not an object yet. Once nobody has the object, it is rolled back.
pub(super) struct Handle(Slot);

/// Empty while the transaction executes something, and after its end.
type Slot = Rc<RefCell<Option<Transaction>>>;

impl Handle {
    pub(super) fn new(transaction: Transaction) -> Self {
        Self(Rc::new(RefCell::new(Some(transaction))))
    }
}

impl<'js> IntoJs<'js> for Handle {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let object = Object::new(ctx.clone())?;
        let slot = self.0.clone();
        let run = move |ctx: Ctx<'js>, text: String, given: Array<'js>| query(&ctx, &slot, text, &given);
        object.set("query", Function::new(ctx.clone(), run)?)?;
        let slot = self.0.clone();
        let run = move |ctx: Ctx<'js>, text: String, given: Array<'js>| stream(&ctx, &slot, text, &given);
        object.set("stream", Function::new(ctx.clone(), run)?)?;
        let slot = self.0.clone();
        let end = move |ctx: Ctx<'js>| ended(&ctx, &slot, true);
        object.set("commit", Function::new(ctx.clone(), end)?)?;
        let slot = self.0;
        let end = move |ctx: Ctx<'js>| ended(&ctx, &slot, false);
        object.set("rollback", Function::new(ctx.clone(), end)?)?;
        Ok(object.into_value())
    }
}

fn query<'js>(ctx: &Ctx<'js>, slot: &Slot, text: String, given: &Array<'js>) -> Result<Promise<'js>> {
    let (slot, parameters) = (slot.clone(), parameters(ctx, given)?);
    task::settled(ctx, async move {
        let mut transaction = taken(&slot)?;
        let result = bound(transaction.query(text), parameters).result().await;
        *slot.borrow_mut() = Some(transaction);
        result.map(Whole).map_err(Refusal::from)
    })
}

fn stream<'js>(ctx: &Ctx<'js>, slot: &Slot, text: String, given: &Array<'js>) -> Result<Object<'js>> {
    let parameters = parameters(ctx, given)?;
    let mut transaction = taken(slot).map_err(|refusal| refusal.throw(ctx))?;
    let batches = bound(transaction.query(text), parameters).batches();
    *slot.borrow_mut() = Some(transaction);
    reader(ctx, batches)
}

fn ended<'js>(ctx: &Ctx<'js>, slot: &Slot, commit: bool) -> Result<Promise<'js>> {
    let slot = slot.clone();
    task::settled(ctx, async move {
        let transaction = taken(&slot)?;
        let result = if commit { transaction.commit().await } else { transaction.rollback().await };
        result.map_err(Refusal::from)
    })
}

fn taken(slot: &Slot) -> std::result::Result<Transaction, Refusal> {
    slot.borrow_mut().take().ok_or_else(|| Refusal::from(Error::Busy))
}
