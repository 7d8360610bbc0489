//! Which tables there are, and how long their rows are kept.

use wasmforge::{Result, env, sql};

/// Rows that one statement deletes.
const BATCH: i64 = 5_000;

/// A table of log lines.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The column that tells how old a row is.
    age: &'static str,
    kind: Kind,
}

enum Kind {
    Log,
    Audit,
}

pub(crate) const TABLES: [Table; 4] = [
    Table { name: "verification_log", age: "timestamp", kind: Kind::Log },
    Table { name: "api_call_log", age: "timestamp", kind: Kind::Log },
    Table { name: "admin_logs", age: "timestamp", kind: Kind::Log },
    Table { name: "admin_audit_log", age: "created_at", kind: Kind::Audit },
];

/// For how many days rows are kept.
pub(crate) struct Days {
    log: i32,
    audit: i32,
}

impl Days {
    pub(crate) fn from_environment() -> Result<Self> {
        Ok(Self { log: days("LOG_RETENTION_DAYS", 90)?, audit: days("AUDIT_RETENTION_DAYS", 365)? })
    }

    pub(crate) fn of(&self, table: &Table) -> i32 {
        match table.kind {
            Kind::Log => self.log,
            Kind::Audit => self.audit,
        }
    }
}

fn days(name: &str, default: i32) -> Result<i32> {
    let Some(text) = env::get(name) else { return Ok(default) };
    match text.trim().parse() {
        Ok(days @ 1..=36_500) => Ok(days),
        _ => Err(format!("{name} is not a number of days from 1 to 36500: {text:?}").into()),
    }
}

impl Table {
    pub(crate) async fn exists(&self) -> Result<bool> {
        let query = "SELECT to_regclass($1) IS NOT NULL";
        Ok(sql::as_service().query(query).bind(format!("public.{}", self.name)).fetch_one().await?)
    }

    /// How many rows are older than this.
    pub(crate) async fn count(&self, days: i32) -> Result<u64> {
        let Self { name, age, .. } = self;
        let query =
            format!("SELECT count(*) FROM public.{name} WHERE {age} < now() - make_interval(days => $1)");
        let count: i64 = sql::as_service().query(query).bind(days).fetch_one().await?;
        Ok(count.unsigned_abs())
    }

    /// Deletes the rows that are older than this, and tells how many they were.
    pub(crate) async fn delete(&self, days: i32) -> Result<u64> {
        let Self { name, age, .. } = self;
        let statement = format!(
            "DELETE FROM public.{name} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM public.{name} WHERE {age} < now() - make_interval(days => $1) LIMIT $2))"
        );
        let mut deleted = 0;
        loop {
            let batch = sql::as_service().query(statement.as_str()).bind(days).bind(BATCH).execute().await?;
            deleted += batch;
            if batch < BATCH.unsigned_abs() {
                return Ok(deleted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use wasmforge::sql::{Identity, IntoValue, Rows};
    use wasmforge::{block_on, testing};

    #[test]
    fn rows_go_in_batches_until_one_is_not_full() {
        let left = Cell::new(12_000u64);
        let _database = testing::sql(move |statement| {
            assert_eq!(statement.identity, Identity::Service);
            assert!(statement.text.starts_with("DELETE FROM public.admin_logs WHERE"), "{}", statement.text);
            assert_eq!(statement.parameters, [90.into_value(), BATCH.into_value()]);
            let batch = left.get().min(5_000);
            left.set(left.get() - batch);
            Ok(Rows::affected(batch))
        });
        assert_eq!(block_on(TABLES[2].delete(90)).unwrap(), 12_000);
    }

    #[test]
    fn an_audit_trail_is_kept_longer() {
        let days = Days { log: 90, audit: 365 };
        let kept: Vec<_> = TABLES.iter().map(|table| (table.name, days.of(table))).collect();
        assert_eq!(
            kept,
            [("verification_log", 90), ("api_call_log", 90), ("admin_logs", 90), ("admin_audit_log", 365)]
        );
    }

    #[test]
    fn a_setting_that_is_not_there_has_its_default() {
        assert_eq!(days("CLEANUP_LOGS_TEST_IS_NOT_SET", 90).unwrap(), 90);
        // A variable of every environment that is no number.
        assert!(days("PATH", 90).unwrap_err().to_string().starts_with("PATH is not a number of days"));
    }
}
