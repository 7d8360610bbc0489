//! One deployed function, as the hot path sees it: everything but its code.

use super::{Grants, Slug};
use crate::engine::LimitOverrides;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use utoipa::ToSchema;

/// The version of a function: 1 for its first deploy, one more for each later one, whoever wrote the row.
///
/// A database without our columns has no versions; there it is the microsecond of `updated_at`.
pub type Version = i64;

/// The SHA-256 of a module's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleHash([u8; 32]);

impl ModuleHash {
    /// Hashes `module`.
    #[must_use]
    pub fn of(module: &[u8]) -> Self {
        Self(Sha256::digest(module).into())
    }

    /// Takes a hash that was computed elsewhere (by PostgreSQL, by an earlier run).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Debug for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What a function's code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FunctionKind {
    /// A WebAssembly component that exports a wasi:http handler.
    Component,
    /// JavaScript or TypeScript text.
    Source,
}

/// Who may invoke a function. Enforced before a guest starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthPolicy {
    /// Anybody; the function decides, as InsForge's functions do.
    #[default]
    Public,
    /// A signed-in user, or a stronger credential.
    Authenticated,
    /// An admin's token or an API key.
    Service,
}

/// A function that may be invoked (status `active`).
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name in the URL.
    pub slug: Slug,
    /// Which deploy of it this is.
    pub version: Version,
    /// What its code is.
    pub kind: FunctionKind,
    /// The hash of the module's bytes; of the text's bytes for source.
    pub module: ModuleHash,
    /// Limits that differ from the runtime's defaults.
    pub limits: LimitOverrides,
    /// Who may invoke it.
    pub auth: AuthPolicy,
    /// What it may call.
    pub grants: Grants,
}
