//! Deletes what is old from the bot platform's log tables. Meant to be called by a schedule.
//!
//! | table | kept for | setting |
//! |---|---|---|
//! | `verification_log`, `api_call_log`, `admin_logs` | 90 days | `LOG_RETENTION_DAYS` |
//! | `admin_audit_log` | 365 days | `AUDIT_RETENTION_DAYS` |
//!
//! A setting is a whole number of days, 1 to 36500.
//!
//! `POST` deletes and answers `{"deleted":{"verification_log":120,…},"total":137}`. `POST ?dry_run=true` counts what
//! would be deleted and answers the same with `"dry_run":true`. A table that is not there is `null`. Any other method is a
//! `405`.
//!
//! Rows go in batches, each a statement of its own: nobody waits long for a lock, and what was deleted stays deleted
//! where the time runs out. Call it again then.
//!
//! It acts for the platform, not for its caller, so it needs a grant, and nobody but the platform should call it. Deploy it
//! with `"capabilities": {"sql": "service"}` and `"auth": "service"`.

mod retention;

use retention::{Days, TABLES, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use wasmforge::http::{Method, StatusCode};
use wasmforge::{Error, Request, RequestExt, Response, Result, response};

#[derive(Serialize)]
struct Report {
    deleted: BTreeMap<&'static str, Option<u64>>,
    total: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    if req.method() != Method::POST {
        return Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "the method here is POST"));
    }
    let dry_run = match req.query("dry_run").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Error::bad_request("dry_run is true or false")),
    };
    let days = Days::from_environment()?;
    let mut deleted = BTreeMap::new();
    for table in &TABLES {
        deleted.insert(table.name, clean(table, days.of(table), dry_run).await?);
    }
    let total = deleted.values().flatten().sum();
    response::json(&Report { deleted, total, dry_run })
}

/// How many rows of a table were too old; `None` if there is no such table.
async fn clean(table: &Table, days: i32, dry_run: bool) -> Result<Option<u64>> {
    if !table.exists().await? {
        return Ok(None);
    }
    match dry_run {
        true => table.count(days).await.map(Some),
        false => table.delete(days).await.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use wasmforge::sql::{IntoValue, Rows};
    use wasmforge::{IntoResponse, block_on, http, testing};

    fn answer(method: &str, uri: &str) -> (u16, Value) {
        let request = http::Request::builder().method(method).uri(uri).body(().into()).unwrap();
        block_on(async {
            let response = main(request).await.into_response();
            (response.status().as_u16(), response.into_body().json().await.unwrap())
        })
    }

    #[test]
    fn what_was_deleted_is_reported_table_by_table() {
        let _database = testing::sql(|statement| match statement.text.split(' ').next() {
            Some("SELECT") => {
                let is_there = statement.parameters != ["public.api_call_log".into_value()];
                Ok(Rows::of(["exists"]).row([is_there.into_value()]))
            }
            Some("DELETE") => Ok(Rows::affected(3)),
            _ => panic!("{}", statement.text),
        });
        let deleted =
            json!({ "verification_log": 3, "api_call_log": null, "admin_logs": 3, "admin_audit_log": 3 });
        assert_eq!(answer("POST", "/"), (200, json!({ "deleted": deleted, "total": 9 })));
    }

    #[test]
    fn a_dry_run_deletes_nothing() {
        let _database = testing::sql(|statement| match statement.text.as_str() {
            text if text.starts_with("SELECT to_regclass") => {
                Ok(Rows::of(["exists"]).row([true.into_value()]))
            }
            text if text.starts_with("SELECT count(*)") => Ok(Rows::of(["count"]).row([7i64.into_value()])),
            text => panic!("{text}"),
        });
        let (status, report) = answer("POST", "/?dry_run=true");
        assert_eq!((status, &report["total"], &report["dry_run"]), (200, &json!(28), &json!(true)));
    }

    #[test]
    fn only_a_post_means_it() {
        assert_eq!(answer("GET", "/").0, 405);
        assert_eq!(answer("POST", "/?dry_run=perhaps").0, 400);
    }
}
