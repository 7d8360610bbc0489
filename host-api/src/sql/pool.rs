//! The connections of one login role.

use super::connection::{Connection, Unusable};
use super::error::Result;
use super::target::{CONNECT, ConnectError, Target};
use super::wit::Error;
use async_trait::async_trait;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// How long a call waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

/// The two login roles that guests' SQL runs on. PostgreSQL checks what a session may become against the role that it
/// logged in as, so this is what bounds a guest, whatever it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRole {
    /// May become `anon` and `authenticated`.
    Caller,
    /// May become `project_admin`.
    Service,
}

impl LoginRole {
    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "wasmforge_caller",
            Self::Service => "wasmforge_service",
        }
    }

    /// The roles that it is a member of.
    #[must_use]
    pub fn members_of(self) -> &'static [&'static str] {
        match self {
            Self::Caller => &["anon", "authenticated"],
            Self::Service => &["project_admin"],
        }
    }

    /// The grant that it stands for.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Service => "service",
        }
    }
}

/// Creates login roles, where the database lets us.
#[async_trait]
pub trait LoginRoles: Send + Sync + 'static {
    /// Makes sure that a role exists, has this password, is a member of its roles and of no others' doing, and that no
    /// settings are stored for it.
    ///
    /// # Errors
    /// Why that cannot be done, for a person to read.
    async fn provide(&self, role: LoginRole, password: &str) -> Result<(), String>;
}

/// Connections that are made when they are first needed, and handed back clean.
pub(super) struct Pool {
    target: Target,
    login: LoginRole,
    /// Creates the role with a password, where the operator gave us no role of theirs.
    provider: Option<(Arc<dyn LoginRoles>, zeroize::Zeroizing<String>)>,
    repaired: tokio::sync::Mutex<Option<Instant>>,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(
        target: Target,
        login: LoginRole,
        provider: Option<(Arc<dyn LoginRoles>, zeroize::Zeroizing<String>)>,
        size: usize,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(size));
        Self { target, login, provider, repaired: Default::default(), permits, idle: Default::default() }
    }

    /// A clean connection for a function, by preference one that this function used before.
    pub(super) async fn acquire(self: &Arc<Self>, owner: &Arc<str>, deadline: Instant) -> Result<Lease> {
        let patience = deadline.min(Instant::now() + ACQUIRE);
        let permit = match timeout_at(patience, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_closed)) => return Err(Error::Unavailable("the runtime is stopping".to_owned())),
            Err(_elapsed) if patience == deadline => return Err(Error::Timeout),
            Err(_elapsed) => return Err(Error::Unavailable("all connections are in use".to_owned())),
        };
        let mut connection = match self.take(owner) {
            Some(connection) => connection,
            None => self.connect(deadline).await?,
        };
        connection.own(owner);
        Ok(Lease {
            connection: Some(connection),
            state: State::Unused,
            pool: self.clone(),
            permit: Some(permit),
        })
    }

    fn take(&self, owner: &Arc<str>) -> Option<Connection> {
        let mut idle = self.idle.lock();
        idle.retain(|connection| !connection.is_closed());
        match idle.iter().rposition(|connection| connection.is_owned_by(owner)) {
            Some(index) => Some(idle.swap_remove(index)),
            None => idle.pop(),
        }
    }

    async fn connect(&self, deadline: Instant) -> Result<Connection> {
        let patience = deadline.min(Instant::now() + CONNECT);
        match timeout_at(patience, self.connect_or_repair()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(reason)) => {
                tracing::warn!(role = self.login.name(), reason, "no connection for SQL");
                Err(Error::Unavailable(reason))
            }
            Err(_elapsed) if patience == deadline => Err(Error::Timeout),
            Err(_elapsed) => Err(Error::Unavailable("PostgreSQL does not answer".to_owned())),
        }
    }

    async fn connect_or_repair(&self) -> Result<Connection, String> {
        let tried = Instant::now();
        let failure = match Connection::open(&self.target, self.login).await {
            Ok(connection) => return Ok(connection),
            Err(failure) => failure,
        };
        let repairable = match &failure {
            Unusable::Connect(error) => error.is_stranger(),
            Unusable::Settings | Unusable::TooStrong(_) => true,
        };
        match &self.provider {
            Some((roles, password)) if repairable => {
                self.repair(roles.as_ref(), password, tried).await?;
                Connection::open(&self.target, self.login).await.map_err(|failure| explain(&failure))
            }
            _ => Err(explain(&failure)),
        }
    }

    /// Creates or repairs the login role, unless another call has since the connection was tried.
    async fn repair(&self, roles: &dyn LoginRoles, password: &str, tried: Instant) -> Result<(), String> {
        let mut repaired = self.repaired.lock().await;
        match *repaired {
            Some(last) if last > tried => Ok(()),
            _ => {
                roles.provide(self.login, password).await?;
                *repaired = Some(Instant::now());
                Ok(())
            }
        }
    }

    /// Hands a connection back, clean, or gives it up.
    async fn take_back(self: Arc<Self>, connection: Connection, state: State) {
        match state {
            State::Unused => self.idle.lock().push(connection),
            State::Used if connection.clean().await => self.idle.lock().push(connection),
            State::Used => {}
            State::Busy => connection.cancel().await,
        }
    }
}

/// What the network said is for the operator's log; a guest need not learn addresses.
fn explain(failure: &Unusable) -> String {
    match failure {
        Unusable::Connect(ConnectError::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "PostgreSQL cannot be reached".to_owned()
        }
        other => other.to_string(),
    }
}

/// How a connection comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing was sent.
    Unused,
    /// The server has answered everything.
    Used,
    /// The server may be at work.
    Busy,
}

/// A connection in use. It goes back when it is dropped: clean, or not at all.
pub(super) struct Lease {
    connection: Option<Connection>,
    pub(super) state: State,
    pool: Arc<Pool>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lease {
    /// The connection, which is there until the lease ends.
    ///
    /// # Errors
    /// Never, but there is no other way to say so.
    pub(super) fn connection(&mut self) -> Result<&mut Connection> {
        let gone = || Error::ConnectionLost("the connection was handed back".to_owned());
        self.connection.as_mut().ok_or_else(gone)
    }

    /// Whether it is one of this pool's.
    pub(super) fn is_of(&self, pool: &Arc<Pool>) -> bool {
        Arc::ptr_eq(&self.pool, pool)
    }

    /// Whether its connection was not lost.
    pub(super) fn is_good(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| !connection.is_closed())
    }

    /// Gives the connection up, and with it whatever is under way on it.
    pub(super) fn discard(mut self) {
        self.connection = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(connection), Some(permit)) = (self.connection.take(), self.permit.take()) else { return };
        if connection.is_closed() {
            return;
        }
        let (pool, state) = (self.pool.clone(), self.state);
        if state == State::Unused {
            pool.idle.lock().push(connection);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                pool.take_back(connection, state).await;
                drop(permit);
            });
        }
    }
}
