//! The seal on machine code. Loading machine code is running it, so only code that this installation made is loaded.

use crate::config::Secret;
use crate::registry::ArtifactKey;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Bytes of a seal: HMAC-SHA256.
pub const SEAL_LEN: usize = 32;

/// Hexadecimal digits of a local seal.
const LOCAL_SEAL_LEN: usize = 64;

/// Seals machine code and checks seals, with a key derived from the installation's encryption key.
#[derive(Clone)]
pub struct Sealer(Hmac<Sha256>);

/// The seal does not belong to these bytes, this module, this engine and this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine code's seal is broken")]
pub struct BrokenSeal;

impl Sealer {
    /// A sealer for this installation. Nodes that share an encryption key accept each other's code.
    #[must_use]
    pub fn new(installation: &Secret) -> Self {
        let mut derived = Sha256::new_with_prefix(b"wasmforge artifact seal 1\0");
        derived.update(installation.expose().as_bytes());
        // HMAC pads a short key with zeros to a block of 64 bytes.
        let mut block = [0; 64];
        block.iter_mut().zip(derived.finalize()).for_each(|(to, from)| *to = from);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(b"machine code\0");
        Self(mac)
    }

    /// The seal of `code`.
    #[must_use]
    pub fn seal(&self, key: &ArtifactKey, code: &[u8]) -> [u8; SEAL_LEN] {
        self.mac(key, code).finalize().into_bytes().into()
    }

    /// Splits sealed bytes (code, then seal) after checking them, in constant time.
    ///
    /// # Errors
    /// [`BrokenSeal`], whatever is wrong.
    pub fn open<'a>(&self, key: &ArtifactKey, sealed: &'a [u8]) -> Result<&'a [u8], BrokenSeal> {
        let at = sealed.len().checked_sub(SEAL_LEN).ok_or(BrokenSeal)?;
        let (code, seal) = sealed.split_at_checked(at).ok_or(BrokenSeal)?;
        self.mac(key, code).verify_slice(seal).map_err(|_| BrokenSeal)?;
        Ok(code)
    }

    fn mac(&self, key: &ArtifactKey, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(key.module.as_bytes());
        mac.update(&key.engine);
        mac.update(code);
        mac
    }
}

/// A seal for an installation that has no encryption key: a random one of this user's, made once and kept beside the
/// machine code, readable by this user alone. No other node shares it.
///
/// # Errors
/// Where the folder cannot be written to.
pub fn local_seal(cache_dir: &Path) -> io::Result<Secret> {
    DirBuilder::new().recursive(true).mode(0o700).create(cache_dir)?;
    let path = cache_dir.join("seal.key");
    match fs::read_to_string(&path) {
        Ok(key) if key.len() == LOCAL_SEAL_LEN => return Ok(Secret::new(key)),
        _ => {}
    }
    let key = hex::encode(rand::random::<[u8; LOCAL_SEAL_LEN / 2]>());
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(key.as_bytes())?;
    fs::rename(&temporary, &path)?;
    Ok(Secret::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::ModuleHash;

    #[test]
    fn the_local_seal_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let first = local_seal(dir.path()).unwrap();
        assert_eq!(first.expose(), local_seal(dir.path()).unwrap().expose());
        let mode = fs::metadata(dir.path().join("seal.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn only_what_was_sealed_opens() {
        let sealer = Sealer::new(&Secret::new("one"));
        let key = ArtifactKey { module: ModuleHash::of(b"module"), engine: [7; 32] };
        let mut sealed = b"code".to_vec();
        sealed.extend(sealer.seal(&key, b"code"));
        assert_eq!(sealer.open(&key, &sealed), Ok(&b"code"[..]));

        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(sealer.open(&key, &forged), Err(BrokenSeal), "byte {at}");
        }
        for len in 0..sealed.len() {
            assert_eq!(sealer.open(&key, &sealed[..len]), Err(BrokenSeal), "length {len}");
        }
        let other_module = ArtifactKey { module: ModuleHash::of(b"other"), ..key };
        assert_eq!(sealer.open(&other_module, &sealed), Err(BrokenSeal));
        assert_eq!(sealer.open(&ArtifactKey { engine: [8; 32], ..key }, &sealed), Err(BrokenSeal));
        assert_eq!(Sealer::new(&Secret::new("two")).open(&key, &sealed), Err(BrokenSeal));
    }
}
