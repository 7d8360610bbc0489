//! The curves P-256, P-384 and P-521 (FIPS 186-5): ECDSA and ECDH.

mod pair;

use super::hash::Hash;
use super::key::Key;
use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use pair::Pair;
use rquickjs::{Class, Ctx, Function, Object, Result};

pub(super) type Outcome<T> = std::result::Result<T, Error>;

const KIND: Error = Error::Access("the key is no key of an elliptic curve of the kind that is needed");

/// A public key, with its secret or without, whatever its curve is.
pub(super) trait Ec {
    /// The point, uncompressed (SEC 1).
    fn point(&self) -> Vec<u8>;
    /// The secret number, as long as the field.
    fn scalar(&self) -> Option<Vec<u8>>;
    /// PKCS #8 with a secret, SubjectPublicKeyInfo without.
    fn der(&self) -> Outcome<Vec<u8>>;
    /// The numbers r and s, each as long as the field.
    fn sign(&self, hashed: &[u8]) -> Outcome<Vec<u8>>;
    fn verify(&self, hashed: &[u8], signature: &[u8]) -> bool;
    /// The x-coordinate that this secret and another's point share.
    fn agree(&self, point: &[u8]) -> Outcome<Vec<u8>>;
    /// The same without the secret.
    fn public(&self) -> Box<dyn Ec>;
}

/// Evaluates `$body` with `$C` as the curve of that name.
macro_rules! with_curve {
    ($name:expr, $C:ident => $body:expr) => {
        match $name {
            "P-256" => {
                type $C = p256::NistP256;
                $body
            }
            "P-384" => {
                type $C = p384::NistP384;
                $body
            }
            "P-521" => {
                type $C = p521::NistP521;
                $body
            }
            _ => Err(Error::NotSupported("no such curve")),
        }
    };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("ecGenerate", Function::new(ctx.clone(), generate)?)?;
    crypto.set("ecImport", Function::new(ctx.clone(), import)?)?;
    crypto.set("ecFromParts", Function::new(ctx.clone(), from_parts)?)?;
    crypto.set(
        "ecExport",
        Function::new(ctx.clone(), |ctx, key| with(&ctx, &key, |key| key.der().map(Bytes)))?,
    )?;
    crypto.set(
        "ecPoint",
        Function::new(ctx.clone(), |ctx, key| with(&ctx, &key, |key| Ok(Bytes(key.point()))))?,
    )?;
    crypto.set("ecScalar", Function::new(ctx.clone(), scalar)?)?;
    crypto.set("ecSign", Function::new(ctx.clone(), sign)?)?;
    crypto.set("ecVerify", Function::new(ctx.clone(), verify)?)?;
    crypto.set("ecAgree", Function::new(ctx.clone(), agree)?)
}

fn with<T>(ctx: &Ctx<'_>, key: &Class<'_, Key>, work: impl FnOnce(&dyn Ec) -> Outcome<T>) -> Result<T> {
    match &*key.borrow() {
        Key::Ec(key) => work(&**key),
        _ => Err(KIND),
    }
    .or_throw(ctx)
}

/// The public key and the private key.
fn generate<'js>(ctx: Ctx<'js>, curve: String) -> Result<Vec<Class<'js, Key>>> {
    let pair: Outcome<Box<dyn Ec>> = with_curve!(curve.as_str(), C => Ok(Box::new(Pair::<C>::generate())));
    let private = pair.or_throw(&ctx)?;
    let public = private.public();
    Ok(vec![Class::instance(ctx.clone(), Key::Ec(public))?, Class::instance(ctx, Key::Ec(private))?])
}

/// Reads `raw` (a point of SEC 1), `spki` or `pkcs8`.
fn import<'js>(ctx: Ctx<'js>, curve: String, format: String, data: Bytes) -> Result<Class<'js, Key>> {
    let key: Outcome<Box<dyn Ec>> = with_curve!(curve.as_str(), C => match format.as_str() {
        "raw" => Pair::<C>::from_point(&data),
        "spki" => Pair::<C>::from_spki(&data),
        _ => Pair::<C>::from_pkcs8(&data),
    }
    .map(|pair| Box::new(pair) as Box<dyn Ec>));
    Class::instance(ctx.clone(), Key::Ec(key.or_throw(&ctx)?))
}

/// From an uncompressed point, and the secret if there is one, which must fit it.
fn from_parts<'js>(
    ctx: Ctx<'js>,
    curve: String,
    point: Bytes,
    scalar: Option<Bytes>,
) -> Result<Class<'js, Key>> {
    let key: Outcome<Box<dyn Ec>> = with_curve!(curve.as_str(), C => match &scalar {
        Some(scalar) => Pair::<C>::from_scalar(scalar, &point),
        None => Pair::<C>::from_point(&point),
    }
    .map(|pair| Box::new(pair) as Box<dyn Ec>));
    Class::instance(ctx.clone(), Key::Ec(key.or_throw(&ctx)?))
}

fn scalar(ctx: Ctx<'_>, key: Class<'_, Key>) -> Result<Bytes> {
    with(&ctx, &key, |key| key.scalar().map(Bytes).ok_or(KIND))
}

fn sign(ctx: Ctx<'_>, key: Class<'_, Key>, hash: Hash, data: Bytes) -> Result<Bytes> {
    with(&ctx, &key, |key| key.sign(&hash.of(&data)).map(Bytes))
}

fn verify(ctx: Ctx<'_>, key: Class<'_, Key>, hash: Hash, signature: Bytes, data: Bytes) -> Result<bool> {
    with(&ctx, &key, |key| Ok(key.verify(&hash.of(&data), &signature)))
}

fn agree(ctx: Ctx<'_>, key: Class<'_, Key>, public: Class<'_, Key>) -> Result<Bytes> {
    let point = with(&ctx, &public, |key| Ok(key.point()))?;
    with(&ctx, &key, |key| key.agree(&point).map(Bytes))
}
