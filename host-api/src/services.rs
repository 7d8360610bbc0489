//! What one invocation holds of all capabilities.

use super::http::Hooks;
use super::{Capability, Configured, InvocationContext};
use std::any::{Any, TypeId};
use std::sync::Arc;
use wasmforge_sandbox::{Environment, GuestParts, GuestState, HostSession};
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpHooks};

/// The sessions of one invocation, each made when it is first used: most invocations use few services.
pub struct Services {
    configured: Arc<Configured>,
    invocation: Arc<InvocationContext>,
    http: Hooks,
    environment: Option<Arc<Environment>>,
    sessions: Vec<(TypeId, Box<dyn Any + Send>)>,
}

/// A capability was linked that this invocation's process does not offer: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the capability {0} is linked but not composed")]
pub struct NotComposed(&'static str);

impl Services {
    /// The services of an invocation that may do what `configured` says.
    #[must_use]
    pub fn new(configured: Arc<Configured>, invocation: Arc<InvocationContext>) -> Self {
        let http = Hooks::new(configured.http.clone(), invocation.clone());
        Self { configured, invocation, http, environment: None, sessions: Vec::new() }
    }

    /// The invocation.
    #[must_use]
    pub fn invocation(&self) -> &Arc<InvocationContext> {
        &self.invocation
    }

    /// Where the invocation's requests go.
    pub(crate) fn http(&mut self) -> &mut Hooks {
        &mut self.http
    }

    /// What the invocation holds of the capability `C`.
    ///
    /// # Errors
    /// [`NotComposed`], to be returned as a trap.
    pub fn session<C: Capability>(&mut self) -> Result<&mut C::Session, NotComposed> {
        let id = TypeId::of::<C>();
        if !self.sessions.iter().any(|(of, _)| *of == id) {
            let session = C::prepare(&self.configured.of::<C>()?, &self.invocation);
            self.sessions.push((id, Box::new(session)));
        }
        let session = self.sessions.iter_mut().find(|(of, _)| *of == id);
        session.and_then(|(_, session)| session.downcast_mut()).ok_or(NotComposed(C::KEY))
    }
}

impl Configured {
    fn of<C: Capability>(&self) -> Result<Arc<C::Configured>, NotComposed> {
        let found = self.others.iter().find(|(of, _)| *of == TypeId::of::<C>());
        found.and_then(|(_, any)| any.clone().downcast().ok()).ok_or(NotComposed(C::KEY))
    }
}

impl HostSession for Services {
    fn http_hooks(&mut self) -> &mut dyn WasiHttpHooks {
        &mut self.http
    }

    fn environment(&mut self) -> &Environment {
        self.environment.get_or_insert_with(|| self.configured.secrets.environment())
    }
}

/// What a host call works with.
pub struct View<'a> {
    /// The guest's handles.
    pub table: &'a mut ResourceTable,
    /// The context of `wasi:http`.
    pub http: &'a mut WasiHttpCtx,
    /// The sessions.
    pub services: &'a mut Services,
}

/// Lends a [`View`] to a linker.
pub struct HasView;

impl HasData for HasView {
    type Data<'a> = View<'a>;
}

/// The view of a guest whose session is [`Services`].
pub fn view(state: &mut GuestState) -> View<'_> {
    let GuestParts { http, table, session, .. } = state.parts();
    let session: &mut dyn Any = session;
    match session.downcast_mut() {
        Some(services) => View { table, http, services },
        None => unreachable!("the capabilities are linked for guests with services only"),
    }
}
