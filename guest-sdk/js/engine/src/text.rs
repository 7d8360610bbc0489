//! Strings on their way out of JavaScript, and bytes on their way in.

use rquickjs::{Ctx, IntoJs, Result, String as JsString, TypedArray, Value, qjs};
use std::mem::MaybeUninit;

/// The string as UTF-8. A lone surrogate, which UTF-8 cannot express, becomes U+FFFD.
#[allow(unsafe_code, reason = "rquickjs refuses strings with lone surrogates")]
pub(crate) fn utf8(string: &JsString<'_>) -> Vec<u8> {
    let ctx = string.ctx().as_raw().as_ptr();
    let mut length = MaybeUninit::uninit();
    // SAFETY: a string of a context that lives; the length is written unless the pointer is null.
    let (bytes, length) = unsafe {
        let bytes = qjs::JS_ToCStringLen(ctx, length.as_mut_ptr(), string.as_raw());
        if bytes.is_null() {
            return Vec::new();
        }
        (bytes, length.assume_init())
    };
    // SAFETY: QuickJS wrote that many bytes there, which are ours until they are freed.
    let copy = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) }.to_vec();
    // SAFETY: it came from `JS_ToCStringLen`.
    unsafe { qjs::JS_FreeCString(ctx, bytes) };
    if std::str::from_utf8(&copy).is_ok() { copy } else { without_surrogates(&copy) }
}

/// As [`utf8`], for where a Rust string is wanted.
pub(crate) fn string(string: &JsString<'_>) -> String {
    String::from_utf8(utf8(string)).unwrap_or_default()
}

/// QuickJS writes a lone surrogate as if it were a character, in three bytes of which the first is 0xED.
fn without_surrogates(bytes: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if chunk.invalid().first() == Some(&0xED) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text.into_bytes()
}

/// Each character as the byte of its number, as in headers; those above 255 do not occur there.
pub(crate) fn latin1(text: &str) -> Vec<u8> {
    if text.is_ascii() {
        return text.as_bytes().to_vec();
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// Each byte as the character of its number.
pub(crate) fn from_latin1(bytes: &[u8], text: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(ascii) if ascii.is_ascii() => text.push_str(ascii),
        _ => text.extend(bytes.iter().map(|&byte| char::from(byte))),
    }
}

/// Bytes that JavaScript gets as a `Uint8Array`.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'js> IntoJs<'js> for Bytes {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Ok(TypedArray::<u8>::new(ctx.clone(), self.0)?.into_value())
    }
}
