//! The table of nodes: each reports itself, and the dead are swept away by the living.

use super::history_reader::fetch;
use super::write_error::WriteError;
use super::{Mode, PostgresRegistry};
use crate::registry::NodeRow;
use sqlx::types::Json;
use sqlx::{QueryBuilder, Row};
use std::time::Duration;
use tokio::time::timeout;

/// How long a report may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl PostgresRegistry {
    /// Reports this node, and removes those that were not heard of for a minute.
    ///
    /// # Errors
    /// [`WriteError`], where the database fails or is away.
    pub async fn report_node(&self, node: &NodeRow) -> Result<(), WriteError> {
        if self.0.require()? == Mode::Unmodified {
            return Ok(());
        }
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let reported = sqlx::query(
            "WITH swept AS (DELETE FROM functions.nodes WHERE seen_at < now() - interval '1 minute' AND id <> $1)
             INSERT INTO functions.nodes (id, host, version, started_at, seen_at, functions_url, instances, queued,
                functions, resident_bytes, cpu_seconds, problems)
             VALUES ($1, $2, $3, $4, now(), $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, instances = excluded.instances,
                queued = excluded.queued, functions = excluded.functions,
                resident_bytes = excluded.resident_bytes, cpu_seconds = excluded.cpu_seconds,
                problems = excluded.problems",
        )
        .bind(node.id)
        .bind(&node.host)
        .bind(&node.version)
        .bind(node.started_at)
        .bind(&node.functions_url)
        .bind(number(node.instances))
        .bind(number(node.queued))
        .bind(number(node.functions))
        .bind(number(node.resident_bytes))
        .bind(node.cpu_seconds)
        .bind(Json(&node.problems))
        .execute(&self.0.pool);
        match timeout(PATIENCE, reported).await {
            Ok(reported) => Ok(reported.map(drop)?),
            Err(_) => Err(WriteError::Unavailable("no answer in time".to_owned())),
        }
    }

    /// Takes this node out of the table, as it stops.
    pub async fn forget_node(&self) {
        let gone = sqlx::query("DELETE FROM functions.nodes WHERE id = $1").bind(self.0.node);
        if self.0.require().is_ok_and(|mode| mode == Mode::Full) {
            // Where it fails, the others sweep the row away.
            let _ = timeout(PATIENCE, gone.execute(&self.0.pool)).await;
        }
    }

    /// Every node that was heard of within a minute, by its host and start.
    ///
    /// # Errors
    /// [`WriteError::Unsupported`] on an unmodified database, [`WriteError::Unavailable`] where it does not answer.
    pub async fn read_nodes(&self) -> Result<Vec<NodeRow>, WriteError> {
        let query = QueryBuilder::new(
            "SELECT id, host, version, started_at, seen_at, functions_url, instances, queued, functions,
                resident_bytes, cpu_seconds, problems
             FROM functions.nodes WHERE seen_at > now() - interval '1 minute' ORDER BY host, started_at, id",
        );
        let rows = fetch(&self.0, query).await?;
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        rows.iter()
            .map(|row| {
                Ok(NodeRow {
                    id: row.try_get("id")?,
                    host: row.try_get("host")?,
                    version: row.try_get("version")?,
                    started_at: row.try_get("started_at")?,
                    seen_at: row.try_get("seen_at")?,
                    functions_url: row.try_get("functions_url")?,
                    instances: number(row.try_get("instances")?),
                    queued: number(row.try_get("queued")?),
                    functions: number(row.try_get("functions")?),
                    resident_bytes: number(row.try_get("resident_bytes")?),
                    cpu_seconds: row.try_get("cpu_seconds")?,
                    problems: row.try_get::<Json<Vec<String>>, _>("problems")?.0,
                })
            })
            .collect()
    }
}
