//! A row of `functions.definitions` as the admin API shows and changes it.

use super::{AuthPolicy, FunctionKind, ModuleHash, Version};
use crate::engine::LimitOverrides;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::net::IpAddr;
use time::OffsetDateTime;
use uuid::Uuid;

/// Whether a function may be invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionStatus {
    /// It is kept, but answers 404.
    Draft,
    /// It may be invoked.
    Active,
}

impl FunctionStatus {
    /// The word in the column `status`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
        }
    }
}

/// Everything about a stored function but its module's bytes.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The row's key.
    pub id: Uuid,
    /// Its name in the URL. Not a [`super::Slug`]: InsForge stores names that no URL reaches.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What its author says of it.
    pub description: Option<String>,
    /// The source text; for a component, a comment that says what it is. `None` in lists.
    pub code: Option<String>,
    /// `draft`, `active`, or a word of another writer's.
    pub status: String,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
    /// When the row was last written.
    pub updated_at: Option<OffsetDateTime>,
    /// When it was last set to `active`.
    pub deployed_at: Option<OffsetDateTime>,
    /// What the registry's own columns say; `None` in a database without them.
    pub deployed: Option<Deployed>,
}

/// The registry's own columns of a definition.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Component or source.
    pub kind: FunctionKind,
    /// The version that is deployed.
    pub version: Version,
    /// The hash of the module's bytes, or of the source text's.
    pub module: ModuleHash,
    /// How many bytes that is.
    pub size: i64,
    /// The column as it is, which another writer may have filled with anything.
    pub limits: Option<Value>,
    /// Likewise.
    pub capabilities: Option<Value>,
    /// Who may invoke it.
    pub auth: AuthPolicy,
}

/// One entry of a function's history.
#[derive(Clone, Debug)]
pub struct VersionEntry {
    /// Its number.
    pub version: Version,
    /// Component or source.
    pub kind: FunctionKind,
    /// The hash of its module.
    pub module: ModuleHash,
    /// Its module's bytes.
    pub size: i64,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// `good`, `bad`, or `None` while nobody has compiled it.
    pub build: Option<String>,
    /// What the author of a bad one is told.
    pub build_error: Option<String>,
}

/// What a function is deployed from.
#[derive(Clone, Debug)]
pub enum Code {
    /// JavaScript or TypeScript.
    Source(String),
    /// A component that has been admitted.
    Component(Bytes),
}

/// The settings that the registry adds to InsForge's.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Replaces the limits; `Some(None)` returns to the defaults.
    pub limits: Option<Option<LimitOverrides>>,
    /// Replaces the capabilities; `Some(None)` takes all away.
    pub capabilities: Option<Option<Map<String, Value>>>,
    /// Replaces the policy.
    pub auth: Option<AuthPolicy>,
}

impl Settings {
    /// Whether they say anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limits.is_none() && self.capabilities.is_none() && self.auth.is_none()
    }
}

/// A function to be created.
#[derive(Clone, Debug)]
pub struct NewFunction {
    /// Its name in the URL.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What its author says of it.
    pub description: Option<String>,
    /// Whether it may be invoked at once.
    pub status: FunctionStatus,
    /// What it runs.
    pub code: Code,
    /// What is not InsForge's.
    pub settings: Settings,
}

/// What to change of a function; everything else stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new status. `active` sets `deployed_at`.
    pub status: Option<FunctionStatus>,
    /// New code.
    pub code: Option<Code>,
    /// What is not InsForge's.
    pub settings: Settings,
}

/// Who made a change, for `system.audit_logs`.
#[derive(Clone, Debug)]
pub struct Author {
    /// `api-key`, or the subject of the admin's token.
    pub actor: String,
    /// Where the request came from, as far as that is known.
    pub ip: Option<IpAddr>,
}
