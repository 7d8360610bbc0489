//! Bytes there and back, without a copy where their owner lets go of them.

use rquickjs::{ArrayBuffer, Ctx, IntoJs, Result, TypedArray, Value};

/// Bytes that become a `Uint8Array`.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'js> IntoJs<'js> for Bytes {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Ok(TypedArray::<u8>::from_arraybuffer(ArrayBuffer::new(ctx.clone(), self.0)?)?.into_value())
    }
}

/// What a `Uint8Array` holds.
#[allow(unsafe_code, reason = "no safe call gives the bytes")]
pub(super) fn copied(array: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: no script runs before they are copied.
    unsafe { array.as_bytes() }.unwrap_or_default().to_vec()
}

/// An integer as a number where a number can say it exactly, as a bigint else.
pub(super) fn integer<'js>(ctx: &Ctx<'js>, value: i64) -> Result<Value<'js>> {
    const SAFE: i64 = (1 << 53) - 1;
    if !(-SAFE..=SAFE).contains(&value) {
        return Ok(rquickjs::BigInt::from_i64(ctx.clone(), value)?.into_value());
    }
    #[allow(clippy::cast_precision_loss, reason = "below 2^53 there is none")]
    let number = value as f64;
    Ok(Value::new_number(ctx.clone(), number))
}
