//! Files of the caller in the bucket `files`: `PUT ?key=a/b.txt` keeps the request's body, `GET` streams it back (a part of it for a
//! `range` header), `DELETE` removes it. `GET` without a key lists, and `POST ?key=…` answers with a URL that works for an hour without a
//! login. Row-level security decides whose files a caller sees.

use std::fmt::Write as _;
use std::time::Duration;
use wasmforge::http::{Method, StatusCode, header};
use wasmforge::storage::{self, Range};
use wasmforge::{Error, Request, RequestExt, Response, Result};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let files = storage::bucket("files");
    let Some(key) = req.query("key").map(String::from) else { return list(&files).await };
    match *req.method() {
        Method::PUT => {
            let content_type = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let content_type = content_type.unwrap_or("application/octet-stream").to_owned();
            let kept = files.put(key, req.into_body()).content_type(content_type).await?;
            Ok(Response::new(format!("{} bytes\n", kept.size).into()))
        }
        Method::GET => {
            let range = req.headers().get(header::RANGE).and_then(|value| range(value.to_str().ok()?));
            let mut get = files.get(key);
            if let Some(range) = range {
                get = get.range(range);
            }
            send(get.await?, range.is_some())
        }
        Method::POST => {
            let url = files.signed_url(key, Duration::from_secs(3600)).await?;
            Ok(Response::new(url.into()))
        }
        Method::DELETE => {
            files.delete(key).await?;
            Ok(Response::new("gone\n".into()))
        }
        _ => Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "GET, PUT, POST or DELETE")),
    }
}

async fn list(files: &storage::Bucket) -> Result<Response> {
    let mut text = String::new();
    for file in files.list().limit(1000).await?.objects {
        writeln!(text, "{} {}", file.size, file.key)?;
    }
    Ok(Response::new(text.into()))
}

/// The bytes never enter this function's memory: the platform moves them from one stream to the other.
fn send(object: storage::Object, partial: bool) -> Result<Response> {
    let (first, size) = object.range;
    let mut response = wasmforge::http::Response::builder().header(header::CONTENT_LENGTH, size);
    if let Some(content_type) = &object.info.content_type {
        response = response.header(header::CONTENT_TYPE, content_type);
    }
    if partial {
        let last = first + size - 1;
        response = response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", object.info.size));
    }
    Ok(response.body(object.body)?)
}

/// One range of a `range` header; a header that is anything else counts as none.
fn range(header: &str) -> Option<Range> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => Some(Range::Between(first, last)),
        (Ok(first), Err(_)) if last.is_empty() => Some(Range::From(first)),
        (Err(_), Ok(count)) if first.is_empty() => Some(Range::Last(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http, testing};

    fn call(method: Method, uri: &str, body: &'static str) -> Result<(StatusCode, String)> {
        let mut request = http::Request::new(body.into());
        *request.method_mut() = method;
        *request.uri_mut() = uri.parse()?;
        block_on(async {
            let response = main(request).await?;
            Ok((response.status(), response.into_body().text().await?))
        })
    }

    #[test]
    fn a_file_is_kept_listed_read_and_removed() {
        let _storage = testing::storage();
        assert_eq!(call(Method::PUT, "/?key=a", "hello").unwrap().1, "5 bytes\n");
        assert_eq!(call(Method::GET, "/", "").unwrap().1, "5 a\n");
        assert_eq!(call(Method::GET, "/?key=a", "").unwrap(), (StatusCode::OK, "hello".into()));
        call(Method::DELETE, "/?key=a", "").unwrap();
        assert_eq!(call(Method::GET, "/?key=a", "").unwrap_err().status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn one_range_is_understood() {
        assert_eq!(range("bytes=1-2"), Some(Range::Between(1, 2)));
        assert_eq!(range("bytes=1-"), Some(Range::From(1)));
        assert_eq!(range("bytes=-5"), Some(Range::Last(5)));
        for other in ["bytes=-", "bytes=a-b", "items=1-2", "bytes=1-2,4-5"] {
            assert_eq!(range(other), None, "{other}");
        }
    }
}
