//! Calls the key-value store as it is told: `?bucket=b&do=…`.
//!
//! | `do=` | answer |
//! |---|---|
//! | `set&key=&value=` | nothing; with `&size=` the value is so many bytes |
//! | `get&key=` | the value, or `404` |
//! | `increment&key=&by=` | the sum |
//! | `keys` | the keys, a line each, and how many pages they took |
//! | `fill&count=&size=` | nothing; so many keys of a batch, each of so many bytes |
//! | `get-all&count=` | how many of those keys are there |
//! | `delete-all&count=` | nothing |
//! | `long-key&size=` | nothing; a key of so many bytes |
//!
//! An error is answered with its kind as the body, and the SDK's status.

use wasmforge::http::StatusCode;
use wasmforge::{Error, IntoResponse, Request, RequestExt, Response, Result, kv};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match run(&req).await {
        Ok(text) => Ok(text.into_response()),
        Err(Failure::Store(error)) => {
            let kind = format!("{error:?}: {error}");
            Ok((Error::from(error).status(), kind).into_response())
        }
        Err(Failure::Request) => Ok(StatusCode::BAD_REQUEST.into_response()),
        Err(Failure::Missing) => Ok(StatusCode::NOT_FOUND.into_response()),
    }
}

enum Failure {
    Store(kv::Error),
    Request,
    Missing,
}

impl From<kv::Error> for Failure {
    fn from(error: kv::Error) -> Self {
        Self::Store(error)
    }
}

async fn run(req: &Request) -> Result<String, Failure> {
    let text = |name| req.query(name).unwrap_or_default().into_owned();
    let number = |name| text(name).parse::<usize>().map_err(|_| Failure::Request);
    let bucket = kv::open(&text("bucket")).await?;
    let key = text("key");
    let names = |count: usize| (0..count).map(|n| format!("key-{n}")).collect::<Vec<_>>();
    match text("do").as_str() {
        "set" => match number("size") {
            Ok(size) => bucket.set(&key, vec![b'x'; size]).await?,
            Err(_) => bucket.set(&key, text("value")).await?,
        },
        "get" => {
            let value = bucket.get(&key).await?.ok_or(Failure::Missing)?;
            return Ok(String::from_utf8_lossy(&value).into_owned());
        }
        "increment" => {
            let by = text("by").parse().map_err(|_| Failure::Request)?;
            return Ok(bucket.increment(&key, by).await?.to_string());
        }
        "keys" => return list(&bucket).await,
        "fill" => {
            let (names, value) = (names(number("count")?), vec![b'x'; number("size")?]);
            let entries: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_slice())).collect();
            bucket.set_many(&entries).await?;
        }
        "get-all" => {
            let names = names(number("count")?);
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            return Ok(bucket.get_many(&names).await?.iter().flatten().count().to_string());
        }
        "delete-all" => {
            let names = names(number("count")?);
            bucket.delete_many(&names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        }
        "long-key" => bucket.set(&"k".repeat(number("size")?), "x").await?,
        _ => return Err(Failure::Request),
    }
    Ok(String::new())
}

async fn list(bucket: &kv::Bucket) -> Result<String, Failure> {
    let (mut lines, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = bucket.keys(after).await?;
        lines.extend(page.keys);
        pages += 1;
        after = page.next;
        if after.is_none() {
            lines.push(format!("{pages} pages"));
            return Ok(lines.join("\n"));
        }
    }
}
