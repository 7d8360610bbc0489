//! All secrets in force at one moment, and the selections of them that are shared by many functions.

use std::sync::{Arc, OnceLock};
use wasmforge_sandbox::Environment;
use zeroize::Zeroizing;

/// Secrets that sign tokens: seen only by a function that names them.
const SIGNING: [&str; 2] = ["JWT_SECRET", "JWT_PRIVATE_KEY"];

/// One decrypted secret.
#[derive(Clone)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Zeroizing<String>,
    /// Whether it is the platform's own.
    pub reserved: bool,
}

/// The secrets in force at one moment. Values are wiped from memory with the last that uses them.
#[derive(Default)]
pub struct SecretSet {
    secrets: Vec<Secret>,
    by_default: OnceLock<Arc<Environment>>,
    all: OnceLock<Arc<Environment>>,
}

impl SecretSet {
    /// Takes decrypted secrets; those whose names no environment can hold are left out.
    #[must_use]
    pub fn new(mut secrets: Vec<Secret>) -> Self {
        secrets.retain(|secret| is_variable(&secret.name));
        Self { secrets, by_default: OnceLock::new(), all: OnceLock::new() }
    }

    /// What a function sees that asks for nothing.
    pub fn by_default(&self) -> Arc<Environment> {
        self.by_default.get_or_init(|| self.select(is_default)).clone()
    }

    /// Everything but signing keys.
    pub fn all(&self) -> Arc<Environment> {
        self.all.get_or_init(|| self.select(|secret| !SIGNING.contains(&secret.name.as_str()))).clone()
    }

    /// The value of one secret, for the platform's own use.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.secrets.iter().find(|secret| secret.name == name).map(|secret| secret.value.as_str())
    }

    /// Those with these names.
    pub fn named(&self, names: &[String]) -> Arc<Environment> {
        self.select(|secret| names.contains(&secret.name))
    }

    /// The value of one of the platform's own secrets.
    #[must_use]
    pub fn reserved(&self, name: &str) -> Option<&str> {
        let found = self.secrets.iter().find(|secret| secret.reserved && secret.name == name);
        found.map(|secret| secret.value.as_str())
    }

    fn select(&self, visible: impl Fn(&Secret) -> bool) -> Arc<Environment> {
        let visible = self.secrets.iter().filter(|secret| visible(secret));
        let pairs = visible.map(|secret| (secret.name.clone(), secret.value.clone()));
        Arc::new(Environment::new(pairs.collect()))
    }
}

fn is_default(secret: &Secret) -> bool {
    let name = secret.name.as_str();
    let is_needed = name.starts_with("INSFORGE_") || matches!(name, "ANON_KEY" | "API_KEY");
    (is_needed || !secret.reserved) && !SIGNING.contains(&name)
}

/// Whether an environment can hold a variable of this name.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}
