//! AES in the modes CBC and CTR (NIST SP 800-38A), GCM (SP 800-38D), and as a wrap of keys (RFC 3394).

use super::gcm::Gcm;
use super::key::{Key, Secret};
use super::{Error, OrThrow};
use crate::native::bytes::Bytes;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyInit, KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use rquickjs::{Class, Ctx, Function, Object, Result};

type Outcome = std::result::Result<Vec<u8>, Error>;

const KEY_LENGTH: Error = Error::Operation("an AES key has 128, 192 or 256 bits");
const FAILED: Error = Error::Operation("the data cannot be decrypted");
const IV_LENGTH: Error = Error::Operation("the counter or vector has 16 bytes");

/// Evaluates `$body` with `$Aes` as the cipher for a key of its length.
macro_rules! with_aes {
    ($key:expr, $Aes:ident => $body:expr) => {
        match $key.len() {
            16 => {
                type $Aes = Aes128;
                $body
            }
            24 => {
                type $Aes = Aes192;
                $body
            }
            32 => {
                type $Aes = Aes256;
                $body
            }
            _ => Err(KEY_LENGTH),
        }
    };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("aesCbc", Function::new(ctx.clone(), cbc)?)?;
    crypto.set("aesCtr", Function::new(ctx.clone(), ctr)?)?;
    crypto.set("aesGcmSeal", Function::new(ctx.clone(), gcm_seal)?)?;
    crypto.set("aesGcmOpen", Function::new(ctx.clone(), gcm_open)?)?;
    crypto.set("aesWrap", Function::new(ctx.clone(), wrap)?)
}

fn cbc(ctx: Ctx<'_>, encrypt: bool, key: Class<'_, Key>, iv: Bytes, data: Bytes) -> Result<Bytes> {
    let key = key.borrow();
    let key = key.secret(&ctx)?;
    let done = if encrypt { cbc_encrypt(key, &iv, &data) } else { cbc_decrypt(key, &iv, &data) };
    done.map(Bytes).or_throw(&ctx)
}

fn cbc_encrypt(key: &Secret, iv: &[u8], data: &[u8]) -> Outcome {
    with_aes!(key, Aes => {
        let cipher = cbc::Encryptor::<Aes>::new_from_slices(key, iv).map_err(|_| IV_LENGTH)?;
        Ok(cipher.encrypt_padded_vec_mut::<Pkcs7>(data))
    })
}

fn cbc_decrypt(key: &Secret, iv: &[u8], data: &[u8]) -> Outcome {
    with_aes!(key, Aes => {
        let cipher = cbc::Decryptor::<Aes>::new_from_slices(key, iv).map_err(|_| IV_LENGTH)?;
        cipher.decrypt_padded_vec_mut::<Pkcs7>(data).map_err(|_| FAILED)
    })
}

fn ctr(ctx: Ctx<'_>, key: Class<'_, Key>, counter: Bytes, bits: u32, mut data: Bytes) -> Result<Bytes> {
    let key = key.borrow();
    let key = key.secret(&ctx)?;
    apply_ctr(key, &counter, bits, &mut data.0).or_throw(&ctx)?;
    Ok(data)
}

/// Applies the key stream of a counter whose low `bits` bits count, and wrap, within a block that otherwise stays.
fn apply_ctr(key: &Secret, counter: &[u8], bits: u32, data: &mut [u8]) -> std::result::Result<(), Error> {
    let start = u128::from_be_bytes(counter.try_into().map_err(|_| IV_LENGTH)?);
    let mask = u128::MAX >> (128 - bits.clamp(1, 128));
    let blocks = data.len().div_ceil(16) as u128;
    if blocks.saturating_sub(1) > mask {
        return Err(Error::Operation("the counter would repeat"));
    }
    let before_wrap = (mask - (start & mask)).saturating_add(1).min(blocks);
    let split = usize::try_from(before_wrap * 16).unwrap_or(usize::MAX).min(data.len());
    let (first, rest) = data.split_at_mut(split);
    with_aes!(key, Aes => {
        for (counter, part) in [(start, first), (start & !mask, rest)] {
            let cipher = ctr::Ctr128BE::<Aes>::new_from_slices(key, &counter.to_be_bytes());
            cipher.map_err(|_| IV_LENGTH)?.apply_keystream(part);
        }
        Ok(())
    })
}

/// The tag, of `tag` bytes, follows the data.
fn gcm_seal(
    ctx: Ctx<'_>,
    key: Class<'_, Key>,
    iv: Bytes,
    additional: Bytes,
    tag: usize,
    data: Bytes,
) -> Result<Bytes> {
    let key = key.borrow();
    seal(key.secret(&ctx)?, &iv, &additional, tag, data.0).map(Bytes).or_throw(&ctx)
}

fn seal(key: &Secret, iv: &[u8], additional: &[u8], tag: usize, mut data: Vec<u8>) -> Outcome {
    with_aes!(key, Aes => {
        let cipher = Aes::new_from_slice(key).map_err(|_| KEY_LENGTH)?;
        let sum = Gcm::new(cipher, iv).seal(additional, &mut data);
        data.extend(sum.iter().take(tag));
        Ok(data)
    })
}

fn gcm_open(
    ctx: Ctx<'_>,
    key: Class<'_, Key>,
    iv: Bytes,
    additional: Bytes,
    tag: usize,
    data: Bytes,
) -> Result<Bytes> {
    let key = key.borrow();
    open(key.secret(&ctx)?, &iv, &additional, tag, data.0).map(Bytes).or_throw(&ctx)
}

fn open(key: &Secret, iv: &[u8], additional: &[u8], tag: usize, mut data: Vec<u8>) -> Outcome {
    let length = data.len().checked_sub(tag).ok_or(FAILED)?;
    let sum = data.split_off(length);
    with_aes!(key, Aes => {
        let cipher = Aes::new_from_slice(key).map_err(|_| KEY_LENGTH)?;
        if Gcm::new(cipher, iv).open(additional, &mut data, &sum) { Ok(data) } else { Err(FAILED) }
    })
}

fn wrap(ctx: Ctx<'_>, wrap: bool, key: Class<'_, Key>, data: Bytes) -> Result<Bytes> {
    let key = key.borrow();
    let key = key.secret(&ctx)?;
    wrap_key(wrap, key, &data).map(Bytes).or_throw(&ctx)
}

fn wrap_key(wrap: bool, key: &Secret, data: &[u8]) -> Outcome {
    if data.len() < if wrap { 16 } else { 24 } {
        return Err(Error::Operation("a wrapped key has 16 bytes at least"));
    }
    with_aes!(key, Aes => {
        let kek = aes_kw::Kek::<Aes>::try_from(key.as_slice()).map_err(|_| KEY_LENGTH)?;
        let done = if wrap { kek.wrap_vec(data) } else { kek.unwrap_vec(data) };
        done.map_err(|_| Error::Operation("the key cannot be wrapped or unwrapped"))
    })
}
