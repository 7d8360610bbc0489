//! A row of `functions.definitions` as the admin API shows and changes it.

use super::{AuthPolicy, Canary, FunctionKind, ModuleHash, Revision, Version};
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
    /// The version that gets a part of the requests; `None` in lists.
    pub canary: Option<Canary>,
}

impl Definition {
    /// The state that it is in.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision::new(self.deployed.as_ref().map(|deployed| deployed.version), self.updated_at)
    }
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

/// A component or a source, with whatever else its deploy says.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What it runs.
    pub code: Code,
    /// What is not InsForge's; what is not named stays, or is the default of a function that is new.
    pub settings: Settings,
    /// Whether it may be invoked; a function that is new may, where nothing is said.
    pub status: Option<FunctionStatus>,
}

/// A version that is stored and gets a part of the requests, while the live one stays.
#[derive(Clone, Debug)]
pub struct CanaryUpload {
    /// New code; absent, the live version's.
    pub code: Option<Code>,
    /// What is not InsForge's; what is not named is the live version's.
    pub settings: Settings,
    /// How many of a hundred callers get it; with 0 it runs only by name.
    pub percent: u8,
}

/// Which version is to go live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The newest below the live one that is known to compile.
    Previous,
    /// This one.
    Version(Version),
    /// The one that gets a part of the requests already.
    Canary,
}

/// A version that went live in the place of another.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The function as it is now.
    pub function: Definition,
    /// The version that was live.
    pub from: Version,
    /// The version that is.
    pub to: Version,
}

/// Who made a change, for `system.audit_logs`.
#[derive(Clone, Debug)]
pub struct Author {
    /// `api-key`, or the subject of the admin's token.
    pub actor: String,
    /// Where the request came from, as far as that is known.
    pub ip: Option<IpAddr>,
}
