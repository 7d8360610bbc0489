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

/// A function that may be invoked: the version that is live, and one that shares its requests.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The live version.
    pub live: Arc<Function>,
    /// The version beside it.
    pub canary: Option<Share>,
}

/// A version that gets a part of a function's requests.
#[derive(Clone, Debug)]
pub struct Share {
    /// The version.
    pub function: Arc<Function>,
    /// How many of a hundred callers get it.
    pub percent: u8,
}

impl From<Arc<Function>> for Entry {
    fn from(live: Arc<Function>) -> Self {
        Self { live, canary: None }
    }
}

impl Entry {
    /// The version of a caller; `draw` tells which of a hundred the caller is of a canary, from 0 to 99, and is only asked
    /// where that matters.
    fn choose(&self, draw: impl FnOnce(&Function) -> u8) -> &Arc<Function> {
        match &self.canary {
            Some(share) if share.percent > 0 && draw(&share.function) < share.percent => &share.function,
            _ => &self.live,
        }
    }
}

/// Every active function by slug, and the secrets that are in force.
///
/// Reads take one uncontended lock and never wait for the database.
#[derive(Default)]
pub struct Directory {
    functions: RwLock<HashMap<Slug, Entry>>,
    secrets: Arc<ArcSwap<SecretSet>>,
    filled: AtomicBool,
}

impl Directory {
    /// Looks the live version of a function up.
    pub fn lookup(&self, slug: &str) -> Lookup {
        self.choose(slug, |_| u8::MAX)
    }

    /// Looks up the version that a caller gets. `draw` tells which of a hundred the caller is of a canary, from 0 to 99, and is
    /// only asked where there is one.
    pub fn choose(&self, slug: &str, draw: impl FnOnce(&Function) -> u8) -> Lookup {
        match self.functions.read().get(slug) {
            Some(entry) => Lookup::Found(entry.choose(draw).clone()),
            None if self.filled.load(Ordering::Acquire) => Lookup::Unknown,
            None => Lookup::Unavailable,
        }
    }

    /// A function with everything that may be invoked of it.
    pub fn entry(&self, slug: &str) -> Option<Entry> {
        self.functions.read().get(slug).cloned()
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
    pub fn upsert(&self, entry: impl Into<Entry>) {
        let entry = entry.into();
        self.functions.write().insert(entry.live.slug.clone(), entry);
    }

    /// Puts `good` in the place of the live version `bad`, unless `bad` was replaced in the meantime.
    pub fn fall_back(&self, bad: &Function, good: Arc<Function>) {
        if let Some(entry) = self.functions.write().get_mut(bad.slug.as_str())
            && entry.live.version == bad.version
        {
            entry.live = good;
        }
    }

    /// Takes a canary's part of the requests away, unless it was replaced in the meantime.
    pub fn end_canary(&self, bad: &Function) {
        if let Some(entry) = self.functions.write().get_mut(bad.slug.as_str()) {
            entry.canary.take_if(|share| share.function.version == bad.version);
        }
    }

    /// Takes a function out; invocations that run go on.
    pub fn remove(&self, slug: &str) {
        self.functions.write().remove(slug);
    }

    /// Replaces everything at once.
    pub fn fill<E: Into<Entry>>(&self, entries: impl IntoIterator<Item = E>) {
        let entries = entries.into_iter().map(Into::into);
        let table = entries.map(|entry: Entry| (entry.live.slug.clone(), entry)).collect();
        *self.functions.write() = table;
        self.filled.store(true, Ordering::Release);
    }

    /// The live versions of every function at this moment, in no order.
    pub fn functions(&self) -> Vec<Arc<Function>> {
        self.functions.read().values().map(|entry| entry.live.clone()).collect()
    }

    /// Replaces the secrets; invocations that have read theirs keep them.
    pub fn set_secrets(&self, secrets: SecretSet) {
        self.secrets.store(Arc::new(secrets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{AuthPolicy, FunctionKind, ModuleHash, Version};

    fn function(version: Version) -> Arc<Function> {
        Arc::new(Function {
            slug: Slug::parse("f").unwrap(),
            version,
            kind: FunctionKind::Component,
            module: ModuleHash::of(b""),
            limits: Default::default(),
            auth: AuthPolicy::Public,
            grants: Default::default(),
        })
    }

    fn directory(percent: u8) -> Directory {
        let directory = Directory::default();
        let canary = Some(Share { function: function(2), percent });
        directory.fill([Entry { live: function(1), canary }]);
        directory
    }

    fn chosen(directory: &Directory, draw: u8) -> Version {
        match directory.choose("f", |_| draw) {
            Lookup::Found(function) => function.version,
            missing => panic!("{missing:?}"),
        }
    }

    #[test]
    fn who_is_below_the_percentage_gets_the_canary() {
        assert_eq!((chosen(&directory(10), 9), chosen(&directory(10), 10)), (2, 1));
        assert_eq!((chosen(&directory(0), 0), chosen(&directory(100), 99)), (1, 2));
    }

    #[test]
    fn a_version_that_was_replaced_in_the_meantime_takes_nothing_with_it() {
        let directory = directory(100);
        directory.end_canary(&function(1));
        directory.fall_back(&function(2), function(0));
        assert_eq!((chosen(&directory, 0), chosen(&directory, 100)), (2, 1));
        directory.fall_back(&function(1), function(0));
        directory.end_canary(&function(2));
        assert_eq!(chosen(&directory, 0), 0);
    }
}
