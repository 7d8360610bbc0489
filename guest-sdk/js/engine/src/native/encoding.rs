//! `native.encoding`: text to bytes and back, by the crate `encoding_rs`.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use rquickjs::{Ctx, Function, Object, Result, TypedArray};
use std::cell::RefCell;

thread_local! {
    /// Decoders of streams that have not ended, by number.
    static DECODERS: RefCell<Vec<Option<Decoder>>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let encoding = Object::new(ctx.clone())?;
    encoding.set("encode", Function::new(ctx.clone(), encode)?)?;
    encoding.set("encodingOf", Function::new(ctx.clone(), encoding_of)?)?;
    encoding.set("decode", Function::new(ctx.clone(), decode)?)?;
    encoding.set("decoder", Function::new(ctx.clone(), decoder)?)?;
    encoding.set("decodeChunk", Function::new(ctx.clone(), decode_chunk)?)?;
    encoding.set("forget", Function::new(ctx.clone(), forget)?)?;
    native.set("encoding", encoding)
}

/// UTF-8. The text has no lone surrogates.
fn encode(ctx: Ctx<'_>, text: String) -> Result<TypedArray<'_, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

/// The name of the encoding that a label stands for.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn encoding_of(label: String) -> Option<String> {
    Encoding::for_label_no_replacement(label.as_bytes()).map(|encoding| encoding.name().to_ascii_lowercase())
}

fn named(name: &str) -> &'static Encoding {
    Encoding::for_label(name.as_bytes()).unwrap_or(UTF_8)
}

/// What script could change while it is read; none runs meanwhile.
#[allow(unsafe_code, reason = "as said")]
pub(super) fn bytes<'a>(array: &'a TypedArray<'_, u8>) -> &'a [u8] {
    // SAFETY: no script runs before the slice is let go of.
    unsafe { array.as_bytes() }.unwrap_or_default()
}

/// A whole text; nothing if `fatal` and it is not valid.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn decode<'js>(
    ctx: Ctx<'js>,
    name: String,
    input: TypedArray<'js, u8>,
    fatal: bool,
    keep_mark: bool,
) -> Result<Option<rquickjs::String<'js>>> {
    let (encoding, mut input) = (named(&name), bytes(&input));
    if encoding == UTF_8 {
        if !keep_mark {
            input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
        }
        if let Ok(text) = std::str::from_utf8(input) {
            return rquickjs::String::from_str(ctx, text).map(Some);
        }
    }
    let mut decoder = start(encoding, keep_mark || encoding == UTF_8);
    run(&mut decoder, input, fatal, true).map(|text| rquickjs::String::from_str(ctx, &text)).transpose()
}

fn start(encoding: &'static Encoding, keep_mark: bool) -> Decoder {
    if keep_mark {
        encoding.new_decoder_without_bom_handling()
    } else {
        encoding.new_decoder_with_bom_removal()
    }
}

/// Begins to decode a stream; the decoder's number.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn decoder(name: String, keep_mark: bool) -> usize {
    let decoder = start(named(&name), keep_mark);
    DECODERS.with_borrow_mut(|decoders| {
        decoders.push(Some(decoder));
        decoders.len() - 1
    })
}

/// The next chunk of a stream; nothing if `fatal` and it is not valid.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn decode_chunk<'js>(
    ctx: Ctx<'js>,
    number: usize,
    input: TypedArray<'js, u8>,
    fatal: bool,
    last: bool,
) -> Result<Option<rquickjs::String<'js>>> {
    let text = DECODERS.with_borrow_mut(|decoders| {
        let decoder = decoders.get_mut(number).and_then(Option::as_mut)?;
        run(decoder, bytes(&input), fatal, last)
    });
    text.map(|text| rquickjs::String::from_str(ctx, &text)).transpose()
}

fn run(decoder: &mut Decoder, input: &[u8], fatal: bool, last: bool) -> Option<String> {
    if fatal {
        let room = decoder.max_utf8_buffer_length_without_replacement(input.len())?;
        let mut text = String::with_capacity(room);
        let (result, _) = decoder.decode_to_string_without_replacement(input, &mut text, last);
        return (result == DecoderResult::InputEmpty).then_some(text);
    }
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(input.len())?);
    let _ = decoder.decode_to_string(input, &mut text, last);
    Some(text)
}

/// Drops the decoder of a stream that ended.
fn forget(number: usize) {
    DECODERS.with_borrow_mut(|decoders| {
        if let Some(decoder) = decoders.get_mut(number) {
            *decoder = None;
        }
        while decoders.last().is_some_and(Option::is_none) {
            decoders.pop();
        }
    });
}
