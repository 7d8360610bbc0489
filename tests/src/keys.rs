//! Secrets and tokens, made the way InsForge's backend makes them.

use crate::serve::{ENCRYPTION_KEY, JWT_SECRET};
use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::{AesGcm, aes::Aes256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The stored form of a secret, encrypted with the nodes' key.
#[must_use]
pub fn encrypt(value: &str) -> String {
    encrypt_with(ENCRYPTION_KEY, value)
}

/// The same with another key: `hex(iv):hex(tag):hex(ciphertext)`, AES-256-GCM with an IV of 16 bytes.
#[must_use]
pub fn encrypt_with(key: &str, value: &str) -> String {
    let cipher = AesGcm::<Aes256, U16>::new(&Sha256::digest(key.as_bytes()));
    let iv: [u8; 16] = rand::random();
    let mut text = value.as_bytes().to_vec();
    let tag = cipher.encrypt_in_place_detached(&iv.into(), b"", &mut text).unwrap();
    format!("{}:{}:{}", hex::encode(iv), hex::encode(tag), hex::encode(text))
}

/// A token that the nodes accept.
#[must_use]
pub fn token(claims: &Value) -> String {
    token_signed_with(JWT_SECRET, claims)
}

/// An HS256 token of somebody who knows `secret`.
#[must_use]
pub fn token_signed_with(secret: &str, claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// A token that claims to need no signature.
#[must_use]
pub fn unsigned_token(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(claims))
}

/// A pair of keys as InsForge's backend keeps one in `system.secrets`.
pub struct RsaKey {
    private: EncodingKey,
    /// The public key, PEM.
    pub public: String,
    /// The private key, PEM.
    pub private_pem: String,
}

impl RsaKey {
    /// A new pair.
    #[must_use]
    pub fn generate() -> Self {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let private =
            EncodingKey::from_rsa_pem(key.to_pkcs1_pem(LineEnding::LF).unwrap().as_bytes()).unwrap();
        let private_pem = key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        Self { private, public: key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap(), private_pem }
    }

    /// An RS256 token under this key id.
    #[must_use]
    pub fn token(&self, id: Option<&str>, claims: &Value) -> String {
        let header = Header { kid: id.map(str::to_owned), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}

/// The second, so many seconds from now.
#[must_use]
pub fn in_seconds(seconds: i64) -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp() + seconds
}
