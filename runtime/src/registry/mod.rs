//! What is deployed: functions, their modules and their secrets.
//!
//! The hot path knows only the [`Directory`], an in-memory table. Whatever fills it (PostgreSQL, or the one file of
//! `wasmforge run`) stands behind [`ModuleStore`].

mod directory;
mod function;
mod module_store;
mod slug;

pub use crate::engine::Environment;
pub use directory::{Directory, Lookup};
pub use function::{AuthPolicy, Function, FunctionKind, ModuleHash, Version};
pub use module_store::{ArtifactKey, ModuleStore, StoreError};
pub use slug::{InvalidSlug, Slug};
