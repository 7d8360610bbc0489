//! Key-value: `wasi:keyvalue`, version 0.2.0-draft.
//!
//! Every function has buckets of its own; no function reaches another's. Grant, under `keyvalue`: absent, buckets of any
//! name; a list of names, these and no others. A bucket that is not granted is `access-denied`.
//!
//! | limit | value | error |
//! |---|---|---|
//! | a bucket's name | 1 to 255 bytes, no control characters | `no-such-store` |
//! | a key | 1 to 1024 bytes, no NUL | `invalid-key` |
//! | a value | 1 MiB, [`KeyValueLimits::value`] | `too-large` |
//! | all entries of a function: keys, values and 64 bytes each | 64 MiB, [`KeyValueLimits::function`] | `full` |
//! | a batch | 1000 keys, 8 MiB of values | `too-large` |
//! | a page of keys | 1000 | – |
//! | a call | 10 s, or the time that the invocation has left | `timeout` |
//!
//! The errors of the right column that WASI has no case for are its `other`, whose text begins with that word and a
//! colon; so do `unavailable` (the store cannot be reached) and `not-a-number` (what was to be incremented).

mod calls;
mod memory;
mod store;

pub use calls::Bucket;
pub use memory::MemoryStore;
pub use store::{Page, Place, Store, StoreError};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world keyvalue {
            import wasi:keyvalue/store@0.2.0-draft;
            import wasi:keyvalue/atomics@0.2.0-draft;
            import wasi:keyvalue/batch@0.2.0-draft;
        }",
        world: "wasmforge:host/keyvalue",
        imports: { default: async | trappable },
        with: { "wasi:keyvalue/store.bucket": super::Bucket },
    });
}

use crate::{Capability, GrantError, HasView, InvocationContext, view};
use bindings::wasi::keyvalue::{atomics, batch, store as wasi_store};
use serde::Deserialize;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

/// The capability.
pub struct KeyValue {
    store: Arc<dyn Store>,
    limits: KeyValueLimits,
}

/// What an operator may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyValueLimits {
    /// Bytes of one value.
    pub value: u64,
    /// Bytes of all entries of one function.
    pub function: u64,
}

impl Default for KeyValueLimits {
    fn default() -> Self {
        Self { value: 1024 * 1024, function: 64 * 1024 * 1024 }
    }
}

impl KeyValue {
    /// Entries in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, limits: KeyValueLimits) -> Self {
        Self { store, limits }
    }
}

/// Which buckets a function may open; absent, all of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct KeyValueGrant(pub Option<Vec<String>>);

/// What one version may open.
pub struct KeyValueConfigured {
    store: Arc<dyn Store>,
    limits: KeyValueLimits,
    buckets: Option<Vec<String>>,
}

/// What one invocation holds.
#[derive(Clone)]
pub struct KeyValueSession {
    configured: Arc<KeyValueConfigured>,
    invocation: Arc<InvocationContext>,
}

impl Capability for KeyValue {
    const KEY: &'static str = "keyvalue";
    type Grant = KeyValueGrant;
    type Configured = KeyValueConfigured;
    type Session = KeyValueSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        wasi_store::add_to_linker::<_, HasView>(linker, view)?;
        atomics::add_to_linker::<_, HasView>(linker, view)?;
        batch::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: KeyValueGrant) -> Result<KeyValueConfigured, GrantError> {
        let buckets = grant.0;
        if let Some(bad) = buckets.iter().flatten().find(|name| !is_bucket(name)) {
            return Err(GrantError::new(Self::KEY, format!("{bad:?} is no name of a bucket")));
        }
        Ok(KeyValueConfigured { store: self.store.clone(), limits: self.limits, buckets })
    }

    fn prepare(configured: &Arc<KeyValueConfigured>, invocation: &Arc<InvocationContext>) -> KeyValueSession {
        KeyValueSession { configured: configured.clone(), invocation: invocation.clone() }
    }
}

fn is_bucket(name: &str) -> bool {
    (1..=255).contains(&name.len()) && !name.contains(char::is_control)
}
