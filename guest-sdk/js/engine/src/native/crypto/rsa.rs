//! RSA (RFC 8017): signatures with the paddings PSS and PKCS #1 v1.5, encryption with OAEP.
//!
//! The crate's private-key operations are blinded, but the arithmetic below is not constant in time
//! (RUSTSEC-2023-0071): who can time very many operations of one key may learn about it.

use super::hash::{Hash, with_hash};
use super::key::Key;
use super::random::HostRandom;
use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use rquickjs::{Class, Ctx, Function, Object, Result};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, Oaep, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};

type Outcome<T> = std::result::Result<T, Error>;

/// Bits of a modulus.
const SIZES: std::ops::RangeInclusive<usize> = 512..=8192;

const INVALID: Error = Error::Data("the key is no valid RSA key");
const KIND: Error = Error::Access("the key is no RSA key of the kind that is needed");
const FAILED: Error = Error::Operation("the RSA operation failed");

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("rsaGenerate", Function::new(ctx.clone(), generate)?)?;
    crypto.set("rsaImport", Function::new(ctx.clone(), import)?)?;
    crypto.set("rsaFromParts", Function::new(ctx.clone(), from_parts)?)?;
    crypto.set("rsaExport", Function::new(ctx.clone(), export)?)?;
    crypto.set("rsaParts", Function::new(ctx.clone(), parts)?)?;
    crypto.set("rsaSign", Function::new(ctx.clone(), sign)?)?;
    crypto.set("rsaVerify", Function::new(ctx.clone(), verify)?)?;
    crypto.set("rsaEncrypt", Function::new(ctx.clone(), encrypt)?)?;
    crypto.set("rsaDecrypt", Function::new(ctx.clone(), decrypt)?)
}

/// The public key and the private key.
fn generate<'js>(ctx: Ctx<'js>, bits: usize, exponent: Bytes) -> Result<Vec<Class<'js, Key>>> {
    let exponent = BigUint::from_bytes_be(&exponent);
    let odd = exponent.to_bytes_le().first().is_some_and(|byte| byte % 2 == 1);
    if !SIZES.contains(&bits) || !odd || exponent < BigUint::from(3_u8) || exponent.bits() > 32 {
        return Err(Error::Operation("RSA keys of this size or exponent are not made")).or_throw(&ctx);
    }
    let private =
        RsaPrivateKey::new_with_exp(&mut HostRandom, bits, &exponent).map_err(|_| FAILED).or_throw(&ctx)?;
    let public = private.to_public_key();
    Ok(vec![
        Class::instance(ctx.clone(), Key::RsaPublic(public))?,
        Class::instance(ctx, Key::RsaPrivate(Box::new(private)))?,
    ])
}

/// Reads PKCS #8 (RFC 5208) or SubjectPublicKeyInfo (RFC 5280).
fn import<'js>(ctx: Ctx<'js>, private: bool, der: Bytes) -> Result<Class<'js, Key>> {
    let key = if private {
        RsaPrivateKey::from_pkcs8_der(&der).map(|key| Key::RsaPrivate(Box::new(key))).map_err(|_| INVALID)
    } else {
        RsaPublicKey::from_public_key_der(&der).map(Key::RsaPublic).map_err(|_| INVALID)
    };
    Class::instance(ctx.clone(), key.or_throw(&ctx)?)
}

/// From `n` and `e`, or `n`, `e`, `d`, `p` and `q`; what else a key has follows from them.
fn from_parts<'js>(ctx: Ctx<'js>, parts: Vec<Bytes>) -> Result<Class<'js, Key>> {
    let numbers: Vec<BigUint> = parts.iter().map(|part| BigUint::from_bytes_be(part)).collect();
    let key = build(&numbers).or_throw(&ctx)?;
    Class::instance(ctx, key)
}

fn build(numbers: &[BigUint]) -> Outcome<Key> {
    match numbers {
        [n, e] => RsaPublicKey::new_with_max_size(n.clone(), e.clone(), *SIZES.end()).map(Key::RsaPublic),
        [n, e, d, p, q] => {
            RsaPrivateKey::from_components(n.clone(), e.clone(), d.clone(), vec![p.clone(), q.clone()])
                .map(|key| Key::RsaPrivate(Box::new(key)))
        }
        _ => return Err(INVALID),
    }
    .map_err(|_| INVALID)
}

