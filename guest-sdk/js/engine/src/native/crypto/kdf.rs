//! Key derivation: PBKDF2 (RFC 8018), HKDF (RFC 5869), scrypt (RFC 7914).

use super::hash::{Hash, with_hash};
use super::key::Key;
use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use hkdf::SimpleHkdf;
use hmac::SimpleHmac;
use rquickjs::{Class, Ctx, Function, Object, Result};

/// Bytes that scrypt may take: what Node allows it by default.
const SCRYPT_MEMORY: u64 = 32 << 20;

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("pbkdf2", Function::new(ctx.clone(), pbkdf2)?)?;
    crypto.set("hkdf", Function::new(ctx.clone(), hkdf)?)?;
    crypto.set("scrypt", Function::new(ctx.clone(), scrypt)?)
}

fn pbkdf2(
    ctx: Ctx<'_>,
    hash: Hash,
    key: Class<'_, Key>,
    salt: Bytes,
    rounds: u32,
    length: u32,
) -> Result<Bytes> {
    let key = key.borrow();
    let mut out = vec![0; length as usize];
    let password = key.secret(&ctx)?;
    let derived = with_hash!(hash, D => pbkdf2::pbkdf2::<SimpleHmac<D>>(password, &salt, rounds, &mut out));
    derived.map_err(|_| Error::Operation("the key cannot be derived")).or_throw(&ctx)?;
    Ok(Bytes(out))
}

fn hkdf(
    ctx: Ctx<'_>,
    hash: Hash,
    key: Class<'_, Key>,
    salt: Bytes,
    info: Bytes,
    length: u32,
) -> Result<Bytes> {
    let key = key.borrow();
    let mut out = vec![0; length as usize];
    let input = key.secret(&ctx)?;
    let derived = with_hash!(hash, D => SimpleHkdf::<D>::new(Some(&salt), input).expand(&info, &mut out));
    derived.map_err(|_| Error::Operation("more than 255 times the length of the hash")).or_throw(&ctx)?;
    Ok(Bytes(out))
}

fn scrypt(ctx: Ctx<'_>, password: Bytes, salt: Bytes, n: u32, r: u32, p: u32, length: u32) -> Result<Bytes> {
    derive_scrypt(&password, &salt, (n, r, p), length).map(Bytes).or_throw(&ctx)
}

fn derive_scrypt(
    password: &[u8],
    salt: &[u8],
    (n, r, p): (u32, u32, u32),
    length: u32,
) -> std::result::Result<Vec<u8>, Error> {
    const INVALID: Error = Error::Operation("invalid parameters of scrypt");
    if !n.is_power_of_two() || 128 * u64::from(n) * u64::from(r) > SCRYPT_MEMORY {
        return Err(INVALID);
    }
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| INVALID)?;
    // The length that a `Params` holds is of password hashes only; the one that counts is that of `out`.
    let params = scrypt::Params::new(log_n, r, p, scrypt::Params::RECOMMENDED_LEN).map_err(|_| INVALID)?;
    let mut out = vec![0; length as usize];
    scrypt::scrypt(password, salt, &params, &mut out).map_err(|_| INVALID)?;
    Ok(out)
}
