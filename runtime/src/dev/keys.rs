//! The keys of a local platform: made once, kept with the data that they protect.

use super::data_dir::default_path;
use super::{DevError, private_file};
use crate::config::{Secret, Variables};
use serde::{Deserialize, Serialize, Serializer};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The keys and passwords of one data folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keys {
    /// Signs and verifies tokens.
    #[serde(with = "text")]
    pub jwt_secret: Secret,
    /// Encrypts the secrets of functions; without it they are lost.
    #[serde(with = "text")]
    pub encryption_key: Secret,
    /// `ik_` and 64 hexadecimal digits: the administrator's key.
    #[serde(with = "text")]
    pub api_key: Secret,
    /// `anon_` and 64 hexadecimal digits: the public client's key.
    #[serde(with = "text")]
    pub anon_key: Secret,
    /// The administrator's name.
    pub admin_username: String,
    /// The administrator's password.
    #[serde(with = "text")]
    pub admin_password: Secret,
    /// The password of PostgreSQL's superuser.
    #[serde(with = "text")]
    pub postgres_password: Secret,
}

impl Keys {
    /// Reads the keys from `path`. On the first start there are none: they are taken from the environment
    /// (`JWT_SECRET`, `ENCRYPTION_KEY`, `ACCESS_API_KEY`, `ACCESS_ANON_KEY`, `ROOT_ADMIN_USERNAME`,
    /// `ROOT_ADMIN_PASSWORD`) or made up, and written for their owner only. Later the file wins: what is stored was
    /// made with its keys.
    pub(super) fn load_or_create(path: &Path, seeds: &Variables) -> Result<Self, DevError> {
        match fs::read(path) {
            Ok(bytes) => {
                close_to_others(path)?;
                serde_json::from_slice(&bytes)
                    .map_err(|error| DevError::Keys { path: path.to_owned(), problem: error.to_string() })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Self::create(seeds);
                keys.write(path).map_err(DevError::file(path))?;
                Ok(keys)
            }
            Err(source) => Err(DevError::File { path: path.to_owned(), source }),
        }
    }

    fn create(seeds: &Variables) -> Self {
        let seeded = |name: &str| Secret::new(seeds.get(name).map_or_else(random_hex, str::to_owned));
        Self {
            jwt_secret: seeded("JWT_SECRET"),
            encryption_key: seeded("ENCRYPTION_KEY"),
            api_key: prefixed("ik_", &seeded("ACCESS_API_KEY")),
            anon_key: prefixed("anon_", &seeded("ACCESS_ANON_KEY")),
            admin_username: seeds.get("ROOT_ADMIN_USERNAME").unwrap_or("admin").to_owned(),
            admin_password: seeded("ROOT_ADMIN_PASSWORD"),
            postgres_password: Secret::new(random_hex()),
        }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        private_file::write(path, &serde_json::to_vec_pretty(self)?)
    }

    /// With a database of the user's own, its keys are the environment's, as for `serve`.
    pub(super) fn follow_environment(&mut self, vars: &Variables) {
        if let Some(secret) = vars.get("JWT_SECRET") {
            self.jwt_secret = Secret::new(secret);
            self.encryption_key = Secret::new(secret);
        }
        if let Some(key) = vars.get("ENCRYPTION_KEY") {
            self.encryption_key = Secret::new(key);
        }
    }

    /// The keys as the variables that `serve` reads them from.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        [
            ("JWT_SECRET", self.jwt_secret.expose()),
            ("ENCRYPTION_KEY", self.encryption_key.expose()),
            ("ACCESS_API_KEY", self.api_key.expose()),
            ("ACCESS_ANON_KEY", self.anon_key.expose()),
            ("ROOT_ADMIN_USERNAME", &self.admin_username),
            ("ROOT_ADMIN_PASSWORD", self.admin_password.expose()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }
}

