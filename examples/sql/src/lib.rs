//! Everybody's own diary, in a table that row-level security guards: `schema.sql`.
//!
//! | request | answer |
//! |---|---|
//! | `GET` | the caller's entries, the latest first |
//! | `POST` of `{"body":"…"}` | `201` and the entry; `400` if it is none |
//! | `DELETE ?id=7` | `204`, or `404` if the caller has no such entry |
//! | `DELETE` | `{"deleted":n}`: all of the caller's entries, or none if anything fails |
//!
//! The statements say nothing about whose entries they are: they run as the caller.

use serde::{Deserialize, Serialize};
use wasmforge::http::{Method, StatusCode};
use wasmforge::sql::TimestampTz;
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result, response, sql};

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: i64,
    body: String,
    written_at: TimestampTz,
}

#[derive(Deserialize)]
struct NewEntry {
    body: String,
}

#[derive(Serialize)]
struct Deleted {
    deleted: u64,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match (req.method(), req.query("id")) {
        (&Method::GET, _) => list().await,
        (&Method::POST, _) => add(req.json().await?).await,
        (&Method::DELETE, Some(id)) => {
            remove(id.parse().map_err(|_| Error::bad_request("an id is a number"))?).await
        }
        (&Method::DELETE, None) => remove_all().await,
        _ => Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "the methods here are GET, POST, DELETE")),
    }
}

async fn list() -> Result<Response> {
    let entries: Vec<Entry> =
        sql::query("SELECT id, body, written_at FROM entries ORDER BY id DESC LIMIT 100").fetch_all().await?;
    response::json(&entries)
}

async fn add(entry: NewEntry) -> Result<Response> {
    let entry: Entry = sql::query("INSERT INTO entries (body) VALUES ($1) RETURNING id, body, written_at")
        .bind(entry.body)
        .fetch_one()
        .await
        .map_err(refused)?;
    Ok((StatusCode::CREATED, Json(entry)).into_response())
}

/// A violated `CHECK` is the caller's mistake; everything else keeps its status.
fn refused(error: sql::Error) -> Error {
    match error.database() {
        Some(database) if database.code == "23514" => {
            Error::bad_request("an entry has from 1 to 1000 characters")
        }
        _ => error.into(),
    }
}

async fn remove(id: i64) -> Result<Response> {
    match sql::query("DELETE FROM entries WHERE id = $1").bind(id).execute().await? {
        0 => Err(Error::not_found("there is no such entry")),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

async fn remove_all() -> Result<Response> {
    let mut transaction = sql::begin().await?;
    let (count,): (i64,) = transaction.query("SELECT count(*) FROM entries").fetch_one().await?;
    let deleted = transaction.query("DELETE FROM entries").execute().await?;
    if i64::try_from(deleted).is_ok_and(|deleted| deleted == count) {
        transaction.commit().await?;
    } else {
        return Err(Error::new(StatusCode::CONFLICT, "an entry was written meanwhile; nothing was deleted"));
    }
    response::json(&Deleted { deleted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::sql::{IntoValue, Rows};
    use wasmforge::{block_on, http, testing};

    fn answer(method: &str, uri: &str, body: &'static str) -> (u16, String) {
        let request = http::Request::builder().method(method).uri(uri).body(body.into()).unwrap();
        block_on(async {
            let response = main(request).await.into_response();
            (response.status().as_u16(), response.into_body().text().await.unwrap())
        })
    }

    fn entry(body: &str) -> Rows {
        let row = [7i64.into_value(), body.into_value(), TimestampTz(0).into_value()];
        Rows::of(["id", "body", "written_at"]).row(row)
    }

    #[test]
    fn a_note_is_written_and_answered() {
        let _database = testing::sql(|statement| {
            assert!(statement.text.starts_with("INSERT INTO entries"));
            assert_eq!(statement.parameters, ["hello".into_value()]);
            Ok(entry("hello"))
        });
        let expected = r#"{"id":7,"body":"hello","written_at":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(answer("POST", "/", r#"{"body":"hello"}"#), (201, expected.to_owned()));
    }

    #[test]
    fn what_the_database_refuses_is_the_callers_mistake() {
        let _database = testing::sql(|_| {
            let code = "23514".to_owned();
            Err(sql::Error::Database(Box::new(sql::DatabaseError { code, ..Default::default() })))
        });
        assert_eq!(answer("POST", "/", r#"{"body":""}"#).0, 400);
    }

    #[test]
    fn a_note_that_is_not_there_is_not_found() {
        let _database = testing::sql(|_| Ok(Rows::affected(0)));
        assert_eq!(answer("DELETE", "/?id=3", "").0, 404);
        assert_eq!(answer("DELETE", "/?id=x", "").0, 400);
    }
}
