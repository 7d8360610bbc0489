//! Rows of `system.secrets` as the admin API shows and changes them.

use super::SecretError;
use crate::config::Secret;
use time::OffsetDateTime;
use uuid::Uuid;

/// Everything about a stored secret but its value.
#[derive(Clone, Debug)]
pub struct SecretEntry {
    /// The row's key.
    pub id: Uuid,
    /// Its name.
    pub key: String,
    /// Whether it is there; a deleted one stays as a row.
    pub is_active: bool,
    /// Whether the platform manages it.
    pub is_reserved: bool,
    /// When its value was last shown.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
    /// When the row was last written.
    pub updated_at: Option<OffsetDateTime>,
}

/// A secret to be created.
#[derive(Debug)]
pub struct NewSecret {
    /// Its name: upper-case letters, digits and underscores.
    pub key: String,
    /// Its value.
    pub value: Secret,
    /// Whether it can only be changed by the platform from then on.
    pub is_reserved: bool,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
}

/// What to change of a secret; everything else stays.
#[derive(Debug, Default)]
pub struct SecretChanges {
    /// A new value.
    pub value: Option<Secret>,
    /// Whether it is there.
    pub is_active: Option<bool>,
    /// Whether the platform manages it from now on.
    pub is_reserved: Option<bool>,
    /// A new end; `Some(None)` takes the end away.
    pub expires_at: Option<Option<OffsetDateTime>>,
}

impl SecretChanges {
    /// Whether they say nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_none()
            && self.is_active.is_none()
            && self.is_reserved.is_none()
            && self.expires_at.is_none()
    }
}

/// A key of the platform that can be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformKey {
    /// The administrator's, `ik_…`.
    Api,
    /// That of anonymous clients, `anon_…`.
    Anon,
}

impl PlatformKey {
    /// Its name in the table.
    #[must_use]
    pub fn secret(self) -> &'static str {
        match self {
            Self::Api => "API_KEY",
            Self::Anon => "ANON_KEY",
        }
    }

    /// What its value begins with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Api => "ik_",
            Self::Anon => "anon_",
        }
    }

    /// What its rotation is called in `system.audit_logs`.
    #[must_use]
    pub fn audit_action(self) -> &'static str {
        match self {
            Self::Api => "ROTATE_API_KEY",
            Self::Anon => "ROTATE_ANON_KEY",
        }
    }
}

/// What a rotation has made.
#[derive(Debug)]
pub struct Rotated {
    /// The new key.
    pub key: Secret,
    /// Until when the one before it is good.
    pub old_key_expires_at: OffsetDateTime,
}

/// Why a secret was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum SecretWriteError {
    /// There is no secret of that name.
    #[error("Secret not found: {0}")]
    NotFound(String),
    /// There is an active one of that name.
    #[error("Secret already exists: {0}")]
    AlreadyExists(String),
    /// The platform manages it.
    #[error("Cannot {verb} reserved secret: {key}")]
    Reserved {
        /// What was to be done.
        verb: &'static str,
        /// Its name.
        key: String,
    },
    /// It cannot be decrypted, or nothing can be encrypted.
    #[error("Secret {key} cannot be used: {reason}")]
    Cipher {
        /// Its name.
        key: String,
        /// Why.
        reason: SecretError,
    },
    /// The database does not do it.
    #[error(transparent)]
    Database(#[from] super::WriteError),
}

impl From<sqlx::Error> for SecretWriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}
