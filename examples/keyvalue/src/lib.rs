//! Keeps notes under keys, and counts how often each was read: `PUT /…?note=tea` with a body, `GET /…?note=tea`,
//! `DELETE /…?note=tea`; `GET` without a note lists them.

use serde::{Deserialize, Serialize};
use wasmforge::http::{Method, StatusCode};
use wasmforge::{Error, IntoResponse, Request, RequestExt, Response, Result, kv, response};

#[derive(Serialize, Deserialize)]
struct Note {
    text: String,
}

#[derive(Serialize)]
struct Read {
    text: String,
    reads: u64,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let notes = kv::open("notes").await?;
    let Some(name) = req.query("note").map(|name| name.into_owned()) else {
        return response::json(&all(&notes).await?);
    };
    match *req.method() {
        Method::PUT => {
            notes.set_json(&name, &Note { text: req.text().await? }).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Method::DELETE => {
            notes.delete(&name).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => {
            let note: Option<Note> = notes.get_json(&name).await?;
            let Note { text } = note.ok_or_else(|| Error::not_found("there is no such note"))?;
            let reads = kv::open("reads").await?.increment(&name, 1).await?;
            response::json(&Read { text, reads })
        }
    }
}

async fn all(notes: &kv::Bucket) -> Result<Vec<String>> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = notes.keys(after).await?;
        names.extend(page.keys);
        after = page.next;
        if after.is_none() {
            return Ok(names);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http};

    fn answer(method: Method, uri: &str, body: &'static str) -> Result<String> {
        let request = http::Request::builder().method(method).uri(uri).body(body.into()).unwrap();
        block_on(async { main(request).await?.into_body().text().await })
    }

    #[test]
    fn notes_are_kept_listed_and_counted() {
        answer(Method::PUT, "/?note=tea", "buy some").unwrap();
        assert_eq!(answer(Method::GET, "/", "").unwrap(), r#"["tea"]"#);
        assert_eq!(answer(Method::GET, "/?note=tea", "").unwrap(), r#"{"text":"buy some","reads":1}"#);
        assert_eq!(answer(Method::GET, "/?note=tea", "").unwrap(), r#"{"text":"buy some","reads":2}"#);
        answer(Method::DELETE, "/?note=tea", "").unwrap();
        assert_eq!(answer(Method::GET, "/?note=tea", "").unwrap_err().status(), StatusCode::NOT_FOUND);
    }
}
