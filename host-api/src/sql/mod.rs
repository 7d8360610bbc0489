//! The database, for guests: the interface `wasmforge:platform/sql`.
//!
//! - **Link**: the interface.
//! - **Configure**: the grant says whose identity a function may take.
//! - **Prepare**: nothing is connected before the first statement.
//!
//! Guests' SQL never runs on the registry's connections. There are two pools, each with a login role of its own
//! ([`LoginRole`]), because PostgreSQL checks what a session may become against the role that it logged in as. A statement
//! runs in a transaction that first takes on a role and the setting `request.jwt.claims`; both go to the server together
//! with the statement. A connection is made as new before anybody else gets it, and is given up where that cannot be known.
//!
//! | limit | value | the guest sees |
//! |---|---|---|
//! | rows of a result | 100 000, `sqlRows` | `too-many-rows` |
//! | bytes of a result, of a streamed row, of the parameters | 32 MiB, `sqlMib` | `too-large` |
//! | a statement's text, its parameters | 1 MiB, 65 535 | `invalid-statement` |
//! | statements of an invocation at once | 8 | the next one waits |
//! | its open transactions and streams | 4 | `too-many-open` |
//! | time | until the invocation's deadline | `timeout` |
//! | waiting for a connection | 10 s | `unavailable` |

#![allow(clippy::result_large_err, reason = "the interface's own error is generated, and handed on as it is")]

mod connection;
mod error;
mod host;
mod parking;
mod pool;
mod run;
mod session;
mod statement;
mod stream;
mod summary;
mod target;
mod tls;
mod transaction;
mod value;
mod wire;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world sql { import wasmforge:platform/sql@0.1.0; }",
        world: "wasmforge:host/sql",
        imports: { default: trappable },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasmforge:platform/sql.session": crate::sql::host::Session,
            "wasmforge:platform/sql.transaction": crate::sql::transaction::Transaction,
            "wasmforge:platform/sql.row-stream": crate::sql::stream::Rows,
            "wasmforge:platform/sql.future-result": crate::sql::host::FutureResult,
            "wasmforge:platform/sql.future-count": crate::sql::host::FutureCount,
            "wasmforge:platform/sql.future-end": crate::sql::host::FutureEnd,
            "wasmforge:platform/sql.future-transaction": crate::sql::host::FutureTransaction,
        },
    });
}

use bindings::wasmforge::platform::sql as wit;

pub use pool::{LoginRole, LoginRoles};
pub use session::SqlSession;
pub use target::{InvalidUrl, Target};

use crate::auth::Keys;
use crate::{Capability, GrantError, HasView, InvocationContext, view};
use pool::Pool;
use serde::Deserialize;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;
use zeroize::Zeroizing;

/// How the connections of one login role are made.
pub struct Connections {
    /// Where to, and as whom.
    pub target: Target,
    /// What creates the role with this password when the database does not know it; `None` for a role of the operator's.
    pub provider: Option<(Arc<dyn LoginRoles>, Zeroizing<String>)>,
    /// How many there are at most.
    pub size: usize,
}

/// The database behind the capability.
pub struct Database {
    keys: Option<Arc<dyn Keys>>,
    caller: Result<Arc<Pool>, String>,
    service: Result<Arc<Pool>, String>,
}

impl Database {
    /// A database with two kinds of connections, either of which may be missing for a reason.
    #[must_use]
    pub fn new(
        keys: Arc<dyn Keys>,
        caller: Result<Connections, String>,
        service: Result<Connections, String>,
    ) -> Self {
        let pool = |of: Result<Connections, String>, login| {
            of.map(|Connections { target, provider, size }| {
                Arc::new(Pool::new(target, login, provider, size))
            })
        };
        Self {
            keys: Some(keys),
            caller: pool(caller, LoginRole::Caller),
            service: pool(service, LoginRole::Service),
        }
    }

    /// No database, for this reason.
    #[must_use]
    pub fn none(reason: &str) -> Self {
        let reason = || Err(reason.to_owned());
        Self { keys: None, caller: reason(), service: reason() }
    }

    fn pool(&self, login: LoginRole) -> error::Result<Arc<Pool>> {
        let pool = match login {
            LoginRole::Caller => &self.caller,
            LoginRole::Service => &self.service,
        };
        pool.clone().map_err(wit::Error::Unavailable)
    }

    fn keys(&self) -> error::Result<&dyn Keys> {
        let unavailable = || wit::Error::Unavailable(self.caller.as_ref().err().cloned().unwrap_or_default());
        self.keys.as_deref().ok_or_else(unavailable)
    }
}

/// SQL, the capability.
pub struct Sql(Arc<Database>);

impl Sql {
    /// SQL on a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(Arc::new(database))
    }
}

/// Whose identity a function's statements may run under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlGrant {
    /// The sender's of the request.
    #[default]
    Caller,
    /// The sender's, and `project_admin` when the function asks for it.
    Service,
    /// Nobody's.
    None,
}

/// What one version may do.
pub struct SqlConfigured {
    database: Arc<Database>,
    grant: SqlGrant,
}

impl Capability for Sql {
    const KEY: &'static str = "sql";
    type Grant = SqlGrant;
    type Configured = SqlConfigured;
    type Session = SqlSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        wit::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: SqlGrant) -> Result<SqlConfigured, GrantError> {
        Ok(SqlConfigured { database: self.0.clone(), grant })
    }

    fn prepare(configured: &Arc<SqlConfigured>, invocation: &Arc<InvocationContext>) -> SqlSession {
        SqlSession::new(configured.clone(), invocation.clone())
    }
}
