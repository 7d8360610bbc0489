//! Keeps the directory current: one session with the database after another.
//!
//! A session listens, prepares the schema, reads everything once, and then reads what changed: when a notification
//! says so, when the poll interval is over (a notification may be lost), and when a secret expires. The notification's
//! text is only a wake-up call. What changed is asked of `functions.changes`, so that both ways are one.

use super::batches::{self, Batch};
use super::migrate::{self, SchemaError};
use super::{Mode, Shared, index, secrets, seed};
use sqlx::postgres::{PgListener, PgNotification};
use sqlx::{ConnectOptions, PgConnection, Row};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

/// What the triggers notify.
const CHANNEL: &str = "wasmforge_changed";
/// How long reading changes may take before the connection counts as lost.
const READ: Duration = Duration::from_secs(10);
/// How long migrating and reading everything may take.
const START: Duration = Duration::from_secs(120);
/// The first and the longest pause between two attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));

/// How far the directory has followed the database.
#[derive(Default)]
pub(super) struct Progress {
    /// Every transaction before this one was seen.
    horizon: i64,
    /// Changes at or after the horizon that were seen already.
    seen: HashMap<(String, String), i64>,
    /// When the first secret expires.
    secrets_end: Option<Instant>,
}

/// A fingerprint of the tables, where no trigger tells what changed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Digest {
    pub(super) functions: (i64, i64),
    pub(super) secrets: (i64, i64),
}

#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error("the database does not answer")]
    Silent,
    #[error("the connection to the database was lost")]
    Lost,
    #[error("the database's schema was extended")]
    Extended,
}

impl From<tokio::time::error::Elapsed> for SessionError {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::Silent
    }
}

/// Runs sessions until the registry stops.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut pause = BACKOFF.0;
    loop {
        let error = tokio::select! {
            () = shared.stop.cancelled() => return,
            Err(error) = session(&shared) => error,
        };
        if shared.is_connected() {
            pause = BACKOFF.0;
        }
        shared.disconnected(&error);
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = sleep(pause) => pause = (pause * 2).min(BACKOFF.1),
        }
    }
}

async fn session(shared: &Shared) -> Result<Infallible, SessionError> {
    // A connection of its own: what is wrong with the database is said in its words, not the pool's, and reading
    // changes never waits behind deploys.
    let mut connection = timeout(READ, shared.pool.connect_options().connect()).await??;
    let mut listener = PgListener::connect_with(&shared.pool).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    timeout(READ, listener.listen_all([CHANNEL, batches::CHANNEL])).await??;
    let mode = timeout(START, begin(shared, &mut connection)).await??;
    let period = shared.config.poll_interval.max(Duration::from_millis(10));
    let mut poll = interval_at(Instant::now() + period, period);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let secrets_end = shared.progress.lock().await.secrets_end;
        tokio::select! {
            notification = listener.try_recv() => {
                let first = notification?.ok_or(SessionError::Lost)?;
                let mut changed = shared.notified(&first);
                while let Some(next) = listener.next_buffered() {
                    changed |= shared.notified(&next);
                }
                if !changed {
                    continue;
                }
            }
            _ = poll.tick() => {}
            () = at(secrets_end) => {}
        }
        timeout(READ, catch_up(shared, &mut connection, mode)).await??;
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Prepares the schema and reads everything.
async fn begin(shared: &Shared, connection: &mut PgConnection) -> Result<Mode, SessionError> {
    let schema = migrate::prepare(connection, &shared.config).await?;
    if schema.owned {
        seed::seed(shared, connection).await?;
    }
    let mut progress = shared.progress.lock().await;
    *progress = Progress::default();
    match schema.mode {
        // The horizon first: what commits while the rest is read is read again.
        Mode::Full => progress.horizon = horizon(connection).await?,
        Mode::Unmodified => {
            let digest = digest(connection).await?;
            *shared.revalidations.digest.lock() = digest;
        }
    }
    index::load_all(shared, connection, schema.mode).await?;
    progress.secrets_end = secrets::load(shared, connection).await?;
    shared.connected(schema.mode);
    shared.schedules_changed();
    Ok(schema.mode)
}

async fn horizon(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        .fetch_one(connection)
        .await
}

/// Reads what changed since the last time.
async fn catch_up(shared: &Shared, connection: &mut PgConnection, mode: Mode) -> Result<(), SessionError> {
    let mut progress = shared.progress.lock().await;
    let changes = match mode {
        Mode::Full => changes(connection, &progress).await?,
        Mode::Unmodified => differences(shared, connection).await?,
    };
    let secrets_ended = progress.secrets_end.is_some_and(|end| end <= Instant::now());
    if changes.everything {
        index::load_all(shared, connection, mode).await?;
    } else {
        index::load_some(shared, connection, mode, &changes.functions).await?;
    }
    if changes.secrets || changes.everything || secrets_ended {
        progress.secrets_end = secrets::load(shared, connection).await?;
    }
    if changes.schedules || changes.everything {
        shared.schedules_changed();
    }
    progress.horizon = changes.horizon;
    progress.seen = changes.seen;
    if let Some(digest) = changes.digest {
        *shared.revalidations.digest.lock() = digest;
    }
    shared.status.lock().last_sync = Some(SystemTime::now());
    Ok(())
}

/// What has to be read again, and the progress made once it was.
#[derive(Default)]
struct Changes {
    functions: Vec<String>,
    secrets: bool,
    schedules: bool,
    everything: bool,
    horizon: i64,
    seen: HashMap<(String, String), i64>,
    digest: Option<Digest>,
}

/// Asks for every change that the last snapshot did not contain.
///
/// A change that committed since has a transaction id at or above that snapshot's horizon. A transaction that runs
/// for long holds the horizon back, so what was seen above it is remembered.
async fn changes(connection: &mut PgConnection, progress: &Progress) -> Result<Changes, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
            c.topic, c.name, c.xid::text::bigint AS xid
         FROM (SELECT) AS always LEFT JOIN functions.changes c ON c.xid >= $1::text::xid8",
    )
    .bind(progress.horizon.to_string())
    .fetch_all(connection)
    .await?;
    let mut changes = Changes::default();
    for row in &rows {
        changes.horizon = row.try_get("horizon")?;
        let Some(topic) = row.try_get::<Option<String>, _>("topic")? else { continue };
        let change = (topic, row.try_get::<String, _>("name")?);
        let xid: i64 = row.try_get("xid")?;
        if progress.seen.get(&change) != Some(&xid) {
            match change.0.as_str() {
                "function" => changes.functions.push(change.1.clone()),
                "secret" => changes.secrets = true,
                "schedule" => changes.schedules = true,
                _ => changes.everything = true,
            }
        }
        changes.seen.insert(change, xid);
    }
    let horizon = changes.horizon;
    changes.seen.retain(|_, xid| *xid >= horizon);
    Ok(changes)
}