/// Writes the keys that are in force into the file at `path`, where they were rotated since: whoever looks there finds
/// what opens the API.
///
/// # Errors
/// The file cannot be read or written.
pub fn remember_keys(path: &Path, api_key: &str, anon_key: &str) -> io::Result<()> {
    let mut keys: Keys = serde_json::from_slice(&fs::read(path)?)?;
    if keys.api_key.expose() == api_key && keys.anon_key.expose() == anon_key {
        return Ok(());
    }
    keys.api_key = Secret::new(api_key);
    keys.anon_key = Secret::new(anon_key);
    keys.write(path)
}

/// The administrator's key of this user's `wasmforge dev`; `None` where there is none in `data_dir`, or in the folder
/// that it would use itself.
#[must_use]
pub fn local_api_key(data_dir: Option<PathBuf>) -> Option<Secret> {
    let is_root = rustix::process::geteuid().is_root();
    let folder = data_dir.or_else(|| default_path(is_root).ok())?;
    let keys: Keys = serde_json::from_slice(&fs::read(folder.join("keys.json")).ok()?).ok()?;
    Some(keys.api_key)
}

/// 256 bits of the operating system's randomness, in 64 hexadecimal digits.
fn random_hex() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// A key given without its prefix gets it, as InsForge does.
fn prefixed(prefix: &str, key: &Secret) -> Secret {
    let key = key.expose();
    Secret::new(if key.starts_with(prefix) { key.to_owned() } else { format!("{prefix}{key}") })
}

/// A copy or a restored backup may have come with wider permissions.
fn close_to_others(path: &Path) -> Result<(), DevError> {
    let mode = fs::metadata(path).map_err(DevError::file(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!("{} was readable by others; closing it", path.display());
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(DevError::file(path))?;
    }
    Ok(())
}

/// A [`Secret`] in the one file that may hold it.
mod text {
    use super::{Deserialize, Secret, Serializer};
    use serde::Deserializer;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn seeds(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn keys_are_made_once_and_are_their_owners_alone() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("keys.json");
        let first = Keys::load_or_create(&path, &seeds(&[])).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let hex = first.api_key.expose().strip_prefix("ik_").unwrap();
        assert!(hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(first.anon_key.expose().strip_prefix("anon_").unwrap().len(), 64);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let second = Keys::load_or_create(&path, &seeds(&[("JWT_SECRET", "another")])).unwrap();
        assert_eq!(second.variables(), first.variables());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "wide permissions are repaired");
    }

    #[test]
    fn the_environment_seeds_the_first_start_and_prefixes_are_added() {
        let keys = Keys::create(&seeds(&[("ACCESS_API_KEY", "abc"), ("ACCESS_ANON_KEY", "anon_def")]));
        assert_eq!(keys.api_key.expose(), "ik_abc");
        assert_eq!(keys.anon_key.expose(), "anon_def");
        assert_ne!(keys.jwt_secret.expose(), keys.encryption_key.expose());
    }

    #[test]
    fn rotated_keys_are_remembered_and_nothing_else_changes() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("keys.json");
        let made = Keys::load_or_create(&path, &seeds(&[])).unwrap();
        remember_keys(&path, "ik_new", "anon_new").unwrap();
        let kept = Keys::load_or_create(&path, &seeds(&[])).unwrap();
        assert_eq!((kept.api_key.expose(), kept.anon_key.expose()), ("ik_new", "anon_new"));
        assert_eq!(kept.jwt_secret.expose(), made.jwt_secret.expose());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_database_of_the_users_own_comes_with_its_own_keys() {
        let mut keys = Keys::create(&seeds(&[]));
        keys.follow_environment(&seeds(&[("JWT_SECRET", "theirs")]));
        assert_eq!((keys.jwt_secret.expose(), keys.encryption_key.expose()), ("theirs", "theirs"));
    }

    #[test]
    fn damaged_keys_are_never_replaced_by_new_ones() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("keys.json");
        fs::write(&path, "{\"jwtSecret\":").unwrap();
        assert!(matches!(Keys::load_or_create(&path, &seeds(&[])), Err(DevError::Keys { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"jwtSecret\":");
    }
}
