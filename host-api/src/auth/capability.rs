//! What functions are told of credentials and users: `wasmforge:platform/auth`.

use super::users::{User, Users};
use super::{Keys, Role, Verified};
use crate::{Capability, GrantError, HasView, InvocationContext, Pending, View, view};
use bindings::wasmforge::platform::auth::{self, Error, Identity};
use serde::Deserialize;
use std::sync::Arc;
use tokio::time::timeout_at;
use uuid::Uuid;
use wasmforge_sandbox::{CallKind, GuestState, RunningCall};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::{DynPollable, subscribe};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world auth { import wasmforge:platform/auth@0.1.0; }",
        world: "wasmforge:host/auth",
        imports: { default: trappable },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasmforge:platform/auth.user-lookup": super::UserLookup,
        },
    });
}

/// A look into the table of users.
pub type UserLookup = Pending<Result<Option<auth::User>, Error>>;

/// The capability.
pub struct Auth(Arc<Backend>);

struct Backend {
    keys: Option<Arc<dyn Keys>>,
    users: Option<Arc<dyn Users>>,
}

impl Auth {
    /// Checks credentials with `keys` and finds users in `users`. What is missing is answered with `unavailable`.
    #[must_use]
    pub fn new(keys: Option<Arc<dyn Keys>>, users: Option<Arc<dyn Users>>) -> Self {
        Self(Arc::new(Backend { keys, users }))
    }
}

/// Whether a function may ask who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthGrant {
    /// It may not.
    None,
    /// It may.
    #[default]
    Caller,
}

/// What one version may ask.
pub struct AuthConfigured {
    backend: Arc<Backend>,
    grant: AuthGrant,
}

/// What one invocation holds.
pub struct AuthSession {
    configured: Arc<AuthConfigured>,
    invocation: Arc<InvocationContext>,
}

impl Capability for Auth {
    const KEY: &'static str = "auth";
    type Grant = AuthGrant;
    type Configured = AuthConfigured;
    type Session = AuthSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        auth::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: AuthGrant) -> Result<AuthConfigured, GrantError> {
        Ok(AuthConfigured { backend: self.0.clone(), grant })
    }

    fn prepare(configured: &Arc<AuthConfigured>, invocation: &Arc<InvocationContext>) -> AuthSession {
        AuthSession { configured: configured.clone(), invocation: invocation.clone() }
    }
}

impl AuthSession {
    /// The keys, for a function that may ask.
    fn keys(&self) -> Result<&dyn Keys, Error> {
        let AuthConfigured { backend, grant } = &*self.configured;
        if *grant == AuthGrant::None {
            return Err(Error::NotGranted("auth: \"caller\"".to_owned()));
        }
        let unavailable = || Error::Unavailable("there are no keys to check credentials with".to_owned());
        backend.keys.as_deref().ok_or_else(unavailable)
    }

    fn caller(&self) -> Result<Verified, Error> {
        let keys = self.keys()?.credentials();
        let verified = self.invocation.caller.verified(&keys);
        verified.cloned().map_err(|_| invalid(keys.is_loaded()))
    }

    fn verify(&self, credential: &str) -> Result<Verified, Error> {
        let keys = self.keys()?.credentials();
        Verified::of(&keys, credential).map_err(|_| invalid(keys.is_loaded()))
    }

    fn current_user(&self) -> Result<UserLookup, Error> {
        let identity = self.caller()?.identity;
        let subject = identity.subject.filter(|_| identity.role == Role::Authenticated);
        // A subject that somebody else's tokens may have is no id of ours.
        let Some(id) = subject.and_then(|subject| subject.parse::<Uuid>().ok()) else {
            return Ok(Pending::Ready(Ok(None)));
        };
        let unavailable = || Error::Unavailable("there is no table of users".to_owned());
        let users = self.configured.backend.users.clone().ok_or_else(unavailable)?;
        let deadline = self.invocation.deadline;
        Ok(Pending::new(async move {
            let found = timeout_at(deadline, users.by_id(id)).await.map_err(|_| Error::Timeout)?;
            let found = found.map_err(|error| Error::Unavailable(error.to_string()))?;
            Ok(found.map(auth::User::from))
        }))
    }
}

/// Whether a key is right is in a table that may not have been read yet.
fn invalid(keys_are_loaded: bool) -> Error {
    match keys_are_loaded {
        true => Error::InvalidCredential,
        false => Error::Unavailable("the keys were not read yet".to_owned()),
    }
}

/// Answers a question about a caller, and times it.
fn asked<T>(
    view: &mut View<'_>,
    name: &str,
    ask: impl FnOnce(&AuthSession) -> Result<T, Error>,
) -> wasmtime::Result<(Result<T, Error>, RunningCall)> {
    let session = view.services.session::<Auth>()?;
    let call = session.invocation.usage.begin_call(CallKind::Auth, name);
    Ok((ask(session), call))
}

/// The same for one that is answered at once.
fn answered<T>(
    view: &mut View<'_>,
    name: &str,
    ask: impl FnOnce(&AuthSession) -> Result<T, Error>,
) -> wasmtime::Result<Result<T, Error>> {
    let (answer, call) = asked(view, name, ask)?;
    call.finish(answer.is_ok());
    Ok(answer)
}

impl auth::Host for View<'_> {
    fn caller(&mut self) -> wasmtime::Result<Result<Identity, Error>> {
        answered(self, "caller", |session| session.caller().map(Identity::from))
    }

    fn verify(&mut self, credential: String) -> wasmtime::Result<Result<Identity, Error>> {
        answered(self, "verify", |session| session.verify(&credential).map(Identity::from))
    }

    fn current_user(&mut self) -> wasmtime::Result<Result<Resource<UserLookup>, Error>> {
        match asked(self, "current-user", AuthSession::current_user)? {
            (Ok(lookup), call) => Ok(Ok(self.table.push(lookup.timed(call))?)),
            (Err(error), _failed) => Ok(Err(error)),
        }
    }
}

impl auth::HostUserLookup for View<'_> {
    fn subscribe(&mut self, lookup: Resource<UserLookup>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, lookup)
    }

    fn get(
        &mut self,
        lookup: Resource<UserLookup>,
    ) -> wasmtime::Result<Option<Result<Result<Option<auth::User>, Error>, ()>>> {
        Ok(self.table.get_mut(&lookup)?.take().map(|result| result.ok_or(())))
    }

    fn drop(&mut self, lookup: Resource<UserLookup>) -> wasmtime::Result<()> {
        self.table.delete(lookup)?;
        Ok(())
    }
}

impl From<Verified> for Identity {
    fn from(Verified { identity, claims }: Verified) -> Self {
        let role = match identity.role {
            Role::Anon => auth::Role::Anon,
            Role::Authenticated => auth::Role::Authenticated,
            Role::ProjectAdmin => auth::Role::ProjectAdmin,
        };
        let claims = serde_json::Value::from(claims).to_string();
        Self { role, subject: identity.subject, email: identity.email, claims }
    }
}

impl From<User> for auth::User {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email,
            email_verified: user.email_verified,
            created_at: user.created_at,
            updated_at: user.updated_at,
            profile: user.profile,
            metadata: user.metadata,
        }
    }
}
