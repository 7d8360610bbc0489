//! How many calls of a function took how long, by the minute.
//!
//! Durations are counted in buckets whose bounds grow by a fixed factor, so that a percentile is known to within a
//! few per cent whatever the durations are, and counts of several nodes and minutes can be added.

use std::sync::Arc;

/// Buckets in which a duration doubles: a bound is 9 % above the one before.
pub const BUCKETS_PER_OCTAVE: f64 = 8.0;

/// Calls of one function in one minute that took about the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinuteCount {
    /// The function.
    pub slug: Arc<str>,
    /// Minutes since 1970.
    pub minute: i64,
    /// Which durations: see [`bucket_of`].
    pub bucket: i16,
    /// Calls.
    pub calls: u64,
    /// Those of them that failed.
    pub errors: u64,
}

/// The same over any span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistic {
    /// The function.
    pub slug: String,
    /// The span's number.
    pub span: i64,
    /// Which durations.
    pub bucket: i16,
    /// Calls.
    pub calls: u64,
    /// Those of them that failed.
    pub errors: u64,
}

/// The bucket of a duration in microseconds.
#[must_use]
pub fn bucket_of(micros: u64) -> i16 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "it is below 64 times 8"
    )]
    let bucket = ((micros.max(1) as f64).log2() * BUCKETS_PER_OCTAVE) as i16;
    bucket
}

/// The duration in microseconds that stands for a bucket: its middle.
fn middle(bucket: i16) -> f64 {
    ((f64::from(bucket) + 0.5) / BUCKETS_PER_OCTAVE).exp2()
}

/// The duration in milliseconds that this part of the calls did not exceed; `None` without calls. The counts are in the
/// order of their buckets.
#[must_use]
pub fn percentile(counts: &[(i16, u64)], part: f64) -> Option<f64> {
    let total: u64 = counts.iter().map(|(_, calls)| calls).sum();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among calls of some hours"
    )]
    let rank = ((total as f64) * part).ceil() as u64;
    let mut seen = 0;
    let found = counts.iter().find(|(_, calls)| {
        seen += calls;
        seen >= rank.max(1)
    });
    found.map(|(bucket, _)| (middle(*bucket) / 10.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_within_a_bucket_of_the_truth() {
        assert_eq!(percentile(&[], 0.5), None);
        let counts = [(bucket_of(1_000), 95), (bucket_of(2_000_000), 5)];
        let (p50, p95, p99) =
            (percentile(&counts, 0.5), percentile(&counts, 0.95), percentile(&counts, 0.99));
        assert!((0.9..1.1).contains(&p50.unwrap()), "{p50:?}");
        assert_eq!(p50, p95);
        assert!((1800.0..2200.0).contains(&p99.unwrap()), "{p99:?}");
    }

    #[test]
    fn every_duration_has_a_bucket() {
        assert_eq!((bucket_of(0), bucket_of(1)), (0, 0));
        assert!(bucket_of(u64::MAX) <= 512);
        assert!((0..40).all(|n| bucket_of(1 << n) < bucket_of(1 << (n + 1))));
    }
}
