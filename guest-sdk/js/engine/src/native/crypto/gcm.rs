//! AES-GCM (NIST SP 800-38D) with a nonce and a tag of any length that the standard allows.
//!
//! The crate `aes-gcm` knows a type per length; nonces here have the length that script gives them.

use aes::Block;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipher, BlockEncrypt, InnerIvInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use ghash::GHash;
use ghash::universal_hash::{KeyInit, UniversalHash};
use subtle::ConstantTimeEq;

/// A cipher of one nonce.
pub(super) struct Gcm<C: BlockEncrypt + BlockCipher<BlockSize = U16>> {
    cipher: C,
    ghash: GHash,
    /// The counter block of the tag's mask.
    first: Block,
}

impl<C: BlockEncrypt + BlockCipher<BlockSize = U16> + Clone> Gcm<C> {
    pub(super) fn new(cipher: C, nonce: &[u8]) -> Self {
        let mut key = Block::default();
        cipher.encrypt_block(&mut key);
        let ghash = GHash::new(&key);
        let first = first_block(&ghash, nonce);
        Self { cipher, ghash, first }
    }

    /// Encrypts in place, and returns the tag.
    pub(super) fn seal(&self, additional: &[u8], data: &mut [u8]) -> Block {
        self.apply(data);
        self.tag(additional, data)
    }

    /// Decrypts in place if `tag` is right, which takes the same time wherever it is not.
    pub(super) fn open(&self, additional: &[u8], data: &mut [u8], tag: &[u8]) -> bool {
        let expected = self.tag(additional, data);
        let expected = expected.get(..tag.len()).unwrap_or_default();
        let right = bool::from(expected.ct_eq(tag));
        if right {
            self.apply(data);
        }
        right
    }

    fn apply(&self, data: &mut [u8]) {
        let mut counter = self.first;
        increment(&mut counter);
        let core = CtrCore::<C, Ctr32BE>::inner_iv_init(self.cipher.clone(), &counter);
        StreamCipherCoreWrapper::from_core(core).apply_keystream(data);
    }

    fn tag(&self, additional: &[u8], sealed: &[u8]) -> Block {
        let mut ghash = self.ghash.clone();
        ghash.update_padded(additional);
        ghash.update_padded(sealed);
        ghash.update(&[lengths(additional.len(), sealed.len())]);
        let mut tag = self.first;
        self.cipher.encrypt_block(&mut tag);
        for (byte, hashed) in tag.iter_mut().zip(ghash.finalize()) {
            *byte ^= hashed;
        }
        tag
    }
}

/// The block before the first counter: the nonce of 12 bytes with a 1 behind it, or the hash of any other.
fn first_block(ghash: &GHash, nonce: &[u8]) -> Block {
    if nonce.len() == 12 {
        let mut block = Block::default();
        for (place, byte) in block.iter_mut().zip(nonce.iter().chain(&[0, 0, 0, 1])) {
            *place = *byte;
        }
        return block;
    }
    let mut ghash = ghash.clone();
    ghash.update_padded(nonce);
    ghash.update(&[lengths(0, nonce.len())]);
    ghash.finalize()
}

/// Adds 1 to the last 32 bits.
fn increment(block: &mut Block) {
    for byte in block.iter_mut().rev().take(4) {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return;
        }
    }
}

/// Two lengths in bits, as GHASH ends with.
fn lengths(first: usize, second: usize) -> Block {
    let bits = ((first as u128 * 8) << 64) | (second as u128 * 8);
    bits.to_be_bytes().into()
}
