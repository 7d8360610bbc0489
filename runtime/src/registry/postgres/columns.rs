//! Which columns hold text, remembered for a moment.

use super::platform_tables::PlatformTables;
use moka::future::Cache;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer is remembered. A column that gets another type is treated as it was for so long at most.
const LIFETIME: Duration = Duration::from_secs(2);

/// Tables that are remembered.
const TABLES: u64 = 1024;

/// The columns of a table cannot be read. Why is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the columns of the table cannot be read")]
pub struct ColumnsUnavailable;

/// The columns of tables that clients write to.
pub(super) struct TextColumns {
    tables: Arc<PlatformTables>,
    known: Cache<(String, String), Arc<HashSet<String>>>,
}

impl TextColumns {
    pub(super) fn new(tables: Arc<PlatformTables>) -> Self {
        Self { tables, known: Cache::builder().max_capacity(TABLES).time_to_live(LIFETIME).build() }
    }

    /// Those of one table, empty where there is none of that name. Requests that wait for the same table ask once.
    pub(super) async fn of(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<Arc<HashSet<String>>, ColumnsUnavailable> {
        let asked = async { self.tables.text_columns(schema, table).await.map(Arc::new) };
        let found = self.known.try_get_with((schema.to_owned(), table.to_owned()), asked).await;
        found.map_err(|error| {
            tracing::warn!(%error, "the columns of a table cannot be read");
            ColumnsUnavailable
        })
    }
}
