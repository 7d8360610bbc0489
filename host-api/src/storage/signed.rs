//! URLs that anybody can read one object with, for a while: `<base>/api/storage/signed/<bucket>/<key>` with an expiry
//! and an HMAC-SHA256 of both.

use super::location::Location;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The path that the platform serves such URLs under.
pub const SIGNED_PATH: &str = "/api/storage/signed/";

/// Tells this key from others that are derived from the same secret.
const PURPOSE: &[u8] = b"wasmforge storage signed url v1";

/// Signs URLs.
pub(super) struct Signer {
    base: String,
    key: [u8; 32],
}

impl Signer {
    /// A signer of URLs that begin with `base`.
    pub(super) fn new(base: &str, secret: &str) -> Self {
        let key = Sha256::new().chain_update(PURPOSE).chain_update(secret).finalize().into();
        Self { base: base.trim_end_matches('/').to_owned(), key }
    }

    pub(super) fn url(&self, at: &Location, lifetime: Duration) -> String {
        let expires = seconds(SystemTime::now() + lifetime);
        let signature = hex::encode(self.mac(at, expires).finalize().into_bytes());
        let Self { base, .. } = self;
        let (bucket, key) = (&at.bucket, encode(&at.key));
        format!("{base}{SIGNED_PATH}{bucket}/{key}?expires={expires}&signature={signature}")
    }

    /// Whether a signature is ours and still good.
    pub(super) fn is_valid(&self, at: &Location, expires: u64, signature: &str) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        let is_ours = self.mac(at, expires).verify_slice(&signature).is_ok();
        is_ours && expires > seconds(SystemTime::now())
    }

    fn mac(&self, at: &Location, expires: u64) -> Hmac<Sha256> {
        // A bucket's name holds no slash, so no two locations are written alike.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            unreachable!("an HMAC takes keys of every length")
        };
        mac.update(format!("{expires}/{}/{}", at.bucket, at.key).as_bytes());
        mac
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Percent-encodes a key, leaving its slashes.
fn encode(key: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    key.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (u64, String) {
        let (_, query) = url.split_once("?expires=").unwrap();
        let (expires, signature) = query.split_once("&signature=").unwrap();
        (expires.parse().unwrap(), signature.to_owned())
    }

    #[test]
    fn a_signature_is_good_for_one_object_and_one_expiry() {
        let signer = Signer::new("http://h:1/", "secret");
        let at = Location::new("b", "a b/ü").unwrap();
        let url = signer.url(&at, Duration::from_secs(60));
        assert!(url.starts_with("http://h:1/api/storage/signed/b/a%20b/%C3%BC?expires="), "{url}");
        let (expires, signature) = parts(&url);
        assert!(signer.is_valid(&at, expires, &signature));
        assert!(!signer.is_valid(&at, expires + 1, &signature));
        assert!(!signer.is_valid(&Location::new("b", "a b").unwrap(), expires, &signature));
        assert!(!signer.is_valid(&at, expires, ""));
        assert!(!Signer::new("http://h:1/", "other").is_valid(&at, expires, &signature));
    }

    #[test]
    fn a_signature_ends() {
        let signer = Signer::new("http://h", "secret");
        let at = Location::new("b", "k").unwrap();
        let (expires, signature) = parts(&signer.url(&at, Duration::ZERO));
        assert!(!signer.is_valid(&at, expires, &signature));
    }
}
