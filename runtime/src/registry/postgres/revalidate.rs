//! Freshness on a database that announces nothing: one round trip per request, shared by those that wait for it.

use super::sync::Digest;
use super::{Mode, Shared, index, secrets};
use crate::registry::{Lookup, Slug};
use parking_lot::Mutex;
use sqlx::Row;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// How long a request waits for the database before it is served from memory.
const PATIENCE: Duration = Duration::from_secs(2);

/// Round trips in flight, by slug.
#[derive(Default)]
pub(super) struct Revalidations {
    /// Ticks at every arrival and at every start of a round trip, so that the two can be ordered.
    clock: AtomicU64,
    slots: Mutex<HashMap<Slug, Arc<Slot>>>,
    /// What the tables looked like when they were last read. Written under the lock of the directory's progress.
    pub(super) digest: Mutex<Digest>,
}

/// The round trips of one slug, one at a time. Holds the moment that the last one answers for: its start, or its end
/// where it failed.
type Slot = tokio::sync::Mutex<u64>;

impl Revalidations {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn slot(&self, slug: &Slug) -> Arc<Slot> {
        self.slots.lock().entry(slug.clone()).or_default().clone()
    }

    /// Forgets a slot that nobody else holds, so that names that were only guessed take no room.
    fn release(&self, slug: &Slug, slot: Arc<Slot>) {
        let mut slots = self.slots.lock();
        drop(slot);
        if slots.get(slug).is_some_and(|kept| Arc::strong_count(kept) == 1) {
            slots.remove(slug);
        }
    }
}

/// See [`super::PostgresRegistry::revalidate`].
pub(super) async fn revalidate(shared: &Shared, slug: &Slug) {
    if shared.mode() != Some(Mode::Unmodified) || !shared.is_connected() {
        return;
    }
    let revalidations = &shared.revalidations;
    let arrived = revalidations.tick();
    let slot = revalidations.slot(slug);
    {
        let mut started = slot.lock().await;
        // A round trip that started before this request may have missed what the request must see.
        if *started < arrived {
            let now = revalidations.tick();
            *started = match timeout(PATIENCE, check(shared, slug)).await {
                Ok(Ok(())) => now,
                // Whoever waited for this answer is served from memory too, instead of waiting for the next in turn.
                Ok(Err(error)) => {
                    tracing::warn!(%slug, %error, "served from memory");
                    revalidations.tick()
                }
                Err(_) => {
                    tracing::warn!(%slug, "served from memory: the database does not answer");
                    revalidations.tick()
                }
            };
        }
    }
    revalidations.release(slug, slot);
}

async fn check(shared: &Shared, slug: &Slug) -> Result<(), sqlx::Error> {
    let known = match shared.directory.lookup(slug.as_str()) {
        Lookup::Found(function) => Some(function.version),
        Lookup::Unknown | Lookup::Unavailable => None,
    };
    let row = sqlx::query(
        "SELECT s.count, s.updated, coalesce((extract(epoch FROM d.updated_at) * 1000000)::bigint, 0) AS version,
            d.slug IS NOT NULL AS active
         FROM (SELECT count(*) FILTER (WHERE is_active = true AND (expires_at IS NULL OR expires_at > now())),
                coalesce((extract(epoch FROM max(updated_at)) * 1000000)::bigint, 0) AS updated
            FROM system.secrets) s
         LEFT JOIN functions.definitions d ON d.slug = $1 AND d.status = 'active' AND d.code <> ''",
    )
    .bind(slug.as_str())
    .fetch_one(&shared.pool)
    .await?;
    let now: Option<i64> = if row.try_get("active")? { Some(row.try_get("version")?) } else { None };
    let secrets_now: (i64, i64) = (row.try_get("count")?, row.try_get("updated")?);
    let digest = &shared.revalidations.digest;
    if now == known && digest.lock().secrets == secrets_now {
        return Ok(());
    }
    let _progress = shared.progress.lock().await;
    let mut connection = shared.pool.acquire().await?;
    index::load_some(shared, &mut connection, Mode::Unmodified, &[slug.to_string()]).await?;
    if digest.lock().secrets != secrets_now {
        secrets::load(shared, &mut connection).await?;
        digest.lock().secrets = secrets_now;
    }
    Ok(())
}
