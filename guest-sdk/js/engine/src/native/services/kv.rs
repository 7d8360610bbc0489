//! `native.services.kv`: buckets, which go by the number that `open` gives.

use super::bytes::{Bytes, copied, integer};
use super::refusal::{Refusal, ServiceError};
use crate::task;
use rquickjs::{Array, Ctx, Exception, Function, IntoJs, Object, Promise, Result, TypedArray, Value};
use std::cell::RefCell;
use std::rc::Rc;
use wasmforge_sdk::kv::{self, Bucket, Cursor, Error, Keys};

thread_local! {
    static OPEN: RefCell<Vec<Rc<Bucket>>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let kv = Object::new(ctx.clone())?;
    kv.set("open", Function::new(ctx.clone(), open)?)?;
    kv.set("get", Function::new(ctx.clone(), get)?)?;
    kv.set("set", Function::new(ctx.clone(), set)?)?;
    kv.set("delete", Function::new(ctx.clone(), delete)?)?;
    kv.set("exists", Function::new(ctx.clone(), exists)?)?;
    kv.set("increment", Function::new(ctx.clone(), increment)?)?;
    kv.set("keys", Function::new(ctx.clone(), keys)?)?;
    kv.set("getMany", Function::new(ctx.clone(), get_many)?)?;
    kv.set("setMany", Function::new(ctx.clone(), set_many)?)?;
    kv.set("deleteMany", Function::new(ctx.clone(), delete_many)?)?;
    services.set("kv", kv)
}

fn open(ctx: Ctx<'_>, name: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move {
        let bucket = Rc::new(kv::open(&name).await?);
        Ok::<_, Refusal>(OPEN.with_borrow_mut(|open| {
            open.push(bucket);
            open.len() - 1
        }))
    })
}

fn bucket(ctx: &Ctx<'_>, number: usize) -> Result<Rc<Bucket>> {
    OPEN.with_borrow(|open| open.get(number).cloned())
        .ok_or_else(|| Exception::throw_type(ctx, "the bucket is not open"))
}

fn get(ctx: Ctx<'_>, number: usize, key: String) -> Result<Promise<'_>> {
    let bucket = bucket(&ctx, number)?;
    task::settled(&ctx, async move { Ok::<_, Refusal>(bucket.get(&key).await?.map(Bytes)) })
}

fn set<'js>(ctx: Ctx<'js>, number: usize, key: String, value: TypedArray<'js, u8>) -> Result<Promise<'js>> {
    let (bucket, value) = (bucket(&ctx, number)?, copied(&value));
    task::settled(&ctx, async move { bucket.set(&key, value).await.map_err(Refusal::from) })
}

fn delete(ctx: Ctx<'_>, number: usize, key: String) -> Result<Promise<'_>> {
    let bucket = bucket(&ctx, number)?;
    task::settled(&ctx, async move { bucket.delete(&key).await.map_err(Refusal::from) })
}

fn exists(ctx: Ctx<'_>, number: usize, key: String) -> Result<Promise<'_>> {
    let bucket = bucket(&ctx, number)?;
    task::settled(&ctx, async move { bucket.exists(&key).await.map_err(Refusal::from) })
}

fn increment(ctx: Ctx<'_>, number: usize, key: String, delta: f64) -> Result<Promise<'_>> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the layer lets whole numbers pass only"
    )]
    let (bucket, delta) = (bucket(&ctx, number)?, delta as u64);
    task::settled(&ctx, async move { Ok::<_, Refusal>(Sum(bucket.increment(&key, delta).await?)) })
}

/// A page of keys after what the one before said: `{ keys, next }`.
fn keys(ctx: Ctx<'_>, number: usize, after: Option<usize>) -> Result<Promise<'_>> {
    let bucket = bucket(&ctx, number)?;
    let after = after.and_then(cursor);
    task::settled(&ctx, async move { Ok::<_, Refusal>(Page(bucket.keys(after).await?)) })
}

thread_local! {
    /// Where pages begin that were not asked for: a cursor is nothing that JavaScript can hold.
    static CURSORS: RefCell<Vec<Cursor>> = const { RefCell::new(Vec::new()) };
}

fn cursor(number: usize) -> Option<Cursor> {
    CURSORS.with_borrow(|cursors| cursors.get(number).copied())
}

fn get_many(ctx: Ctx<'_>, number: usize, keys: Vec<String>) -> Result<Promise<'_>> {
    let bucket = bucket(&ctx, number)?;
    task::settled(&ctx, async move {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let values = bucket.get_many(&keys).await?;
        Ok::<_, Refusal>(values.into_iter().map(|value| value.map(Bytes)).collect::<Vec<_>>())
    })
}

/// Keys and values in turn.
fn set_many<'js>(
    ctx: Ctx<'js>,
    number: usize,
    keys: Vec<String>,
    values: Array<'js>,
) -> Result<Promise<'js>> {
    let bucket = bucket(&ctx, number)?;
    let values = values.iter::<TypedArray<u8>>().map(|value| Ok(copied(&value?)));
    let values = values.collect::<Result<Vec<_>>>()?;
    task::settled(&ctx, async move {
        let entries = keys.iter().zip(&values).map(|(key, value)| (key.as_str(), value.as_slice()));
        let entries: Vec<_> = entries.collect();
        bucket.set_many(&entries).await.map_err(Refusal::from)
    })
}

fn delete_many(ctx: Ctx<'_>, number: usize, keys: Vec<String>) -> Result<Promise<'_>> {
    let bucket = bucket(&ctx, number)?;
    task::settled(&ctx, async move {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        bucket.delete_many(&keys).await.map_err(Refusal::from)
    })
}

struct Sum(u64);

impl<'js> IntoJs<'js> for Sum {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        match i64::try_from(self.0) {
            Ok(sum) => integer(ctx, sum),
            Err(_) => Ok(rquickjs::BigInt::from_u64(ctx.clone(), self.0)?.into_value()),
        }
    }
}

struct Page(Keys);

impl<'js> IntoJs<'js> for Page {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let page = Object::new(ctx.clone())?;
        page.set("keys", self.0.keys)?;
        if let Some(next) = self.0.next {
            let number = CURSORS.with_borrow_mut(|cursors| {
                cursors.push(next);
                cursors.len() - 1
            });
            page.set("next", number)?;
        }
        Ok(page.into_value())
    }
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBucket(_) => "no-such-bucket",
            Self::NotGranted(_) => "not-granted",
            Self::Unavailable(_) => "unavailable",
            Self::Timeout => "timeout",
            Self::InvalidKey(_) => "invalid-key",
            Self::TooLarge(_) => "too-large",
            Self::Full => "full",
            Self::NotANumber => "not-a-number",
            Self::Json(_) => "invalid-json",
            _ => "other",
        }
    }
}
