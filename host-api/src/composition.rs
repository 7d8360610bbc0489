//! All capabilities of a process, as one.

use super::http::{Http, HttpConfigured};
use super::secrets::{Secrets, SecretsConfigured};
use super::{Capability, GrantError, javascript};
use serde_json::{Map, Value};
use std::any::{Any, TypeId};
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

/// A capability's value for one version, without its type.
pub(super) type AnyConfigured = Arc<dyn Any + Send + Sync>;

/// The capabilities that a process offers. Outbound HTTP and the environment are WASI's own business and always there.
pub struct Capabilities {
    http: Http,
    secrets: Secrets,
    others: Vec<Box<dyn Composed>>,
}

/// What one deployed version may do, of all capabilities.
pub struct Configured {
    pub(super) http: Arc<HttpConfigured>,
    pub(super) secrets: Arc<SecretsConfigured>,
    pub(super) others: Vec<(TypeId, AnyConfigured)>,
}

impl Capabilities {
    /// A process that offers HTTP and an environment.
    #[must_use]
    pub fn new(http: Http, secrets: Secrets) -> Self {
        Self { http, secrets, others: Vec::new() }
    }

    /// The same with one capability more.
    #[must_use]
    pub fn with<C: Capability>(mut self, capability: C) -> Self {
        self.others.push(Box::new(capability));
        self
    }

    /// Outbound HTTP.
    #[must_use]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// A capability that was composed, for what else a process does with it.
    #[must_use]
    pub fn get<C: Capability>(&self) -> Option<&C> {
        self.others.iter().find_map(|capability| capability.as_any().downcast_ref())
    }

    /// Adds the imports of all of them.
    ///
    /// # Errors
    /// Only by a fault of ours: two imports of one name.
    pub fn link(&self, linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        <Http as Capability>::link(linker)?;
        <Secrets as Capability>::link(linker)?;
        javascript::link(linker)?;
        self.others.iter().try_for_each(|capability| capability.link(linker))
    }

    /// Validates a function's `capabilities`; none at all is the same as an empty object.
    ///
    /// # Errors
    /// Every key that is wrong, with the reason.
    pub fn configure(&self, grants: Option<&Map<String, Value>>) -> Result<Configured, Vec<GrantError>> {
        let mut errors = self.unknown_keys(grants);
        let grant = |key| grants.and_then(|grants| grants.get(key));
        let http = configure(&self.http, grant(Http::KEY)).map_err(|error| errors.push(error));
        let secrets = configure(&self.secrets, grant(Secrets::KEY)).map_err(|error| errors.push(error));
        let mut others = Vec::with_capacity(self.others.len());
        for capability in &self.others {
            match capability.configure(grant(capability.key())) {
                Ok(configured) => others.push((capability.id(), configured)),
                Err(error) => errors.push(error),
            }
        }
        match (http, secrets) {
            (Ok(http), Ok(secrets)) if errors.is_empty() => Ok(Configured { http, secrets, others }),
            _ => Err(errors),
        }
    }

    fn unknown_keys(&self, grants: Option<&Map<String, Value>>) -> Vec<GrantError> {
        let known: Vec<_> =
            [Http::KEY, Secrets::KEY].into_iter().chain(self.others.iter().map(|c| c.key())).collect();
        let unknown = grants.into_iter().flat_map(Map::keys).filter(|key| !known.contains(&key.as_str()));
        unknown
            .map(|key| GrantError::new(key, format!("there is no such capability, but {}", known.join(", "))))
            .collect()
    }
}

/// A [`Capability`] without its types.
trait Composed: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn id(&self) -> TypeId;
    fn key(&self) -> &'static str;
    fn link(&self, linker: &mut Linker<GuestState>) -> wasmtime::Result<()>;
    fn configure(&self, grant: Option<&Value>) -> Result<AnyConfigured, GrantError>;
}

impl<C: Capability> Composed for C {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn id(&self) -> TypeId {
        TypeId::of::<C>()
    }

    fn key(&self) -> &'static str {
        C::KEY
    }

    fn link(&self, linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        C::link(linker)
    }

    fn configure(&self, grant: Option<&Value>) -> Result<AnyConfigured, GrantError> {
        Ok(configure(self, grant)?)
    }
}

fn configure<C: Capability>(capability: &C, grant: Option<&Value>) -> Result<Arc<C::Configured>, GrantError> {
    let grant = match grant {
        None | Some(Value::Null) => C::Grant::default(),
        Some(value) => serde::Deserialize::deserialize(value)
            .map_err(|error: serde_json::Error| GrantError::new(C::KEY, error.to_string()))?,
    };
    capability.configure(grant).map(Arc::new)
}
