//! Ed25519 (RFC 8032) and X25519 (RFC 7748), with the key formats of RFC 8410.

use super::key::Key;
use super::random::HostRandom;
use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rquickjs::{Class, Ctx, Function, Object, Result};
use rsa::rand_core::RngCore;
use x25519_dalek::{PublicKey, StaticSecret};

type Outcome<T> = std::result::Result<T, Error>;

const INVALID: Error = Error::Data("the key is no valid key of its curve");
const KIND: Error = Error::Access("the key is no key of the kind that is needed");

/// What stands before the 32 bytes of a key in its one possible DER encoding; the byte after the `2b65` is the curve's.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0, 4, 0x22, 4, 0x20];
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0, 3, 0x21, 0];

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("okpGenerate", Function::new(ctx.clone(), generate)?)?;
    crypto.set("okpImport", Function::new(ctx.clone(), import)?)?;
    crypto.set("okpExport", Function::new(ctx.clone(), export)?)?;
    crypto.set("okpRaw", Function::new(ctx.clone(), raw)?)?;
    crypto.set("okpSign", Function::new(ctx.clone(), sign)?)?;
    crypto.set("okpVerify", Function::new(ctx.clone(), verify)?)?;
    crypto.set("okpAgree", Function::new(ctx.clone(), agree)?)
}

fn private(name: &str, bytes: [u8; 32]) -> Key {
    match name {
        "Ed25519" => Key::Ed25519Private(SigningKey::from_bytes(&bytes)),
        _ => Key::X25519Private(StaticSecret::from(bytes)),
    }
}

fn public(name: &str, bytes: [u8; 32]) -> Outcome<Key> {
    match name {
        "Ed25519" => VerifyingKey::from_bytes(&bytes).map(Key::Ed25519Public).map_err(|_| INVALID),
        _ => Ok(Key::X25519Public(PublicKey::from(bytes))),
    }
}

/// The public key and the private key.
fn generate<'js>(ctx: Ctx<'js>, name: String) -> Result<Vec<Class<'js, Key>>> {
    let mut bytes = [0; 32];
    HostRandom.fill_bytes(&mut bytes);
    let private = private(&name, bytes);
    let point = public_bytes(&private).or_throw(&ctx)?;
    let public = public(&name, point).or_throw(&ctx)?;
    Ok(vec![Class::instance(ctx.clone(), public)?, Class::instance(ctx, private)?])
}

/// Reads 32 bytes of a public (`raw`) or private (`seed`) key, `spki` or `pkcs8`.
fn import<'js>(ctx: Ctx<'js>, name: String, format: String, data: Bytes) -> Result<Class<'js, Key>> {
    let key = read(&name, &format, &data).or_throw(&ctx)?;
    Class::instance(ctx, key)
}

fn read(name: &str, format: &str, data: &[u8]) -> Outcome<Key> {
    let bytes = match format {
        "spki" => data.strip_prefix(&header(SPKI, name)),
        "pkcs8" => data.strip_prefix(&header(PKCS8, name)),
        _ => Some(data),
    };
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(INVALID)?;
    if matches!(format, "pkcs8" | "seed") { Ok(private(name, bytes)) } else { public(name, bytes) }
}

/// The header of a curve: the zero after its arc is the curve's own byte, or a length that stays.
fn header<const N: usize>(mut header: [u8; N], name: &str) -> [u8; N] {
    let curve = if name == "Ed25519" { 0x70 } else { 0x6e };
    if let Some(at) = header.windows(2).position(|pair| pair == [0x65, 0])
        && let Some(byte) = header.get_mut(at + 1)
    {
        *byte = curve;
    }
    header
}

fn public_bytes(key: &Key) -> Outcome<[u8; 32]> {
    match key {
        Key::Ed25519Public(key) => Ok(key.to_bytes()),
        Key::Ed25519Private(key) => Ok(key.verifying_key().to_bytes()),
        Key::X25519Public(key) => Ok(key.to_bytes()),
        Key::X25519Private(key) => Ok(PublicKey::from(key).to_bytes()),
        _ => Err(KIND),
    }
}

fn private_bytes(key: &Key) -> Outcome<[u8; 32]> {
    match key {
        Key::Ed25519Private(key) => Ok(key.to_bytes()),
        Key::X25519Private(key) => Ok(key.to_bytes()),
        _ => Err(KIND),
    }
}

/// The 32 bytes of the public key, or of the secret.
fn raw(ctx: Ctx<'_>, key: Class<'_, Key>, secret: bool) -> Result<Bytes> {
    let key = key.borrow();
    let bytes = if secret { private_bytes(&key) } else { public_bytes(&key) };
    Ok(Bytes(bytes.or_throw(&ctx)?.to_vec()))
}

/// PKCS #8 of a private key, SubjectPublicKeyInfo of a public one.
fn export(ctx: Ctx<'_>, key: Class<'_, Key>, name: String) -> Result<Bytes> {
    let key = key.borrow();
    let der = match &*key {
        Key::Ed25519Private(_) | Key::X25519Private(_) => {
            private_bytes(&key).map(|bytes| [header(PKCS8, &name).as_slice(), &bytes].concat())
        }
        _ => public_bytes(&key).map(|bytes| [header(SPKI, &name).as_slice(), &bytes].concat()),
    };
    der.map(Bytes).or_throw(&ctx)
}

fn sign(ctx: Ctx<'_>, key: Class<'_, Key>, data: Bytes) -> Result<Bytes> {
    let signature = match &*key.borrow() {
        Key::Ed25519Private(key) => Ok(key.sign(&data).to_vec()),
        _ => Err(KIND),
    };
    signature.map(Bytes).or_throw(&ctx)
}

/// Signatures and keys of small order are refused.
fn verify(ctx: Ctx<'_>, key: Class<'_, Key>, signature: Bytes, data: Bytes) -> Result<bool> {
    let verified = match &*key.borrow() {
        Key::Ed25519Public(key) => Ok(Signature::from_slice(&signature)
            .is_ok_and(|signature| key.verify_strict(&data, &signature).is_ok())),
        _ => Err(KIND),
    };
    verified.or_throw(&ctx)
}

fn agree(ctx: Ctx<'_>, key: Class<'_, Key>, public: Class<'_, Key>) -> Result<Bytes> {
    let shared = match (&*key.borrow(), &*public.borrow()) {
        (Key::X25519Private(key), Key::X25519Public(public)) => {
            let shared = key.diffie_hellman(public);
            if shared.was_contributory() {
                Ok(shared.to_bytes().to_vec())
            } else {
                Err(Error::Operation("the public key has a small order"))
            }
        }
        _ => Err(KIND),
    };
    shared.map(Bytes).or_throw(&ctx)
}
