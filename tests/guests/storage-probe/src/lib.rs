//! Does with storage what it is told, and says what came of it: `?do=put&bucket=b&key=k&as=service`.

use std::time::Duration;
use wasmforge::http::StatusCode;
use wasmforge::storage::{self, Bucket, Range};
use wasmforge::{Body, Bytes, Error, Request, RequestExt, Response, Result};

#[wasmforge::handler]
async fn main(req: Request) -> Response {
    match perform(req).await {
        Ok(response) => response,
        Err(Failure::Storage(error)) => {
            let mut response = Response::new(format!("{error:?}").into());
            *response.status_mut() = wasmforge::Error::from(error).status();
            response
        }
        Err(Failure::Other(error)) => {
            let mut response = Response::new(format!("other: {error}").into());
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response
        }
    }
}

enum Failure {
    Storage(storage::Error),
    Other(Error),
}

impl From<storage::Error> for Failure {
    fn from(error: storage::Error) -> Self {
        Self::Storage(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

async fn perform(req: Request) -> Result<Response, Failure> {
    let (head, body) = req.into_parts();
    let head = Request::from_parts(head, Body::empty());
    let given = |name: &str| head.query(name).map(String::from);
    let text = |name: &str| given(name).unwrap_or_default();
    let number = |name: &str| text(name).parse().unwrap_or_default();
    let mut bucket = storage::bucket(text("bucket"));
    if text("as") == "service" {
        bucket = bucket.as_service();
    }
    let key = text("key");
    let answer = match text("do").as_str() {
        "put" => {
            let content_type = given("type");
            let mut put = bucket.put(key, body);
            if let Some(content_type) = content_type {
                put = put.content_type(content_type);
            }
            format!("{:?}", put.await?)
        }
        "fill" => {
            let size: u64 = number("size");
            let breaks = given("break").is_some();
            format!("{}", bucket.put(key, zeroes(size, breaks)).await?.size)
        }
        "get" => {
            let mut get = bucket.get(key);
            if let (Ok(first), Ok(last)) = (text("first").parse(), text("last").parse()) {
                get = get.range(Range::Between(first, last));
            }
            return Ok(Response::new(get.await?.body));
        }
        "count" => count(bucket.get(key).await?.body).await?,
        "half" => {
            let mut body = bucket.get(key).await?.body;
            format!("{}", body.chunk().await?.map_or(0, |chunk| chunk.len()))
        }
        "head" => format!("{:?}", bucket.head(key).await?),
        "list" => list(&bucket, text("prefix"), given("after"), number("limit") as u32).await?,
        "delete" => bucket.delete(key).await.map(|()| "deleted".to_owned())?,
        "copy" => format!("{:?}", bucket.copy(key, text("to")).await?),
        "sign" => bucket.signed_url(key, Duration::from_secs(number("seconds"))).await?,
        "info" => format!("{:?}", bucket.info().await?),
        "many" => many(&bucket, number("size")).await?,
        other => return Err(Error::bad_request(format!("{other}?")).into()),
    };
    Ok(Response::new(answer.into()))
}

/// A body of zeroes, which breaks off half-way if it is to.
fn zeroes(size: u64, breaks: bool) -> Body {
    static CHUNK: [u8; 64 * 1024] = [0; 64 * 1024];
    Body::stream(async move |sender| {
        let mut left = if breaks { size / 2 } else { size };
        while left > 0 {
            let chunk = CHUNK.get(..left as usize).unwrap_or(&CHUNK);
            sender.send(Bytes::from_static(chunk)).await?;
            left -= chunk.len() as u64;
        }
        if breaks { Err("half is enough".into()) } else { Ok(()) }
    })
}

async fn count(mut body: Body) -> Result<String> {
    let mut size = 0;
    while let Some(chunk) = body.chunk().await? {
        size += chunk.len();
    }
    Ok(size.to_string())
}

async fn list(
    bucket: &Bucket,
    prefix: String,
    after: Option<String>,
    limit: u32,
) -> Result<String, storage::Error> {
    let mut list = bucket.list().prefix(prefix).limit(limit);
    if let Some(after) = after {
        list = list.after(after);
    }
    let page = list.await?;
    let keys: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
    Ok(format!("{} | {}", keys.join(" "), page.next.unwrap_or_default()))
}

/// Writes more objects at once than may be written at once.
async fn many(bucket: &Bucket, size: u64) -> Result<String, storage::Error> {
    let puts = (0..8).map(|number| {
        let put = bucket.put(format!("many/{number}"), zeroes(size, false));
        async { put.await.is_ok() }
    });
    let done = wasmforge::join_all(puts).await;
    Ok(done.into_iter().filter(|done| *done).count().to_string())
}
