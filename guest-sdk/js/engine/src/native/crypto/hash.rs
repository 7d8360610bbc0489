//! Hash functions: SHA-1 and SHA-2 (FIPS 180-4), and MD5 (RFC 1321) for `node:crypto`.

use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use digest::DynDigest;
use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::Constructor;
use rquickjs::{Class, Ctx, FromJs, Function, JsLifetime, Object, Result, Value};
use std::cell::RefCell;

/// A hash function, by the name that the layer gives it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512Part256,
}

/// Evaluates `$body` with `$D` as the type of a hash function.
macro_rules! with_hash {
    ($hash:expr, $D:ident => $body:expr) => {{
        use $crate::native::crypto::hash::Hash;
        match $hash {
            Hash::Md5 => {
                type $D = md5::Md5;
                $body
            }
            Hash::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            Hash::Sha224 => {
                type $D = sha2::Sha224;
                $body
            }
            Hash::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            Hash::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            Hash::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
            Hash::Sha512Part256 => {
                type $D = sha2::Sha512_256;
                $body
            }
        }
    }};
}
pub(super) use with_hash;

impl Hash {
    fn begin(self) -> Box<dyn DynDigest> {
        with_hash!(self, D => Box::new(D::default()))
    }

    pub(super) fn of(self, data: &[u8]) -> Vec<u8> {
        let mut hasher = self.begin();
        hasher.update(data);
        hasher.finalize().into_vec()
    }
}

impl<'js> FromJs<'js> for Hash {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let hash = match String::from_js(ctx, value)?.as_str() {
            "MD5" => Ok(Self::Md5),
            "SHA-1" => Ok(Self::Sha1),
            "SHA-224" => Ok(Self::Sha224),
            "SHA-256" => Ok(Self::Sha256),
            "SHA-384" => Ok(Self::Sha384),
            "SHA-512" => Ok(Self::Sha512),
            "SHA-512/256" => Ok(Self::Sha512Part256),
            _ => Err(Error::NotSupported("no such hash function")),
        };
        hash.or_throw(ctx)
    }
}

/// A hash that is being made of parts.
struct Hasher(RefCell<Box<dyn DynDigest>>);

impl<'js> Trace<'js> for Hasher {
    fn trace<'a>(&self, _tracer: Tracer<'a, 'js>) {}
}

#[allow(unsafe_code, reason = "the trait asks for it")]
// SAFETY: it holds nothing of script's.
unsafe impl JsLifetime<'_> for Hasher {
    type Changed<'to> = Self;
}

impl<'js> JsClass<'js> for Hasher {
    const NAME: &'static str = "Hasher";
    type Mutable = Readable;

    fn constructor(_ctx: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("digest", Function::new(ctx.clone(), |hash: Hash, data: Bytes| Bytes(hash.of(&data)))?)?;
    crypto.set("hasher", Function::new(ctx.clone(), begin)?)?;
    crypto.set("hasherUpdate", Function::new(ctx.clone(), update)?)?;
    crypto.set("hasherFinish", Function::new(ctx.clone(), finish)?)?;
    crypto.set("hasherCopy", Function::new(ctx.clone(), copy)?)
}

fn begin<'js>(ctx: Ctx<'js>, hash: Hash) -> Result<Class<'js, Hasher>> {
    Class::instance(ctx, Hasher(RefCell::new(hash.begin())))
}

fn update(hasher: Class<'_, Hasher>, data: Bytes) {
    hasher.borrow().0.borrow_mut().update(&data);
}

fn finish(hasher: Class<'_, Hasher>) -> Bytes {
    Bytes(hasher.borrow().0.borrow_mut().finalize_reset().into_vec())
}

fn copy<'js>(ctx: Ctx<'js>, hasher: Class<'js, Hasher>) -> Result<Class<'js, Hasher>> {
    let copy = hasher.borrow().0.borrow().box_clone();
    Class::instance(ctx, Hasher(RefCell::new(copy)))
}
