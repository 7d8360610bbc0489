//! Reads Fernet tokens (<https://github.com/fernet/spec>), as the worker of a bot does.

use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::{BlockDecrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The text of a token. Fails where it was not made with `key`.
#[must_use]
pub fn fernet_decrypt(key: &str, token: &str) -> String {
    let key = BASE64_URL_SAFE.decode(key).unwrap();
    let (signing, encryption) = key.split_at(16);
    let bytes = BASE64_URL_SAFE.decode(token).unwrap();
    let (signed, tag) = bytes.split_at(bytes.len() - 32);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(signing).unwrap();
    mac.update(signed);
    mac.verify_slice(tag).expect("the token was signed with another key");
    assert_eq!(signed[0], 0x80, "the version");
    let (mut previous, ciphertext) = signed[9..].split_at(16);
    let cipher = Aes128::new_from_slice(encryption).unwrap();
    let mut text = Vec::new();
    for block in ciphertext.chunks(16) {
        let mut decrypted = <[u8; 16]>::try_from(block).unwrap().into();
        cipher.decrypt_block(&mut decrypted);
        text.extend(decrypted.iter().zip(previous).map(|(byte, before)| byte ^ before));
        previous = block;
    }
    let padding = usize::from(*text.last().unwrap());
    assert!((1..=16).contains(&padding), "the padding");
    text.truncate(text.len() - padding);
    String::from_utf8(text).unwrap()
}