/// PKCS #8 of a private key, SubjectPublicKeyInfo of a public one.
fn export(ctx: Ctx<'_>, key: Class<'_, Key>) -> Result<Bytes> {
    let der = match &*key.borrow() {
        Key::RsaPrivate(key) => key.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(|_| FAILED),
        Key::RsaPublic(key) => {
            key.to_public_key_der().map(rsa::pkcs8::Document::into_vec).map_err(|_| FAILED)
        }
        _ => Err(KIND),
    };
    der.map(Bytes).or_throw(&ctx)
}

/// `n` and `e`; of a private key `d`, `p`, `q`, `dp`, `dq` and `qi` as well.
fn parts(ctx: Ctx<'_>, key: Class<'_, Key>, secret: bool) -> Result<Vec<Bytes>> {
    let numbers = match &*key.borrow() {
        Key::RsaPublic(key) => Ok(vec![key.n().to_bytes_be(), key.e().to_bytes_be()]),
        Key::RsaPrivate(key) if !secret => Ok(vec![key.n().to_bytes_be(), key.e().to_bytes_be()]),
        Key::RsaPrivate(key) => private_parts(key),
        _ => Err(KIND),
    };
    Ok(numbers.or_throw(&ctx)?.into_iter().map(Bytes).collect())
}

fn private_parts(key: &RsaPrivateKey) -> Outcome<Vec<Vec<u8>>> {
    let [p, q] = key.primes() else { return Err(Error::NotSupported("the key has more than two primes")) };
    let (dp, dq) = (key.d() % (p - 1_u8), key.d() % (q - 1_u8));
    let qi = key.crt_coefficient().ok_or(FAILED)?;
    Ok([key.n(), key.e(), key.d(), p, q, &dp, &dq, &qi].map(BigUint::to_bytes_be).into())
}

/// With a salt's length the padding is PSS, without one PKCS #1 v1.5.
fn sign(ctx: Ctx<'_>, key: Class<'_, Key>, hash: Hash, salt: Option<usize>, data: Bytes) -> Result<Bytes> {
    let hashed = hash.of(&data);
    let signature = match &*key.borrow() {
        Key::RsaPrivate(key) => with_hash!(hash, D => match salt {
            Some(salt) => key.sign_with_rng(&mut HostRandom, Pss::new_blinded_with_salt::<D>(salt), &hashed),
            None => key.sign_with_rng(&mut HostRandom, Pkcs1v15Sign::new::<D>(), &hashed),
        })
        .map_err(|_| FAILED),
        _ => Err(KIND),
    };
    signature.map(Bytes).or_throw(&ctx)
}

fn verify(
    ctx: Ctx<'_>,
    key: Class<'_, Key>,
    hash: Hash,
    salt: Option<usize>,
    signature: Bytes,
    data: Bytes,
) -> Result<bool> {
    let hashed = hash.of(&data);
    let verified = match &*key.borrow() {
        Key::RsaPublic(key) => Ok(with_hash!(hash, D => match salt {
            Some(salt) => key.verify(Pss::new_with_salt::<D>(salt), &hashed, &signature),
            None => key.verify(Pkcs1v15Sign::new::<D>(), &hashed, &signature),
        })
        .is_ok()),
        _ => Err(KIND),
    };
    verified.or_throw(&ctx)
}

fn oaep(hash: Hash, label: &[u8]) -> Outcome<Oaep> {
    let label = std::str::from_utf8(label).map_err(|_| Error::NotSupported("a label is UTF-8"))?;
    Ok(with_hash!(hash, D => Oaep::new_with_label::<D, _>(label)))
}

fn encrypt(ctx: Ctx<'_>, key: Class<'_, Key>, hash: Hash, label: Bytes, data: Bytes) -> Result<Bytes> {
    let padding = oaep(hash, &label).or_throw(&ctx)?;
    let sealed = match &*key.borrow() {
        Key::RsaPublic(key) => key.encrypt(&mut HostRandom, padding, &data).map_err(|_| FAILED),
        _ => Err(KIND),
    };
    sealed.map(Bytes).or_throw(&ctx)
}

fn decrypt(ctx: Ctx<'_>, key: Class<'_, Key>, hash: Hash, label: Bytes, data: Bytes) -> Result<Bytes> {
    let padding = oaep(hash, &label).or_throw(&ctx)?;
    let opened = match &*key.borrow() {
        Key::RsaPrivate(key) => key.decrypt_blinded(&mut HostRandom, padding, &data).map_err(|_| FAILED),
        _ => Err(KIND),
    };
    opened.map(Bytes).or_throw(&ctx)
}
