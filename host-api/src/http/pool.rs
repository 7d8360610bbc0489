//! Connections kept alive between requests.

use super::connection::{Connection, Http1Connection, Http2Connection};
use super::destination::Destination;
use super::policy::{OutboundPolicy, PolicyId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// Idle HTTP/1.1 connections kept per key.
const MAX_IDLE_PER_KEY: usize = 16;

/// Idle HTTP/1.1 connections kept in all.
const MAX_IDLE: usize = 1024;

/// Who may use a connection, and for what: only requests under the policy that it was vetted by, to the same place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolKey {
    policy: PolicyId,
    destination: Destination,
}

impl PoolKey {
    pub(super) fn new(policy: &OutboundPolicy, destination: Destination) -> Self {
        Self { policy: policy.id(), destination }
    }
}

/// The connections that wait for the next request.
#[derive(Debug)]
pub(super) struct Pool {
    idle_timeout: Duration,
    shelves: Mutex<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    by_key: HashMap<PoolKey, Shelf>,
    idle: usize,
    reaping: bool,
}

#[derive(Debug, Default)]
struct Shelf {
    /// The one used last is at the end, and is taken first.
    http1: Vec<Idle>,
    http2: Option<Shared>,
}

#[derive(Debug)]
struct Idle {
    connection: Http1Connection,
    expires: Instant,
}

#[derive(Debug)]
struct Shared {
    connection: Http2Connection,
    expires: Instant,
}

impl Pool {
    /// Keeps a connection no longer than `idle_timeout` without a request.
    pub(super) fn new(idle_timeout: Duration) -> Arc<Self> {
        Arc::new(Self { idle_timeout, shelves: Mutex::default() })
    }

    /// Takes a connection that may be used under `key`; whether its peer still listens is known to the connection only.
    pub(super) fn take(&self, key: &PoolKey) -> Option<Connection> {
        let now = Instant::now();
        let mut shelves = self.lock();
        let Shelves { by_key, idle, .. } = &mut *shelves;
        let shelf = by_key.get_mut(key)?;
        if let Some(shared) = &mut shelf.http2 {
            if shared.connection.is_fit() && (now < shared.expires || shared.connection.is_used()) {
                shared.expires = now + self.idle_timeout;
                return Some(Connection::Http2(shared.connection.clone()));
            }
            shelf.http2 = None;
        }
        while let Some(kept) = shelf.http1.pop() {
            *idle = idle.saturating_sub(1);
            if now < kept.expires && !kept.connection.is_closed() {
                return Some(Connection::Http1(kept.connection));
            }
        }
        by_key.remove(key);
        None
    }

    /// Keeps a connection whose exchange is over, for as long as the peer says it will (`keep_alive`), if it says so.
    pub(super) fn put(
        self: &Arc<Self>,
        key: PoolKey,
        connection: Http1Connection,
        keep_alive: Option<Duration>,
    ) {
        let keep = keep_alive.unwrap_or(self.idle_timeout).min(self.idle_timeout);
        if keep.is_zero() || connection.is_closed() {
            return;
        }
        let mut shelves = self.lock();
        if shelves.idle >= MAX_IDLE {
            return;
        }
        let shelf = shelves.by_key.entry(key).or_default();
        if shelf.http1.len() >= MAX_IDLE_PER_KEY {
            return;
        }
        shelf.http1.push(Idle { connection, expires: Instant::now() + keep });
        shelves.idle = shelves.idle.saturating_add(1);
        self.reap_later(&mut shelves);
    }

    /// Lets others share an HTTP/2 connection.
    pub(super) fn share(self: &Arc<Self>, key: PoolKey, connection: &Http2Connection) {
        let mut shelves = self.lock();
        let expires = Instant::now() + self.idle_timeout;
        shelves.by_key.entry(key).or_default().http2 =
            Some(Shared { connection: connection.clone(), expires });
        self.reap_later(&mut shelves);
    }

    /// Lets go of every connection that is not in use.
    pub(super) fn clear(&self) {
        let mut shelves = self.lock();
        shelves.by_key.clear();
        shelves.idle = 0;
    }

    /// Starts the task that drops what has expired; it ends when nothing is kept.
    fn reap_later(self: &Arc<Self>, shelves: &mut Shelves) {
        if std::mem::replace(&mut shelves.reaping, true) {
            return;
        }
        let pool = Arc::downgrade(self);
        let pause = (self.idle_timeout / 2).max(Duration::from_millis(10));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                if !Weak::upgrade(&pool).is_some_and(|pool| pool.reap()) {
                    return;
                }
            }
        });
    }

    /// Drops what has expired; says whether anything is left.
    fn reap(&self) -> bool {
        let now = Instant::now();
        let mut shelves = self.lock();
        shelves.by_key.retain(|_, shelf| {
            shelf.http1.retain(|kept| now < kept.expires && !kept.connection.is_closed());
            shelf.http2.take_if(|shared| {
                !shared.connection.is_fit() || (now >= shared.expires && !shared.connection.is_used())
            });
            !shelf.http1.is_empty() || shelf.http2.is_some()
        });
        shelves.idle = shelves.by_key.values().map(|shelf| shelf.http1.len()).sum();
        shelves.reaping = !shelves.by_key.is_empty();
        shelves.reaping
    }

    /// A panic elsewhere cannot leave the shelves half-changed: nothing that panics runs under the lock.
    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
