//! Notes in a table, over PostgREST, under the identity of whoever calls: `GET` lists the caller's notes, `POST` adds one,
//! `DELETE ?id=` removes one. Which notes are whose is decided by the table's row-level security, not here.

use serde::{Deserialize, Serialize};
use wasmforge::http::{Method, StatusCode};
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result, rest};

#[derive(Serialize, Deserialize)]
struct Note {
    id: i64,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct NewNote {
    text: String,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match *req.method() {
        Method::GET => {
            let notes: Vec<Note> =
                rest::from("notes").select("id,text").order("id").limit(100).fetch().await?;
            Ok(Json(notes).into_response())
        }
        Method::POST => {
            let note: NewNote = req.json().await?;
            let added: Note = rest::from("notes").insert(&note).select("id,text").fetch_one().await?;
            Ok((StatusCode::CREATED, Json(added)).into_response())
        }
        Method::DELETE => {
            let id = req.query("id").ok_or_else(|| Error::bad_request("say which: ?id=…"))?;
            let gone: Note = rest::from("notes").delete().eq("id", id).select("id,text").fetch_one().await?;
            Ok(Json(gone).into_response())
        }
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http, testing};

    fn call(method: &str, uri: &str, body: &'static str) -> Response {
        let request = http::Request::builder().method(method).uri(uri).body(body.into()).unwrap();
        block_on(main(request)).into_response()
    }

    #[test]
    fn a_note_is_added_and_shown() {
        let _fake = testing::rest(|request| {
            assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/notes"));
            Ok(Response::new(r#"[{"id":1,"text":"milk"}]"#.into()))
        });
        let answer = call("POST", "/", r#"{"text":"milk"}"#);
        assert_eq!(answer.status(), StatusCode::CREATED);
        assert_eq!(block_on(answer.into_body().text()).unwrap(), r#"{"id":1,"text":"milk"}"#);
    }

    #[test]
    fn a_note_that_is_not_the_callers_is_not_there() {
        let _fake = testing::rest(|_| Ok(Response::new("[]".into())));
        assert_eq!(call("DELETE", "/?id=7", "").status(), StatusCode::NOT_FOUND);
    }
}
