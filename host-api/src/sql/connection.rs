//! One connection, with the statements that were prepared on it.

use super::error::{self, Result};
use super::pool::LoginRole;
use super::statement::Prepared;
use super::target::{ConnectError, Target};
use super::wire::MessageLimit;
use super::wit::Error;
use crate::auth::Role;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage, Statement};

/// Statements that one connection keeps prepared.
const MAX_STATEMENTS: usize = 64;

/// Longer texts are prepared anew each time.
const MAX_CACHED_TEXT: usize = 8 * 1024;

/// How long cleaning may take.
const CLEANING: Duration = Duration::from_secs(5);

/// Makes a connection as it was when it was new, whatever was done with it, but for our prepared statements. What is
/// left says whether there are statements that the guest prepared by itself, so that names cannot be trusted, and whether
/// ours are still there.
const CLEAN: &str = "ROLLBACK; CLOSE ALL; UNLISTEN *; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;
    SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES;
    SELECT count(*) FILTER (WHERE from_sql), count(*) FILTER (WHERE NOT from_sql)
        FROM pg_catalog.pg_prepared_statements";

/// Sets who a transaction runs as, and for how long, until it ends.
const IDENTIFY: &str = "SELECT pg_catalog.set_config('role', $1, true),
    pg_catalog.set_config('request.jwt.claims', $2, true),
    pg_catalog.set_config('statement_timeout', $3, true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true)";

/// What the login role of this connection is, and how many settings were stored for it.
const INSPECT: &str =
    "SELECT r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls, r.rolinherit,
        (SELECT count(*) FROM pg_catalog.pg_db_role_setting s WHERE s.setrole = r.oid)
    FROM pg_catalog.pg_roles r WHERE r.rolname = session_user";

/// Why a connection cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// It was not made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Its login role may more than a guest's connection should.
    #[error("{0}")]
    TooStrong(String),
    /// Somebody stored settings for its login role, which every connection begins with.
    #[error("settings were stored for the login role with ALTER ROLE")]
    Settings,
}

/// A connection that no guest uses at this moment, or one does.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) identify: Statement,
    pub(super) limit: Arc<MessageLimit>,
    driver: AbortHandle,
    target: Target,
    statements: HashMap<(Role, Arc<str>), Arc<Prepared>>,
    /// The function whose statements are prepared here: no other sees their texts.
    owner: Option<Arc<str>>,
}

impl Connection {
    /// Connects, and makes sure of the login role.
    pub(super) async fn open(target: &Target, login: LoginRole) -> Result<Self, Unusable> {
        let limit = Arc::new(MessageLimit::default());
        let (client, driver) = target.connect(limit.clone()).await?;
        let (found, identify) = tokio::try_join!(client.query_one(INSPECT, &[]), client.prepare(IDENTIFY))
            .map_err(ConnectError::from)?;
        let (strong, inherits): (bool, bool) = (found.get(0), found.get(1));
        if strong {
            return Err(Unusable::TooStrong(format!(
                "the login role of the {} connections is a superuser, or may create roles, replicate or bypass row-level security",
                login.word()
            )));
        }
        if inherits && login == LoginRole::Caller {
            return Err(Unusable::TooStrong(
                "the login role of the caller connections inherits the rights of its roles; it has to be NOINHERIT".to_owned(),
            ));
        }
        if found.get::<_, i64>(2) > 0 {
            return Err(Unusable::Settings);
        }
        let target = target.clone();
        Ok(Self { client, identify, limit, driver, target, statements: HashMap::new(), owner: None })
    }

    /// Whether this function used it last.
    pub(super) fn is_owned_by(&self, owner: &Arc<str>) -> bool {
        self.owner.as_ref() == Some(owner)
    }

    /// Prepares it for this function: what others prepared is closed on the server, ahead of all that follows.
    pub(super) fn own(&mut self, owner: &Arc<str>) {
        if !self.is_owned_by(owner) {
            self.statements.clear();
            self.owner = Some(owner.clone());
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// A statement that was prepared before.
    pub(super) fn prepared(&self, role: Role, text: &Arc<str>) -> Option<Arc<Prepared>> {
        self.statements.get(&(role, text.clone())).cloned()
    }

    /// Keeps a prepared statement for the next time.
    pub(super) fn keep(&mut self, role: Role, text: &Arc<str>, prepared: &Arc<Prepared>) {
        if text.len() > MAX_CACHED_TEXT {
            return;
        }
        if self.statements.len() >= MAX_STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert((role, text.clone()), prepared.clone());
    }

    /// Forgets a prepared statement that no longer holds.
    pub(super) fn forget(&mut self, role: Role, text: &Arc<str>) {
        self.statements.remove(&(role, text.clone()));
    }

    /// Makes it as new. `false` if that did not succeed, or if it cannot be known.
    pub(super) async fn clean(&self) -> bool {
        match timeout(CLEANING, self.client.simple_query(CLEAN)).await {
            Ok(Ok(messages)) => messages.iter().rev().find_map(counts).is_some_and(|(theirs, ours)| {
                // The driver keeps a few of its own, so there may be more.
                theirs == 0 && ours > self.statements.len()
            }),
            _ => false,
        }
    }

    /// Cancels whatever it is doing, and gives it up.
    pub(super) async fn cancel(self) {
        let token = self.client.cancel_token();
        if let Err(error) = timeout(CLEANING, self.target.cancel(token)).await.unwrap_or(Ok(())) {
            tracing::debug!(%error, "a statement could not be cancelled");
        }
        let Self { client, driver, statements, .. } = self;
        drop((client, statements));
        // The driver ends once the server has answered what was sent; a server that does not is left.
        for _ in 0..50 {
            if driver.is_finished() {
                return;
            }
            tokio::time::sleep(CLEANING / 50).await;
        }
        driver.abort();
    }

    /// The guest's error for one of the driver's.
    pub(super) fn error(&self, error: &tokio_postgres::Error, most: u64) -> Error {
        if self.limit.was_exceeded() { Error::TooLarge(most) } else { error::of_driver(error) }
    }
}

fn counts(message: &SimpleQueryMessage) -> Option<(usize, usize)> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    let count = |column: usize| row.try_get(column).ok()??.parse().ok();
    Some((count(0)?, count(1)?))
}
