//! What one invocation holds of the database: who it may be, and how much it may do at once.

use super::error::Result;
use super::parking::Parking;
use super::pool::LoginRole;
use super::run::Scope;
use super::wit::{Error, Identity};
use super::{SqlConfigured, SqlGrant};
use crate::InvocationContext;
use crate::auth::{self, Role};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Statements of one invocation that are under way, or whose results were not taken.
const STATEMENTS: usize = 8;

/// Transactions and streams of one invocation that are open.
const OPEN: u32 = 4;

/// One invocation's access to the database.
pub struct SqlSession {
    configured: Arc<SqlConfigured>,
    invocation: Arc<InvocationContext>,
    statements: Arc<Semaphore>,
    open: Arc<Semaphore>,
    parking: Arc<Parking>,
}

impl SqlSession {
    pub(super) fn new(configured: Arc<SqlConfigured>, invocation: Arc<InvocationContext>) -> Self {
        let (statements, open) = (Semaphore::new(STATEMENTS), Semaphore::new(OPEN as usize));
        Self {
            configured,
            invocation,
            statements: statements.into(),
            open: open.into(),
            parking: Arc::default(),
        }
    }

    /// The database as somebody.
    pub(super) fn scope(&self, identity: Identity) -> Result<Scope> {
        let SqlConfigured { database, grant } = &*self.configured;
        match (grant, identity) {
            (SqlGrant::Service, _) | (SqlGrant::Caller, Identity::Caller) => {}
            (SqlGrant::None, Identity::Caller) => {
                return Err(Error::NotGranted("sql: \"caller\"".to_owned()));
            }
            (_, Identity::Service) => return Err(Error::NotGranted("sql: \"service\"".to_owned())),
        }
        let identity = match identity {
            Identity::Caller => self.caller()?,
            Identity::Service => auth::Identity::service(),
        };
        let login = match identity.role {
            Role::Anon | Role::Authenticated => LoginRole::Caller,
            Role::ProjectAdmin => LoginRole::Service,
        };
        Ok(Scope {
            pool: database.pool(login)?,
            role: identity.role,
            claims: identity.database_claims(),
            invocation: self.invocation.clone(),
            statements: self.statements.clone(),
            open: self.open.clone(),
            parking: self.parking.clone(),
        })
    }

    fn caller(&self) -> Result<auth::Identity> {
        let keys = self.configured.database.keys()?.credentials();
        match self.invocation.caller.identity(&keys) {
            Ok(identity) => Ok(identity.clone()),
            // A credential that cannot be checked yet is neither good nor bad.
            Err(_) if !keys.is_loaded() => Err(Error::Unavailable("the keys were not read yet".to_owned())),
            Err(_) => Err(Error::InvalidCredential),
        }
    }
}

impl Scope {
    /// A place among the statements that are under way.
    pub(super) async fn statement(&self) -> Result<OwnedSemaphorePermit> {
        let place = self.statements.clone().acquire_owned();
        self.in_time(async { place.await.map_err(|_closed| Error::TooManyOpen(OPEN)) }).await
    }

    /// A place among what is open.
    pub(super) fn opening(&self) -> Result<OwnedSemaphorePermit> {
        self.open.clone().try_acquire_owned().map_err(|_| Error::TooManyOpen(OPEN))
    }
}
