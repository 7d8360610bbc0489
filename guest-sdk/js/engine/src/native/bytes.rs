//! Bytes there and back, without a copy where their owner lets go of them.

use rquickjs::{ArrayBuffer, Ctx, FromJs, IntoJs, Result, TypedArray, Value};

/// What a `Uint8Array` held, or what becomes an `ArrayBuffer`.
#[derive(Debug, Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<'js> FromJs<'js> for Bytes {
    #[allow(unsafe_code, reason = "no safe call gives the bytes")]
    fn from_js(_ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let array = TypedArray::<u8>::from_value(value)?;
        // SAFETY: no script runs before they are copied.
        Ok(Self(unsafe { array.as_bytes() }.unwrap_or_default().to_vec()))
    }
}

impl<'js> IntoJs<'js> for Bytes {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Ok(ArrayBuffer::new(ctx.clone(), self.0)?.into_value())
    }
}
