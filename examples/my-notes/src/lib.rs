//! The caller's own notes: `GET` lists them, `POST` of `{"text":"…"}` adds one. Whose notes are whose is decided by the
//! table's policy, not here.

use serde::{Deserialize, Serialize};
use wasmforge::http::{Method, StatusCode};
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result, response, sql};

#[derive(Serialize, Deserialize)]
struct Note {
    id: i64,
    text: String,
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match *req.method() {
        Method::GET => {
            let notes: Vec<Note> = sql::query("SELECT id, text FROM notes ORDER BY id").fetch_all().await?;
            response::json(&notes)
        }
        Method::POST => {
            let NewNote { text } = req.json().await?;
            let insert = sql::query("INSERT INTO notes (text) VALUES ($1) RETURNING id, text").bind(text);
            let note: Note = insert.fetch_one().await?;
            Ok((StatusCode::CREATED, Json(note)).into_response())
        }
        _ => Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "the methods here are GET and POST")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::sql::{IntoValue, Rows};
    use wasmforge::{block_on, http, testing};

    #[test]
    fn a_note_is_added() {
        // The test answers for the database.
        let _database = testing::sql(|statement| {
            assert_eq!(statement.parameters, ["tea".into_value()]);
            Ok(Rows::of(["id", "text"]).row([7i64.into_value(), "tea".into_value()]))
        });
        let request = http::Request::post("/").body(r#"{"text":"tea"}"#.into()).unwrap();
        let response = block_on(main(request)).unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(block_on(response.into_body().text()).unwrap(), r#"{"id":7,"text":"tea"}"#);
    }
}
