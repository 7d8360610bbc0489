//! `native.body`: bodies that are not in JavaScript's memory. It knows them by number.

use crate::abort::Abort;
use crate::invocation;
use crate::task::{self, Failure};
use crate::text::{self, Bytes};
use rquickjs::{ArrayBuffer, Ctx, Function, Object, Promise, Result, TypedArray, Value};
use std::cell::RefCell;
use wasmforge_sdk::{Body, Error, Sender};

thread_local! {
    static BODIES: RefCell<Vec<Option<Body>>> = const { RefCell::new(Vec::new()) };
    /// Reads of chunks that have not come yet, by the body's number.
    static READS: RefCell<Vec<(usize, Abort)>> = const { RefCell::new(Vec::new()) };
    static SENDERS: RefCell<Vec<Option<Sender>>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let body = Object::new(ctx.clone())?;
    body.set("incoming", Function::new(ctx.clone(), incoming)?)?;
    body.set("read", Function::new(ctx.clone(), read)?)?;
    body.set("bytes", Function::new(ctx.clone(), bytes)?)?;
    body.set("text", Function::new(ctx.clone(), whole_text)?)?;
    body.set("drop", Function::new(ctx.clone(), let_go)?)?;
    body.set("channel", Function::new(ctx.clone(), channel)?)?;
    body.set("send", Function::new(ctx.clone(), send)?)?;
    body.set("end", Function::new(ctx.clone(), |sender| drop(take_sender(sender)))?)?;
    body.set("abort", Function::new(ctx.clone(), abort)?)?;
    native.set("body", body)
}

/// Keeps a body; the answer is its number.
pub(in crate::native) fn keep(body: Body) -> usize {
    BODIES.with_borrow_mut(|bodies| {
        bodies.push(Some(body));
        bodies.len() - 1
    })
}

fn take(number: usize) -> Option<Body> {
    BODIES.with_borrow_mut(|bodies| bodies.get_mut(number).and_then(Option::take))
}

fn put_back(number: usize, body: Body) {
    BODIES.with_borrow_mut(|bodies| {
        if let Some(place) = bodies.get_mut(number) {
            *place = Some(body);
        }
    });
}

/// A body as JavaScript hands it over: nothing, a string, bytes, or the number of one that is kept.
pub(in crate::native) fn of_value(value: &Value<'_>) -> Result<Body> {
    if let Some(string) = value.as_string() {
        return Ok(Body::from(text::utf8(string)));
    }
    if let Some(number) = value.as_number() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was an index")]
        return Ok(take(number as usize).unwrap_or_default());
    }
    if value.is_object() {
        return Ok(Body::from(bytes_of(value)?));
    }
    Ok(Body::empty())
}

/// The bytes of a `Uint8Array` or an `ArrayBuffer`.
#[allow(unsafe_code, reason = "script could change the buffer meanwhile; none runs before the copy is made")]
fn bytes_of(value: &Value<'_>) -> Result<Vec<u8>> {
    if let Ok(array) = TypedArray::<u8>::from_value(value.clone()) {
        // SAFETY: as said.
        return Ok(unsafe { array.as_bytes() }.unwrap_or_default().to_vec());
    }
    let buffer: ArrayBuffer<'_> = value.get()?;
    // SAFETY: as said.
    Ok(unsafe { buffer.as_bytes() }.unwrap_or_default().to_vec())
}

/// The request's.
fn incoming() -> usize {
    keep(invocation::arrival(|arrival| arrival.body().unwrap_or_default()))
}

/// The next chunk; null at the end.
fn read(ctx: Ctx<'_>, number: usize) -> Result<Promise<'_>> {
    let body = take(number);
    let abort = Abort::default();
    READS.with_borrow_mut(|reads| reads.push((number, abort.clone())));
    task::promise(&ctx, async move {
        let Some(mut body) = body else { return Ok::<_, Failure>(None) };
        let read = abort.unless_aborted(body.chunk()).await;
        READS.with_borrow_mut(|reads| reads.retain(|(known, _)| *known != number));
        let Some(chunk) = read else { return Ok(None) };
        let chunk = chunk.map_err(failure)?;
        if chunk.is_some() {
            put_back(number, body);
        }
        Ok(chunk.map(|chunk| Bytes(chunk.into())))
    })
}

/// Closes a body, which may be being read.
fn let_go(number: usize) {
    drop(take(number));
    let read = READS.with_borrow(|reads| {
        reads.iter().find(|(known, _)| *known == number).map(|(_, abort)| abort.clone())
    });
    if let Some(read) = read {
        read.abort();
    }
}

/// All that is left.
fn bytes(ctx: Ctx<'_>, number: usize) -> Result<Promise<'_>> {
    let body = take(number).unwrap_or_default();
    task::promise(&ctx, async move { body.bytes().await.map(|bytes| Bytes(bytes.into())).map_err(failure) })
}

/// All that is left, as UTF-8; what is not becomes U+FFFD, and a byte order mark is left out.
fn whole_text(ctx: Ctx<'_>, number: usize) -> Result<Promise<'_>> {
    let body = take(number).unwrap_or_default();
    task::promise(&ctx, async move {
        let bytes = body.bytes().await.map_err(failure)?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        Ok::<_, Failure>(String::from_utf8_lossy(bytes).into_owned())
    })
}

fn failure(error: Error) -> Failure {
    Failure::type_error(error.to_string())
}

/// A body that JavaScript writes: the numbers of the end to write to, and of the body.
fn channel() -> Vec<usize> {
    let (sender, body) = Body::channel();
    let sender = SENDERS.with_borrow_mut(|senders| {
        senders.push(Some(sender));
        senders.len() - 1
    });
    vec![sender, keep(body)]
}

fn take_sender(number: usize) -> Option<Sender> {
    SENDERS.with_borrow_mut(|senders| senders.get_mut(number).and_then(Option::take))
}

/// Writes a chunk, once the one before it was taken; false if nobody reads the body any more.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn send<'js>(ctx: Ctx<'js>, number: usize, chunk: Value<'js>) -> Result<Promise<'js>> {
    let chunk = bytes_of(&chunk)?;
    let sender = take_sender(number);
    task::promise(&ctx, async move {
        let Some(mut sender) = sender else { return Ok::<_, Failure>(false) };
        if sender.send(chunk).await.is_err() {
            return Ok(false);
        }
        SENDERS.with_borrow_mut(|senders| {
            if let Some(place) = senders.get_mut(number) {
                *place = Some(sender);
            }
        });
        Ok(true)
    })
}

/// Breaks a body off: its reader learns that it is not whole.
fn abort(number: usize, reason: String) {
    if let Some(sender) = take_sender(number) {
        sender.abort(reason);
    }
}
