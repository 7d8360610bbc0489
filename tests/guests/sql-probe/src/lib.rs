//! Does to the database what a test tells it. The body is a list of steps, done in order; the answer is a list with one
//! result for each, `{"ok":…}` or `{"error":{"kind":…,"text":…}}`.
//!
//! | step | result |
//! |---|---|
//! | `{"query":"…","params":[…]}` | its rows, each a list |
//! | `{"execute":"…","params":[…]}` | the number of rows |
//! | `{"stream":"…","take":n}` | how many rows came; after `n` it is dropped |
//! | `{"at_once":"…","times":n}` | the number of rows of each, all started together |
//! | `{"repeat":"…","times":n,"params":[…]}` | the number of rows of all, one after the other |
//! | `{"round_trip":"…"}` | whether the one value of this expression comes back equal as a parameter |
//! | `{"begin":n}` | begins `n` transactions; the last is where the next steps go |
//! | `{"commit":true}`, `{"rollback":true}`, `{"drop":true}` | the end of the last one |
//! | `{"pause":ms}` | none |
//!
//! `?as=service` does it as the platform.

mod shown;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use shown::{error, parameter, value};
use std::time::Duration;
use wasmforge::sql::{self, Query, Session, Transaction};
use wasmforge::{Request, RequestExt, Response, Result, join_all, response, sleep};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
struct Step {
    query: Option<String>,
    execute: Option<String>,
    stream: Option<String>,
    at_once: Option<String>,
    repeat: Option<String>,
    round_trip: Option<String>,
    begin: Option<usize>,
    #[serde(default)]
    commit: bool,
    #[serde(default)]
    rollback: bool,
    #[serde(default)]
    drop: bool,
    pause: Option<u64>,
    #[serde(default)]
    params: Vec<Json>,
    #[serde(default)]
    times: usize,
    take: Option<usize>,
}

/// Where steps are done.
struct Place {
    service: bool,
    open: Vec<Transaction>,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let service = req.query("as").as_deref() == Some("service");
    let steps: Vec<Step> = req.json().await?;
    let mut place = Place { service, open: Vec::new() };
    let mut results = Vec::with_capacity(steps.len());
    for step in steps {
        results.push(match place.run(step).await {
            Ok(result) => json!({ "ok": result }),
            Err(failure) => json!({ "error": error(&failure) }),
        });
    }
    response::json(&results)
}

impl Place {
    async fn run(&mut self, step: Step) -> Result<Json, sql::Error> {
        if let Some(text) = step.query {
            return self.rows(&text, &step.params).await;
        }
        if let Some(text) = step.execute {
            return self.statement(&text, &step.params).execute().await.map(Json::from);
        }
        if let Some(text) = step.stream {
            return self.streamed(&text, step.take).await;
        }
        if let Some(text) = step.at_once {
            return self.at_once(&text, step.times).await;
        }
        if let Some(text) = step.repeat {
            let mut rows = 0;
            for _ in 0..step.times {
                rows += self.statement(&text, &step.params).rows().await?.len();
            }
            return Ok(rows.into());
        }
        if let Some(expression) = step.round_trip {
            return self.round_trip(&expression).await;
        }
        for _ in 0..step.begin.unwrap_or(0) {
            let transaction = self.session().map_or_else(
                || Box::pin(sql::begin()) as std::pin::Pin<Box<dyn Future<Output = _>>>,
                |session| Box::pin(session.begin()),
            );
            self.open.push(transaction.await?);
        }
        if (step.commit || step.rollback || step.drop)
            && let Some(transaction) = self.open.pop()
        {
            match (step.commit, step.rollback) {
                (true, _) => transaction.commit().await?,
                (_, true) => transaction.rollback().await?,
                _ => drop(transaction),
            }
        }
        if let Some(ms) = step.pause {
            sleep(Duration::from_millis(ms)).await;
        }
        Ok(Json::Null)
    }

    fn session(&self) -> Option<Session> {
        self.service.then(sql::as_service)
    }

    fn statement(&mut self, text: &str, params: &[Json]) -> Query<'_> {
        let session = self.session();
        let query = match (self.open.last_mut(), session) {
            (Some(transaction), _) => transaction.query(text),
            (None, Some(session)) => session.query(text),
            (None, None) => sql::query(text),
        };
        params.iter().map(parameter).fold(query, Query::bind)
    }

    async fn rows(&mut self, text: &str, params: &[Json]) -> Result<Json, sql::Error> {
        let rows = self.statement(text, params).rows().await?;
        let row = |row: &sql::Row| row.values().iter().map(value).collect::<Json>();
        Ok(rows.iter().map(row).collect())
    }

    async fn streamed(&mut self, text: &str, take: Option<usize>) -> Result<Json, sql::Error> {
        let mut rows = self.statement(text, &[]).fetch::<Json>()?;
        let mut count = 0;
        while take.is_none_or(|take| count < take) && rows.next().await?.is_some() {
            count += 1;
        }
        Ok(count.into())
    }

    async fn at_once(&mut self, text: &str, times: usize) -> Result<Json, sql::Error> {
        let counts = join_all((0..times).map(|_| sql::query(text).execute())).await;
        counts.into_iter().map(|count| count.map(Json::from)).collect()
    }

    async fn round_trip(&mut self, expression: &str) -> Result<Json, sql::Error> {
        let rows = self.statement(&format!("SELECT {expression}"), &[]).rows().await?;
        let value = rows.first().and_then(|row| row.values().first()).cloned();
        let value = value.ok_or(sql::Error::NoRow)?;
        let text = format!(
            "SELECT ({expression})::text IS NOT DISTINCT FROM v.v::text FROM (SELECT CASE WHEN true THEN $1 ELSE {expression} END AS v) v"
        );
        self.statement(&text, &[]).bind(value).fetch_one::<bool>().await.map(Json::from)
    }
}
