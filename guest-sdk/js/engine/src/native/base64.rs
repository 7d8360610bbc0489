//! `native.base64`: RFC 4648, and the forgiving reading of the web platform.

use super::bytes::Bytes;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rquickjs::{Ctx, Function, Object, Result, String as JsString};

/// Padding may be there or not, and bits that are left over are let be.
const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let base64 = Object::new(ctx.clone())?;
    base64.set("encode", Function::new(ctx.clone(), |bytes: Bytes| BASE64_STANDARD.encode(&*bytes))?)?;
    base64.set(
        "encodeUrl",
        Function::new(ctx.clone(), |bytes: Bytes| BASE64_URL_SAFE_NO_PAD.encode(&*bytes))?,
    )?;
    base64.set("decode", Function::new(ctx.clone(), |text| decode(text, &alphabet::STANDARD))?)?;
    base64.set("decodeUrl", Function::new(ctx.clone(), |text| decode(text, &alphabet::URL_SAFE))?)?;
    base64.set("encodeUtf8", Function::new(ctx.clone(), |text: String| BASE64_STANDARD.encode(text))?)?;
    base64.set("encodeText", Function::new(ctx.clone(), encode_text)?)?;
    base64.set("decodeText", Function::new(ctx.clone(), decode_text)?)?;
    native.set("base64", base64)
}

/// Reads base64 as the Infra standard's forgiving decode does; none if it is not base64.
fn decode(text: JsString<'_>, alphabet: &alphabet::Alphabet) -> Option<Bytes> {
    let mut text = text.to_string().ok()?.into_bytes();
    text.retain(|byte| !matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' '));
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    match padding {
        0 => {}
        1 | 2 if text.len() % 4 == 0 => text.truncate(text.len() - padding),
        _ => return None,
    }
    GeneralPurpose::new(alphabet, FORGIVING).decode(text).ok().map(Bytes)
}

/// `btoa`; none where a character is no byte.
fn encode_text(text: JsString<'_>) -> Option<String> {
    let text = text.to_string().ok()?;
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    Some(BASE64_STANDARD.encode(bytes?))
}

/// `atob`; none where it is not base64.
fn decode_text(text: JsString<'_>) -> Option<String> {
    Some(decode(text, &alphabet::STANDARD)?.iter().copied().map(char::from).collect())
}
