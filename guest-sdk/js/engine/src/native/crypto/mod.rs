//! `native.crypto`: what the Web Cryptography API and `node:crypto` stand on. A file per family of algorithms.
//!
//! Everything here runs to its end at once: script waits for it, and the limit of CPU time counts it.

mod aes;
mod curve25519;
mod ec;
mod error;
mod gcm;
mod hash;
mod hmac;
mod kdf;
mod key;
mod random;
mod rsa;

use error::{Error, OrThrow};
use rquickjs::{Ctx, Object, Result};

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let crypto = Object::new(ctx.clone())?;
    random::register(ctx, &crypto)?;
    hash::register(ctx, &crypto)?;
    hmac::register(ctx, &crypto)?;
    key::register(ctx, &crypto)?;
    aes::register(ctx, &crypto)?;
    rsa::register(ctx, &crypto)?;
    ec::register(ctx, &crypto)?;
    curve25519::register(ctx, &crypto)?;
    kdf::register(ctx, &crypto)?;
    native.set("crypto", crypto)
}
