//! `native.compression`: gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951), by the crate `flate2`.

use super::encoding::bytes;
use super::inflate::Inflate;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzDecoder, GzEncoder, ZlibEncoder};
use rquickjs::{Ctx, Function, IntoJs, Object, Result, TypedArray, Value};
use std::cell::RefCell;
use std::io::{self, Write};

thread_local! {
    /// Streams, by number.
    static CODECS: RefCell<Vec<Box<dyn Codec>>> = const { RefCell::new(Vec::new()) };
}

/// One direction of one format.
trait Codec: Write {
    /// Ends it.
    fn end(&mut self) -> io::Result<()>;
    /// Writes what it can write by now. A compressor gathers more before it does.
    fn drain(&mut self) -> io::Result<()>;
    /// What it wrote since.
    fn output(&mut self) -> &mut Vec<u8>;
}

macro_rules! codecs {
    ($($name:ident $drain:expr;)*) => {$(
        impl Codec for $name<Vec<u8>> {
            fn end(&mut self) -> io::Result<()> {
                self.try_finish()
            }

            fn drain(&mut self) -> io::Result<()> {
                let drain: fn(&mut Self) -> io::Result<()> = $drain;
                drain(self)
            }

            fn output(&mut self) -> &mut Vec<u8> {
                self.get_mut()
            }
        }
    )*};
}

codecs! {
    GzDecoder Write::flush;
    DeflateEncoder |_| Ok(());
    GzEncoder |_| Ok(());
    ZlibEncoder |_| Ok(());
}

impl Codec for Inflate {
    fn end(&mut self) -> io::Result<()> {
        if self.ended() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn drain(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let compression = Object::new(ctx.clone())?;
    compression.set("compressor", Function::new(ctx.clone(), compressor)?)?;
    compression.set("decompressor", Function::new(ctx.clone(), decompressor)?)?;
    compression.set("push", Function::new(ctx.clone(), push)?)?;
    compression.set("finish", Function::new(ctx.clone(), finish)?)?;
    native.set("compression", compression)
}

fn keep(codec: Box<dyn Codec>) -> usize {
    CODECS.with_borrow_mut(|codecs| {
        codecs.push(codec);
        codecs.len() - 1
    })
}

#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn compressor(format: String) -> usize {
    let level = Compression::default();
    keep(match format.as_str() {
        "gzip" => Box::new(GzEncoder::new(Vec::new(), level)),
        "deflate" => Box::new(ZlibEncoder::new(Vec::new(), level)),
        _ => Box::new(DeflateEncoder::new(Vec::new(), level)),
    })
}

#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn decompressor(format: String) -> usize {
    keep(match format.as_str() {
        "gzip" => Box::new(GzDecoder::new(Vec::new())),
        format => Box::new(Inflate::new(format == "deflate")),
    })
}

/// Takes input; the output that there is by now, or a string that says what is wrong with the input.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn push<'js>(ctx: Ctx<'js>, number: usize, input: TypedArray<'js, u8>) -> Result<Value<'js>> {
    step(ctx, number, |codec| {
        codec.write_all(bytes(&input)).map_err(|error| match error.kind() {
            io::ErrorKind::WriteZero => "There is data after the end of the compressed data".to_owned(),
            _ => format!("The compressed data is not valid: {error}"),
        })?;
        codec.drain().map_err(|error| error.to_string())
    })
}

/// Ends a stream; what [`push`] answers.
fn finish(ctx: Ctx<'_>, number: usize) -> Result<Value<'_>> {
    step(ctx, number, |codec| {
        codec.end().map_err(|error| format!("The compressed data is not whole: {error}"))
    })
}

fn step<'js>(
    ctx: Ctx<'js>,
    number: usize,
    work: impl FnOnce(&mut dyn Codec) -> std::result::Result<(), String>,
) -> Result<Value<'js>> {
    let done = CODECS.with_borrow_mut(|codecs| {
        let codec = codecs.get_mut(number).ok_or_else(|| "The stream has ended".to_owned())?;
        work(codec.as_mut()).map(|()| std::mem::take(codec.output()))
    });
    match done {
        Ok(output) => Ok(TypedArray::new(ctx, output)?.into_value()),
        Err(problem) => problem.into_js(&ctx),
    }
}
