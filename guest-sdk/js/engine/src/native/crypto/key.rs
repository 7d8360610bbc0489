//! Keys, where script cannot read them: the layer holds an object that only these natives look into.

use super::ec::Ec;
use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::Constructor;
use rquickjs::{Class, Ctx, Function, JsLifetime, Object, Result};
use rsa::{RsaPrivateKey, RsaPublicKey};
use zeroize::Zeroizing;

/// The bytes of a symmetric key; overwritten when it goes.
pub(super) type Secret = Zeroizing<Vec<u8>>;

/// A key's material.
pub(super) enum Key {
    Secret(Secret),
    RsaPublic(RsaPublicKey),
    RsaPrivate(Box<RsaPrivateKey>),
    /// A key, or a pair, on a curve of NIST's.
    Ec(Box<dyn Ec>),
    Ed25519Public(ed25519_dalek::VerifyingKey),
    Ed25519Private(ed25519_dalek::SigningKey),
    X25519Public(x25519_dalek::PublicKey),
    X25519Private(x25519_dalek::StaticSecret),
}

impl Key {
    pub(super) fn secret(&self, ctx: &Ctx<'_>) -> Result<&Secret> {
        let secret = match self {
            Self::Secret(secret) => Ok(secret),
            _ => Err(Error::Access("the key is no secret key")),
        };
        secret.or_throw(ctx)
    }

    pub(super) fn new_secret(bytes: Vec<u8>) -> Self {
        Self::Secret(Zeroizing::new(bytes))
    }
}

impl<'js> Trace<'js> for Key {
    fn trace<'a>(&self, _tracer: Tracer<'a, 'js>) {}
}

#[allow(unsafe_code, reason = "the trait asks for it")]
// SAFETY: it holds nothing of script's.
unsafe impl JsLifetime<'_> for Key {
    type Changed<'to> = Self;
}

impl<'js> JsClass<'js> for Key {
    const NAME: &'static str = "KeyMaterial";
    type Mutable = Readable;

    fn constructor(_ctx: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("secretKey", Function::new(ctx.clone(), secret_key)?)?;
    crypto.set("secretRandom", Function::new(ctx.clone(), secret_random)?)?;
    crypto.set("secretBytes", Function::new(ctx.clone(), secret_bytes)?)
}

fn secret_key<'js>(ctx: Ctx<'js>, bytes: Bytes) -> Result<Class<'js, Key>> {
    Class::instance(ctx, Key::new_secret(bytes.0))
}

fn secret_random<'js>(ctx: Ctx<'js>, length: u32) -> Result<Class<'js, Key>> {
    Class::instance(ctx, Key::new_secret(super::random::bytes(length as usize)))
}

fn secret_bytes(ctx: Ctx<'_>, key: Class<'_, Key>) -> Result<Bytes> {
    Ok(Bytes(key.borrow().secret(&ctx)?.to_vec()))
}
