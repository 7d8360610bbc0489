//! HMAC (RFC 2104).

use super::hash::{Hash, with_hash};
use super::key::{Key, Secret};
use crate::native::bytes::Bytes;
use digest::KeyInit;
use hmac::{Mac, SimpleHmac};
use rquickjs::{Class, Ctx, Function, Object, Result};
use subtle::ConstantTimeEq;

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("hmacSign", Function::new(ctx.clone(), sign)?)?;
    crypto.set("hmacVerify", Function::new(ctx.clone(), verify)?)?;
    crypto.set("equal", Function::new(ctx.clone(), |a: Bytes, b: Bytes| bool::from(a.ct_eq(&b)))?)
}

fn sign(ctx: Ctx<'_>, hash: Hash, key: Class<'_, Key>, data: Bytes) -> Result<Bytes> {
    Ok(Bytes(tag(hash, key.borrow().secret(&ctx)?, &data)))
}

/// Takes the same time wherever the signature differs.
fn verify(ctx: Ctx<'_>, hash: Hash, key: Class<'_, Key>, signature: Bytes, data: Bytes) -> Result<bool> {
    Ok(tag(hash, key.borrow().secret(&ctx)?, &data).ct_eq(&signature).into())
}

/// The code of `data`. A key may have any length.
fn tag(hash: Hash, key: &Secret, data: &[u8]) -> Vec<u8> {
    with_hash!(hash, D => {
        <SimpleHmac<D> as KeyInit>::new_from_slice(key).map_or_else(|_| Vec::new(), |mac| mac.chain_update(data).finalize().into_bytes().to_vec())
    })
}