/// Compares fingerprints where there are no triggers. Requests revalidate for themselves; this keeps memory close to
/// the tables, for the time when the database is away.
async fn differences(shared: &Shared, connection: &mut PgConnection) -> Result<Changes, SessionError> {
    let extended: bool = sqlx::query_scalar("SELECT to_regclass('functions.changes') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if extended {
        return Err(SessionError::Extended);
    }
    let digest = digest(connection).await?;
    let known = *shared.revalidations.digest.lock();
    Ok(Changes {
        everything: digest.functions != known.functions,
        secrets: digest.secrets != known.secrets,
        digest: Some(digest),
        ..Changes::default()
    })
}

async fn digest(connection: &mut PgConnection) -> Result<Digest, sqlx::Error> {
    let row = sqlx::query(
        "SELECT count(*) AS functions,
            coalesce((extract(epoch FROM max(updated_at)) * 1000000)::bigint, 0) AS functions_at,
            (SELECT count(*) FROM system.secrets
                WHERE is_active = true AND (expires_at IS NULL OR expires_at > now())) AS secrets,
            (SELECT coalesce((extract(epoch FROM max(updated_at)) * 1000000)::bigint, 0) FROM system.secrets)
                AS secrets_at
         FROM functions.definitions",
    )
    .fetch_one(connection)
    .await?;
    Ok(Digest {
        functions: (row.try_get("functions")?, row.try_get("functions_at")?),
        secrets: (row.try_get("secrets")?, row.try_get("secrets_at")?),
    })
}

/// Reads one function again after a write through this node, so that its next request sees it.
pub(super) async fn refresh(shared: &Shared, slug: &str) -> Result<(), sqlx::Error> {
    let Some(mode) = shared.mode() else { return Ok(()) };
    let _progress = shared.progress.lock().await;
    let mut connection = shared.pool.acquire().await?;
    index::load_some(shared, &mut connection, mode, &[slug.to_owned()]).await
}

/// Reads the secrets again after a write through this node, so that its next request sees it.
pub(super) async fn refresh_secrets(shared: &Shared) -> Result<(), sqlx::Error> {
    let mut progress = shared.progress.lock().await;
    let mut connection = shared.pool.acquire().await?;
    progress.secrets_end = secrets::load(shared, &mut connection).await?;
    Ok(())
}

impl Shared {
    /// Passes on what a notification tells of the history; whether it tells of a change.
    fn notified(&self, notification: &PgNotification) -> bool {
        if notification.channel() == batches::CHANNEL {
            if let Some(batch) = Batch::of(notification.payload()) {
                // Without a reader there is nobody to tell.
                let _ = self.batches.send(batch);
            }
            return false;
        }
        true
    }

    fn connected(&self, mode: Mode) {
        let now = Some(SystemTime::now());
        {
            let mut status = self.status.lock();
            if !status.connected {
                status.since = now;
            }
            status.connected = true;
            status.mode = Some(mode);
            status.last_sync = now;
        }
        self.filled.send_replace(true);
        tracing::info!(
            database = self.config.database.name,
            ?mode,
            functions = self.directory.len(),
            "connected"
        );
    }

    fn disconnected(&self, error: &SessionError) {
        let error = error.to_string();
        let mut status = self.status.lock();
        let known = !status.connected && status.last_error.as_ref() == Some(&error);
        if status.connected || status.since.is_none() {
            status.since = Some(SystemTime::now());
        }
        status.connected = false;
        if !known {
            tracing::warn!(database = self.config.database.name, error, "the database is unavailable");
        }
        status.last_error = Some(error);
    }
}
