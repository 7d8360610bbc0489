//! The in-memory table of functions that every request reads.

use super::{Function, Slug};
use arc_swap::ArcSwap;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmforge_host_api::secrets::SecretSet;

/// What the directory knows of a slug.
#[derive(Debug)]
pub enum Lookup {
    /// It may be invoked.
    Found(Arc<Function>),
    /// No active function has this name.
    Unknown,
    /// The directory was never filled: the database could not be read since this process started.
    Unavailable,
}

/// Every active function by slug, and the secrets that are in force.
///
/// Reads take one uncontended lock and never wait for the database.
#[derive(Default)]
pub struct Directory {
    functions: RwLock<HashMap<Slug, Arc<Function>>>,
    secrets: Arc<ArcSwap<SecretSet>>,
    filled: AtomicBool,
}

impl Directory {
    /// Looks a slug up.
    pub fn lookup(&self, slug: &str) -> Lookup {
        match self.functions.read().get(slug) {
            Some(function) => Lookup::Found(function.clone()),
            None if self.filled.load(Ordering::Acquire) => Lookup::Unknown,
            None => Lookup::Unavailable,
        }
    }

    /// The secrets that invocations choose their environment from.
    pub fn secrets(&self) -> Arc<ArcSwap<SecretSet>> {
        self.secrets.clone()
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.functions.read().len()
    }

    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it was filled at least once.
    pub fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    /// Puts a new or changed function in; the next lookup finds it.
    pub fn upsert(&self, function: Arc<Function>) {
        self.functions.write().insert(function.slug.clone(), function);
    }

    /// Puts `good` in the place of `bad`, unless `bad` was replaced in the meantime.
    pub fn fall_back(&self, bad: &Function, good: Arc<Function>) {
        let mut functions = self.functions.write();
        if functions.get(bad.slug.as_str()).is_some_and(|current| current.version == bad.version) {
            functions.insert(good.slug.clone(), good);
        }
    }

    /// Takes a function out; invocations that run go on.
    pub fn remove(&self, slug: &str) {
        self.functions.write().remove(slug);
    }

    /// Replaces everything at once.
    pub fn fill(&self, functions: impl IntoIterator<Item = Arc<Function>>) {
        let table = functions.into_iter().map(|function| (function.slug.clone(), function)).collect();
        *self.functions.write() = table;
        self.filled.store(true, Ordering::Release);
    }

    /// Every function at this moment, in no order.
    pub fn functions(&self) -> Vec<Arc<Function>> {
        self.functions.read().values().cloned().collect()
    }

    /// Replaces the secrets; invocations that have read theirs keep them.
    pub fn set_secrets(&self, secrets: SecretSet) {
        self.secrets.store(Arc::new(secrets));
    }
}
