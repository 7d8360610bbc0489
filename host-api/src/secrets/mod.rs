//! Which secrets a function sees: its environment, and its `wasi:config`.
//!
//! Grant, under `secrets`: absent, every secret that is not reserved and those that InsForge's functions rely on
//! (`INSFORGE_*`, `ANON_KEY`, `API_KEY`); `"all"`, the reserved ones too; a list of names, these and no others. The keys that sign
//! tokens are seen only by a function that names them.

mod set;

pub use set::{Secret, SecretSet};

use super::{Capability, GrantError, InvocationContext};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use serde::Deserialize;
use std::sync::Arc;
use wasmforge_sandbox::{Environment, GuestState};
use wasmtime::component::Linker;

/// The capability.
pub struct Secrets(Arc<ArcSwap<SecretSet>>);

impl Secrets {
    /// Secrets as they are at the moment of each invocation.
    #[must_use]
    pub fn new(current: Arc<ArcSwap<SecretSet>>) -> Self {
        Self(current)
    }
}

/// Which secrets a function sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecretsGrant {
    /// What a function of InsForge needs.
    #[default]
    Default,
    /// Every one but the keys that sign tokens.
    All,
    /// These.
    Names(Vec<String>),
}

impl<'de> Deserialize<'de> for SecretsGrant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Word(String),
            Names(Vec<String>),
        }
        let form = Form::deserialize(deserializer)
            .map_err(|_| serde::de::Error::custom("expected \"all\" or a list of names"))?;
        match form {
            Form::Word(word) if word == "all" => Ok(Self::All),
            Form::Word(word) => {
                Err(serde::de::Error::custom(format!("expected \"all\" or a list of names, not {word:?}")))
            }
            Form::Names(names) => Ok(Self::Names(names)),
        }
    }
}

/// What one version sees.
pub struct SecretsConfigured {
    grant: SecretsGrant,
    current: Arc<ArcSwap<SecretSet>>,
    /// The environment of a version that names its secrets, and the set that it was chosen from.
    chosen: Mutex<Option<(Arc<SecretSet>, Arc<Environment>)>>,
}

impl SecretsConfigured {
    /// The variables of an invocation that starts now.
    #[must_use]
    pub fn environment(&self) -> Arc<Environment> {
        let current = self.current.load_full();
        match &self.grant {
            SecretsGrant::Default => current.by_default(),
            SecretsGrant::All => current.all(),
            SecretsGrant::Names(names) => self.choose(current, names),
        }
    }

    fn choose(&self, current: Arc<SecretSet>, names: &[String]) -> Arc<Environment> {
        let mut chosen = self.chosen.lock();
        match &*chosen {
            Some((of, environment)) if Arc::ptr_eq(of, &current) => environment.clone(),
            _ => {
                let environment = current.named(names);
                *chosen = Some((current, environment.clone()));
                environment
            }
        }
    }
}

impl Capability for Secrets {
    const KEY: &'static str = "secrets";
    type Grant = SecretsGrant;
    type Configured = SecretsConfigured;
    type Session = Arc<Environment>;

    /// `wasi:config`; the environment is linked with WASI.
    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        crate::config::link(linker)
    }

    fn configure(&self, grant: SecretsGrant) -> Result<SecretsConfigured, GrantError> {
        if let SecretsGrant::Names(names) = &grant
            && let Some(bad) = names.iter().find(|name| !set::is_variable(name))
        {
            return Err(GrantError::new("secrets", format!("{bad:?} is no name of a secret")));
        }
        Ok(SecretsConfigured { grant, current: self.0.clone(), chosen: Mutex::new(None) })
    }

    fn prepare(configured: &Arc<SecretsConfigured>, _: &Arc<InvocationContext>) -> Arc<Environment> {
        configured.environment()
    }
}

#[cfg(test)]
mod tests;
