//! `/api/statistics`.

use super::query;
use crate::platform::auth::Admin;
use crate::platform::error::ErrorBody;
use crate::platform::extract::QueryOf;
use crate::platform::shapes::timestamp;
use crate::platform::{ApiError, PlatformState};
use crate::registry::{Statistic, percentile};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A week.
const MAX_MINUTES: u32 = 7 * 24 * 60;

const MAX_BUCKETS: u32 = 200;

pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Which statistics are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this function.
    slug: Option<String>,
    /// Of so many minutes, up to now.
    #[param(minimum = 1, maximum = 10080, default = 60)]
    minutes: Option<u32>,
    /// In so many parts. A part is a whole number of minutes, so there may be fewer.
    #[param(minimum = 1, maximum = 200, default = 30)]
    buckets: Option<u32>,
}

/// Calls, errors and durations
#[derive(Serialize, ToSchema)]
struct Statistics {
    /// Those that were called, the busiest first.
    functions: Vec<FunctionStatistics>,
}

/// Those of one function
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FunctionStatistics {
    slug: String,
    calls: u64,
    /// Calls that failed: an outcome that is the function's or the platform's fault, or a status of 500 or above.
    errors: u64,
    /// Milliseconds that half of the calls did not exceed, within five per cent.
    p50_ms: Option<f64>,
    /// Milliseconds that 95 of 100 calls did not exceed.
    p95_ms: Option<f64>,
    /// The parts of the time, the oldest first.
    buckets: Vec<BucketStatistics>,
}

/// Those of one part of the time
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BucketStatistics {
    /// When it begins.
    #[schema(format = DateTime)]
    at: Option<String>,
    calls: u64,
    errors: u64,
    p95_ms: Option<f64>,
}

/// Calls, errors and durations by function
///
/// Counted by the minute on every node, and added up about two seconds later.
#[utoipa::path(
    get, path = "/api/statistics", tag = "history", params(Wanted),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Statistics),
        (status = 501, body = ErrorBody, description = "The database's schema was not extended"),
    )
)]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(wanted): QueryOf<Wanted>,
) -> Result<Json<Statistics>, ApiError> {
    let slug = query::slug(wanted.slug)?;
    let minutes = within("minutes", wanted.minutes.unwrap_or(60), MAX_MINUTES)?;
    let buckets = within("buckets", wanted.buckets.unwrap_or(30), MAX_BUCKETS)?;
    let spans = Spans::over(OffsetDateTime::now_utc(), minutes, buckets);
    let counts = state.registry.read_counts(slug.as_deref(), spans.since, spans.minutes).await?;
    let mut by_slug = BTreeMap::<&str, Vec<&Statistic>>::new();
    for count in &counts {
        by_slug.entry(&count.slug).or_default().push(count);
    }
    let mut functions: Vec<_> =
        by_slug.into_iter().map(|(slug, counts)| spans.function(slug, &counts)).collect();
    functions.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.slug.cmp(&b.slug)));
    Ok(Json(Statistics { functions }))
}

fn within(name: &str, asked: u32, most: u32) -> Result<i64, ApiError> {
    match asked {
        0 => Err(ApiError::invalid_input(format!("{name} is a number from 1 to {most}"))),
        asked if asked > most => Err(ApiError::invalid_input(format!("{name} is a number from 1 to {most}"))),
        asked => Ok(i64::from(asked)),
    }
}

/// The parts of the time.
struct Spans {
    since: OffsetDateTime,
    /// Minutes of each.
    minutes: i64,
    count: i64,
}

impl Spans {
    /// Parts that end with the minute of `now`.
    fn over(now: OffsetDateTime, minutes: i64, buckets: i64) -> Self {
        let span = (minutes + buckets - 1) / buckets;
        let count = (minutes + span - 1) / span;
        let this_minute = now.unix_timestamp().div_euclid(60);
        let since = (this_minute + 1 - span * count) * 60;
        let since = OffsetDateTime::from_unix_timestamp(since).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Self { since, minutes: span, count }
    }

    fn function(&self, slug: &str, counts: &[&Statistic]) -> FunctionStatistics {
        let whole = durations(counts.iter().copied());
        FunctionStatistics {
            slug: slug.to_owned(),
            calls: counts.iter().map(|count| count.calls).sum(),
            errors: counts.iter().map(|count| count.errors).sum(),
            p50_ms: percentile(&whole, 0.5),
            p95_ms: percentile(&whole, 0.95),
            buckets: (0..self.count).map(|span| self.bucket(span, counts)).collect(),
        }
    }

    fn bucket(&self, span: i64, counts: &[&Statistic]) -> BucketStatistics {
        let of_span = || counts.iter().copied().filter(|count| count.span == span);
        BucketStatistics {
            at: timestamp(self.since + Duration::minutes(span * self.minutes)),
            calls: of_span().map(|count| count.calls).sum(),
            errors: of_span().map(|count| count.errors).sum(),
            p95_ms: percentile(&durations(of_span()), 0.95),
        }
    }
}

/// Calls by duration, in the durations' order.
fn durations<'a>(counts: impl Iterator<Item = &'a Statistic>) -> Vec<(i16, u64)> {
    let mut durations = BTreeMap::<i16, u64>::new();
    for count in counts {
        *durations.entry(count.bucket).or_default() += count.calls;
    }
    durations.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn spans_end_with_this_minute_and_are_whole_minutes() {
        let now = datetime!(2026-01-31 12:34:56 UTC);
        let spans = Spans::over(now, 60, 30);
        assert_eq!((spans.since, spans.minutes, spans.count), (datetime!(2026-01-31 11:35:00 UTC), 2, 30));
        let spans = Spans::over(now, 7, 3);
        assert_eq!((spans.since, spans.minutes, spans.count), (datetime!(2026-01-31 12:26:00 UTC), 3, 3));
        let spans = Spans::over(now, 5, 30);
        assert_eq!((spans.since, spans.minutes, spans.count), (datetime!(2026-01-31 12:30:00 UTC), 1, 5));
    }

    #[test]
    fn a_part_without_calls_is_empty() {
        let spans = Spans::over(datetime!(2026-01-31 12:34:56 UTC), 3, 3);
        let count = |span, bucket, calls, errors| Statistic { slug: "f".into(), span, bucket, calls, errors };
        let counts = [count(0, 80, 3, 1), count(2, 80, 1, 0), count(2, 120, 1, 1)];
        let told = spans.function("f", &counts.iter().collect::<Vec<_>>());
        assert_eq!((told.calls, told.errors), (5, 2));
        assert_eq!(told.buckets.iter().map(|bucket| bucket.calls).collect::<Vec<_>>(), [3, 0, 2]);
        assert_eq!(told.buckets[1].p95_ms, None);
        assert!(told.buckets[2].p95_ms > told.buckets[0].p95_ms);
    }
}
