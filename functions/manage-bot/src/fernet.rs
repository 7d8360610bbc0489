//! Fernet: how the bot's worker reads the tokens that are stored here.
//!
//! The format is that of <https://github.com/fernet/spec>: a version, the time, an IV, AES-128-CBC with PKCS #7 padding,
//! and HMAC-SHA256 over all of it, in URL-safe base64.

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use hmac::{Hmac, Mac};
use sha2::Sha256;

const VERSION: u8 = 0x80;
const BLOCK: usize = 16;

/// A key: one half signs, the other one encrypts.
pub(crate) struct Key {
    signing: [u8; 16],
    encryption: [u8; 16],
}

impl Key {
    /// Takes 32 bytes in URL-safe base64, as `cryptography.fernet.Fernet.generate_key()` writes them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE.decode(text.trim()).ok()?;
        let (signing, encryption) = bytes.split_at_checked(16)?;
        Some(Self { signing: signing.try_into().ok()?, encryption: encryption.try_into().ok()? })
    }

    /// Encrypts with an IV that is used once. `time` is in seconds since 1970.
    pub(crate) fn encrypt(&self, text: &[u8], time: u64, iv: [u8; BLOCK]) -> String {
        let mut token = vec![VERSION];
        token.extend_from_slice(&time.to_be_bytes());
        token.extend_from_slice(&iv);
        token.extend(self.ciphertext(text, iv));
        let mut mac = match <Hmac<Sha256> as Mac>::new_from_slice(&self.signing) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of every length"),
        };
        mac.update(&token);
        token.extend_from_slice(&mac.finalize().into_bytes());
        URL_SAFE.encode(token)
    }

    /// AES-128-CBC with PKCS #7 padding: there are always one to sixteen bytes of it.
    fn ciphertext(&self, text: &[u8], iv: [u8; BLOCK]) -> Vec<u8> {
        let cipher = Aes128::new(&self.encryption.into());
        let padding = BLOCK - text.len() % BLOCK;
        let mut bytes = text.to_vec();
        bytes.resize(text.len() + padding, u8::try_from(padding).unwrap_or_default());
        let mut previous = iv;
        for block in bytes.chunks_exact_mut(BLOCK) {
            let mut next: [u8; BLOCK] = std::array::from_fn(|i| block.get(i).copied().unwrap_or_default());
            next.iter_mut().zip(previous).for_each(|(byte, before)| *byte ^= before);
            let mut encrypted = next.into();
            cipher.encrypt_block(&mut encrypted);
            previous = encrypted.into();
            block.copy_from_slice(&previous);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

    #[test]
    fn the_specifications_vector_comes_out() {
        let iv = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let token = Key::parse(KEY).unwrap().encrypt(b"hello", 499_162_800, iv);
        assert_eq!(
            token,
            "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
        );
    }

    #[test]
    fn a_text_of_whole_blocks_gets_a_block_of_padding() {
        let key = Key::parse(KEY).unwrap();
        for (text, blocks) in [(0, 1), (15, 1), (16, 2), (17, 2), (46, 3)] {
            assert_eq!(key.ciphertext(&vec![7; text], [0; 16]).len(), blocks * 16, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "short", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=AA", "%%%"] {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }
}
