//! Keeps pages of the web for whoever asks: three services in one function, and a test that stands in for all of them.
//!
//! | request | answer |
//! |---|---|
//! | `POST` of `{"url":"https://…"}` | `201` and what was saved: the address is a row of `pages`, the bytes are an object in the bucket `pages` |
//! | `GET` | what the caller saved |
//! | `GET ?id=7` | the page, as it was |
//!
//! Everything is done as the caller, so nobody sees another one's pages. A page that cannot be had or kept leaves
//! neither row nor object.

use serde::{Deserialize, Serialize};
use wasmforge::http::{HeaderValue, Method, StatusCode, header};
use wasmforge::{
    Error, IntoResponse, Json, Request, RequestExt, Response, Result, fetch, response, sql, storage,
};

const BUCKET: &str = "pages";

#[derive(Deserialize)]
struct Wanted {
    url: String,
}

#[derive(Serialize, Deserialize)]
struct Page {
    id: i64,
    url: String,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match (req.method(), req.query("id")) {
        (&Method::POST, _) => save(req.json().await?).await,
        (&Method::GET, None) => list().await,
        (&Method::GET, Some(id)) => {
            show(id.parse().map_err(|_| Error::bad_request("an id is a number"))?).await
        }
        _ => Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "the methods here are GET and POST")),
    }
}

async fn save(Wanted { url }: Wanted) -> Result<Response> {
    let page = fetch(url.as_str()).await?;
    if !page.status().is_success() {
        return Err(Error::new(StatusCode::BAD_GATEWAY, format!("the page answered {}", page.status())));
    }
    // Dropped before its end, the transaction is rolled back: a page that breaks off has no row.
    let mut transaction = sql::begin().await?;
    let insert = transaction.query("INSERT INTO pages (url) VALUES ($1) RETURNING id, url").bind(url);
    let saved: Page = insert.fetch_one().await?;
    let (head, body) = page.into_parts();
    let mut object = storage::bucket(BUCKET).put(key(saved.id), body);
    if let Some(Ok(content_type)) = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) {
        object = object.content_type(content_type);
    }
    object.await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(saved)).into_response())
}

async fn list() -> Result<Response> {
    let pages: Vec<Page> = sql::query("SELECT id, url FROM pages ORDER BY id").fetch_all().await?;
    response::json(&pages)
}

async fn show(id: i64) -> Result<Response> {
    let object = storage::bucket(BUCKET).get(key(id)).await?;
    let mut page = Response::new(object.body);
    if let Some(content_type) = object.info.content_type {
        page.headers_mut().insert(header::CONTENT_TYPE, content_type.try_into()?);
    }
    Ok(page)
}

fn key(id: i64) -> String {
    id.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::cell::RefCell;
    use std::rc::Rc;
    use wasmforge::sql::{IntoValue, Rows};
    use wasmforge::testing::{self, Fake};
    use wasmforge::{Body, block_on, http};

    /// The web, with one page.
    fn web(body: impl Fn() -> Body + 'static) -> Fake {
        testing::fetch(move |request| match request.uri().path() {
            "/page" => Ok(http::Response::builder().header("content-type", "text/html").body(body())?),
            _ => Ok(http::Response::builder().status(404).body("".into())?),
        })
    }

    /// The table, and what was done with it.
    fn table() -> (Fake, Rc<RefCell<Vec<String>>>) {
        let done = Rc::<RefCell<Vec<String>>>::default();
        let log = done.clone();
        let fake = testing::sql(move |statement| {
            let verb = statement.text.split(' ').next().unwrap_or_default().to_owned();
            log.borrow_mut().push(verb.clone());
            match (verb.as_str(), statement.parameters.as_slice()) {
                ("INSERT", [url]) => Ok(Rows::of(["id", "url"]).row([7i64.into_value(), url.clone()])),
                ("SELECT", []) => Ok(Rows::of(["id", "url"]).row([7i64.into_value(), "u".into_value()])),
                _ => Ok(Rows::default()),
            }
        });
        (fake, done)
    }

    fn answer(method: &str, uri: &str, body: Value) -> Response {
        let body = body.to_string().into();
        let request = http::Request::builder().method(method).uri(uri).body(body).unwrap();
        block_on(main(request)).into_response()
    }

    fn text(response: Response) -> String {
        block_on(response.into_body().text()).unwrap()
    }

    #[test]
    fn a_page_is_a_row_and_an_object() {
        let (_web, _storage, (_table, done)) = (web(|| "<h1>hello</h1>".into()), testing::storage(), table());
        let saved = answer("POST", "/", json!({ "url": "https://example.com/page" }));
        assert_eq!(saved.status(), StatusCode::CREATED);
        assert_eq!(text(saved), r#"{"id":7,"url":"https://example.com/page"}"#);
        assert_eq!(*done.borrow(), ["INSERT", "COMMIT"]);

        let shown = answer("GET", "/?id=7", Value::Null);
        assert_eq!(shown.headers()["content-type"], "text/html");
        assert_eq!(text(shown), "<h1>hello</h1>");
        assert_eq!(text(answer("GET", "/", Value::Null)), r#"[{"id":7,"url":"u"}]"#);
        assert_eq!(answer("GET", "/?id=8", Value::Null).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_page_that_breaks_off_has_neither() {
        let broken = || {
            Body::stream(async |sender| {
                sender.send("<h1>hel").await?;
                Err("the server went away".into())
            })
        };
        let (_web, _storage, (_table, done)) = (web(broken), testing::storage(), table());
        let refused = answer("POST", "/", json!({ "url": "https://example.com/page" }));
        assert!(refused.status().is_server_error(), "{refused:?}");
        assert!(!done.borrow().contains(&"COMMIT".to_owned()), "{done:?}");
        assert_eq!(answer("GET", "/?id=7", Value::Null).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_page_that_is_not_there_is_not_begun() {
        let (_web, _storage, (_table, done)) = (web(Body::empty), testing::storage(), table());
        let refused = answer("POST", "/", json!({ "url": "https://example.com/absent" }));
        assert_eq!(refused.status(), StatusCode::BAD_GATEWAY);
        assert!(done.borrow().is_empty());
        assert_eq!(answer("POST", "/", json!({})).status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer("PUT", "/", json!({})).status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
