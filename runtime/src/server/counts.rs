//! Counts calls by function, minute and duration, and adds them to the table that all nodes share.

use crate::registry::{MinuteCount, PostgresRegistry, bucket_of};
use crate::telemetry::{GuestLine, InvocationRecord, Outcome, RecordSink};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often counts are added.
const PERIOD: Duration = Duration::from_secs(2);

/// Counts that wait for the database; while it is away, those of more functions and minutes are not kept.
const WAITING: usize = 100_000;

/// A function, a minute since 1970, and a bucket of durations.
type Key = (Arc<str>, i64, i16);

/// What was not added yet: calls, and how many of them failed.
#[derive(Default)]
pub(super) struct Counts(Mutex<HashMap<Key, (u64, u64)>>);

impl RecordSink for Counts {
    fn call(&self, record: &InvocationRecord) {
        let since = record.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let minute = i64::try_from(since.as_secs() / 60).unwrap_or(i64::MAX);
        let bucket = bucket_of(u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX));
        self.add((record.slug.clone(), minute, bucket), 1, u64::from(has_failed(record)));
    }

    fn line(&self, _: &GuestLine) {}
}

/// Whether it is the function's or the platform's fault that a caller did not get a good answer.
fn has_failed(record: &InvocationRecord) -> bool {
    let is_callers = matches!(
        record.outcome,
        Outcome::Ok | Outcome::ClientGone | Outcome::Refused | Outcome::RequestTooLarge
    );
    !is_callers || record.status >= 500
}

impl Counts {
    fn add(&self, key: Key, calls: u64, errors: u64) {
        let mut counts = self.0.lock();
        if counts.len() < WAITING || counts.contains_key(&key) {
            let count = counts.entry(key).or_default();
            count.0 += calls;
            count.1 += errors;
        }
    }

    /// Adds what was counted every two seconds until `stop`.
    pub(super) async fn run(self: Arc<Self>, registry: PostgresRegistry, stop: CancellationToken) {
        let mut period = interval(PERIOD);
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = period.tick() => self.flush(&registry).await,
            }
        }
    }

    /// Adds what was counted.
    pub(super) async fn flush(&self, registry: &PostgresRegistry) {
        let counted = std::mem::take(&mut *self.0.lock());
        if counted.is_empty() {
            return;
        }
        let counted: Vec<_> = counted
            .into_iter()
            .map(|((slug, minute, bucket), (calls, errors))| MinuteCount {
                slug,
                minute,
                bucket,
                calls,
                errors,
            })
            .collect();
        if let Err(error) = registry.add_counts(&counted).await {
            tracing::debug!(%error, "statistics wait for the database");
            for MinuteCount { slug, minute, bucket, calls, errors } in counted {
                self.add((slug, minute, bucket), calls, errors);
            }
        }
    }
}
