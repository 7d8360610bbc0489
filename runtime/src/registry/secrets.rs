//! The format of `system.secrets.value_ciphertext`, which InsForge's backend writes and reads too.
//!
//! A value is `hex(iv):hex(tag):hex(ciphertext)`: AES-256-GCM without associated data, a random IV of **16 bytes**
//! (not the usual 12) and a tag of 16. The key is the SHA-256 of the key text's UTF-8 bytes.

use crate::config::Secret;
use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::{AesGcm, aes::Aes256};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes of an IV and of an authentication tag.
const BLOCK: usize = 16;

/// Why one stored value cannot be read. Says nothing of the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Neither `ENCRYPTION_KEY` nor `JWT_SECRET` is set.
    #[error("no encryption key is configured")]
    NoKey,
    /// It does not have three parts.
    #[error("the stored text is not iv:tag:ciphertext")]
    Format,
    /// A part is not hexadecimal.
    #[error("the stored text is not hexadecimal")]
    Hex,
    /// The IV or the tag has another length.
    #[error("the IV and the tag must have 16 bytes each")]
    Length,
    /// The tag does not fit: another key, or the text was changed.
    #[error("it was encrypted with another key, or it was changed")]
    Tag,
    /// What was decrypted is not text.
    #[error("the decrypted value is not UTF-8")]
    Utf8,
}

/// Reads and writes stored secrets with one key. The key is wiped from memory when this is dropped.
pub struct SecretCipher(Option<AesGcm<Aes256, U16>>);

impl SecretCipher {
    /// Derives the key from its text. An empty text is no key: nothing can be read or written.
    #[must_use]
    pub fn new(key: &Secret) -> Self {
        if key.is_empty() {
            return Self(None);
        }
        let digest: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(key.expose().as_bytes()).into());
        Self(Some(AesGcm::new((&*digest).into())))
    }

    /// Decrypts one stored value.
    ///
    /// # Errors
    /// [`SecretError`] says which rule of the format it breaks.
    pub fn decrypt(&self, stored: &str) -> Result<Zeroizing<String>, SecretError> {
        let cipher = self.0.as_ref().ok_or(SecretError::NoKey)?;
        let mut parts = stored.split(':');
        let (Some(iv), Some(tag), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SecretError::Format);
        };
        let decode = |part| hex::decode(part).map_err(|_| SecretError::Hex);
        let block = |part| <[u8; BLOCK]>::try_from(decode(part)?).map_err(|_| SecretError::Length);
        let (iv, tag) = (block(iv)?, block(tag)?);
        let mut value = Zeroizing::new(decode(text)?);
        cipher
            .decrypt_in_place_detached((&iv).into(), b"", &mut value, (&tag).into())
            .map_err(|_| SecretError::Tag)?;
        let text = std::str::from_utf8(&value).map_err(|_| SecretError::Utf8)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Encrypts a value under a fresh random IV, as InsForge's backend would.
    ///
    /// # Errors
    /// [`SecretError::NoKey`] where no key is configured.
    pub fn encrypt(&self, value: &str) -> Result<String, SecretError> {
        self.encrypt_with(value, rand::random())
    }

    fn encrypt_with(&self, value: &str, iv: [u8; BLOCK]) -> Result<String, SecretError> {
        let cipher = self.0.as_ref().ok_or(SecretError::NoKey)?;
        let mut text = value.as_bytes().to_vec();
        let tag = cipher
            .encrypt_in_place_detached((&iv).into(), b"", &mut text)
            .map_err(|_| SecretError::Length)?;
        Ok(format!("{}:{}:{}", hex::encode(iv), hex::encode(tag), hex::encode(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = "000102030405060708090a0b0c0d0e0f:fd7ff946422c83b08ff2cb645814afbb:7765815e94";

    fn cipher(key: &str) -> SecretCipher {
        SecretCipher::new(&Secret::new(key))
    }

    #[test]
    fn reads_and_writes_what_insforge_writes() {
        let cipher = cipher("test-key");
        assert_eq!(*cipher.decrypt(VECTOR).unwrap(), "hello");
        let iv = std::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(cipher.encrypt_with("hello", iv).unwrap(), VECTOR);
    }

    #[test]
    fn every_value_gets_its_own_iv() {
        let cipher = cipher("k");
        let (first, second) = (cipher.encrypt("").unwrap(), cipher.encrypt("").unwrap());
        assert_ne!(first, second);
        assert_eq!(*cipher.decrypt(&first).unwrap(), "");
        assert_eq!(*cipher.decrypt(&cipher.encrypt("žluťoučký").unwrap()).unwrap(), "žluťoučký");
    }

    #[test]
    fn refuses_what_breaks_the_format() {
        let cipher = cipher("test-key");
        let (iv, tag) = ("00".repeat(16), "11".repeat(16));
        for (stored, error) in [
            (String::new(), SecretError::Format),
            ("aa:bb".into(), SecretError::Format),
            (format!("{VECTOR}:00"), SecretError::Format),
            (format!("{iv}:{tag}:zz"), SecretError::Hex),
            (format!("{iv}:{tag}:abc"), SecretError::Hex),
            (format!("{}:{tag}:00", "00".repeat(12)), SecretError::Length),
            (format!("{iv}:{}:00", "11".repeat(4)), SecretError::Length),
        ] {
            assert_eq!(cipher.decrypt(&stored).unwrap_err(), error, "{stored}");
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_and_a_wrong_key_are_noticed() {
        let flipped = |at: usize| {
            let mut text = VECTOR.to_owned().into_bytes();
            text[at] = if text[at] == b'0' { b'1' } else { b'0' };
            String::from_utf8(text).unwrap()
        };
        for at in [0, 31, 33, 64, 66, VECTOR.len() - 1] {
            assert_eq!(cipher("test-key").decrypt(&flipped(at)).unwrap_err(), SecretError::Tag, "{at}");
        }
        assert_eq!(cipher("other").decrypt(VECTOR).unwrap_err(), SecretError::Tag);
    }

    #[test]
    fn without_a_key_nothing_is_read_or_written() {
        let cipher = cipher("");
        assert_eq!(cipher.decrypt(VECTOR).unwrap_err(), SecretError::NoKey);
        assert_eq!(cipher.encrypt("x").unwrap_err(), SecretError::NoKey);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let cipher = cipher("k");
        let iv = [7u8; BLOCK];
        let mut bytes = vec![0xff, 0xfe];
        let tag =
            cipher.0.as_ref().unwrap().encrypt_in_place_detached((&iv).into(), b"", &mut bytes).unwrap();
        let stored = format!("{}:{}:{}", hex::encode(iv), hex::encode(tag), hex::encode(bytes));
        assert_eq!(cipher.decrypt(&stored).unwrap_err(), SecretError::Utf8);
    }
}
