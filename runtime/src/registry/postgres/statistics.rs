//! Counts of calls by function and minute.

use super::history_reader::fetch;
use super::write_error::WriteError;
use super::{Mode, PostgresRegistry};
use crate::registry::{MinuteCount, Statistic};
use sqlx::{QueryBuilder, Row};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::timeout;

/// How long adding may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl PostgresRegistry {
    /// Adds counts to those that all nodes share. On an unmodified database there is no place for them.
    ///
    /// # Errors
    /// [`WriteError`], where the database fails or is away; then nothing was added.
    pub async fn add_counts(&self, counts: &[MinuteCount]) -> Result<(), WriteError> {
        if self.0.require()? == Mode::Unmodified {
            return Ok(());
        }
        // In one order on every node, so that two of them cannot wait for each other.
        let mut counts: Vec<&MinuteCount> = counts.iter().collect();
        counts.sort_by(|a, b| (a.minute, &a.slug, a.bucket).cmp(&(b.minute, &b.slug, b.bucket)));
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let added = sqlx::query(
            "INSERT INTO functions.statistics AS known (minute, slug, bucket, calls, errors)
             SELECT to_timestamp(m * 60), s, b, c, e
             FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[]) AS r (m, s, b, c, e)
             ON CONFLICT (minute, slug, bucket)
             DO UPDATE SET calls = known.calls + excluded.calls, errors = known.errors + excluded.errors",
        )
        .bind(counts.iter().map(|count| count.minute).collect::<Vec<_>>())
        .bind(counts.iter().map(|count| count.slug.to_string()).collect::<Vec<_>>())
        .bind(counts.iter().map(|count| count.bucket).collect::<Vec<_>>())
        .bind(counts.iter().map(|count| number(count.calls)).collect::<Vec<_>>())
        .bind(counts.iter().map(|count| number(count.errors)).collect::<Vec<_>>())
        .execute(&self.0.pool);
        match timeout(PATIENCE, added).await {
            Ok(added) => Ok(added.map(drop)?),
            Err(_) => Err(WriteError::Unavailable("no answer in time".to_owned())),
        }
    }

    /// The counts since a moment, by spans of so many minutes.
    ///
    /// # Errors
    /// [`WriteError::Unsupported`] on an unmodified database, [`WriteError::Unavailable`] where it does not answer.
    pub async fn read_counts(
        &self,
        slug: Option<&str>,
        since: OffsetDateTime,
        span_minutes: i64,
    ) -> Result<Vec<Statistic>, WriteError> {
        let mut query = QueryBuilder::new("SELECT slug, floor(extract(epoch FROM minute - ");
        query.push_bind(since).push(") / ").push_bind(span_minutes * 60);
        query.push(
            ")::bigint AS span, bucket, sum(calls)::bigint AS calls, sum(errors)::bigint AS errors
             FROM (SELECT slug, minute, bucket, calls, errors FROM functions.statistics WHERE minute >= ",
        );
        query.push_bind(since);
        if let Some(slug) = slug {
            query.push(" AND slug = ").push_bind(slug.to_owned());
        }
        query.push(") AS recent GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
        let rows = fetch(&self.0, query).await?;
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        rows.iter()
            .map(|row| {
                Ok(Statistic {
                    slug: row.try_get("slug")?,
                    span: row.try_get("span")?,
                    bucket: row.try_get("bucket")?,
                    calls: number(row.try_get("calls")?),
                    errors: number(row.try_get("errors")?),
                })
            })
            .collect()
    }
}
