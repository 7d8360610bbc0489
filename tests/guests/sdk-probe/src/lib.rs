//! What the Rust SDK does inside the sandbox, and no example shows. `?do=` picks what:
//!
//! | `do=` | answer |
//! |---|---|
//! | `join&url=&url=` | the bodies of both, a line each, fetched at the same time |
//! | `upload&url=` | what that URL answers to a `POST` of `chunk 0` to `chunk 9`, a line each, sent as a stream |
//! | `relay&url=` | what that URL answers to a `POST` of this request's body, passed through, with its `authorization`, `content-type` and `prefer` |
//! | `follow&url=&hops=` | what that URL answers after so many redirects at most |
//! | `read&url=` | the length of what that URL answers, read to its end |
//! | `repeat&url=&n=` | the length of all that URL's answers to `n` requests, one after the other |
//! | `after&ms=` | `answered`; so long after that, `after the response` is logged |
//! | `connection-headers` | `ok`, with `x-kept`; it sets `connection` and `keep-alive` too |
//! | `bad-status` | an error of the SDK: it sets status 101, which is no final one |
//! | `error&status=` | `{"error":"as it was told to"}` with that status |
//! | `broken-body` | half of a body, whose writer then fails |
//! | `large&mib=` | so many MiB, known in advance |
//! | `panic` | none |
//! | `call&slug=&path=&method=&header=` | what that function answers to this request's body, or its error as JSON |
//! | `call-many&slug=&n=` | how often that function answered what to `n` calls |
//! | `descend&slug=&then=` | how often these two functions, or this one, can call each other |
//! | `descend-by-http&url=` | the same, by HTTP |
//! | `deadlock` | none: it waits for nothing |

mod calls;

use std::time::Duration;
use wasmforge::http::{self, StatusCode};
use wasmforge::{
    Body, Error, IntoResponse, Redirects, Request, RequestExt, Response, Result, fetch, join, sleep, spawn,
};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let what = req.query("do").unwrap_or_default().into_owned();
    match what.as_str() {
        "join" => both(&req).await,
        "upload" => fetch(http::Request::post(url(&req)?).body(lines())?).await,
        "relay" => relay(req).await,
        "follow" => {
            let hops = u16::try_from(number(&req, "hops", 10)?).map_err(Error::other)?;
            let outbound = http::Request::get(url(&req)?);
            // None at all is the default, too.
            let outbound = if hops > 0 { outbound.extension(Redirects::follow(hops)) } else { outbound };
            fetch(outbound.body(())?).await
        }
        "read" => Ok(fetch(url(&req)?).await?.into_body().bytes().await?.len().to_string().into_response()),
        "repeat" => {
            let mut read = 0;
            for _ in 0..number(&req, "n", 2)? {
                read += fetch(url(&req)?).await?.into_body().bytes().await?.len();
            }
            Ok(read.to_string().into_response())
        }
        "after" => {
            let pause = Duration::from_millis(number(&req, "ms", 100)?);
            spawn(async move {
                sleep(pause).await;
                eprintln!("after the response");
            });
            Ok("answered".into_response())
        }
        "connection-headers" => Ok(http::Response::builder()
            .header("connection", "close")
            .header("keep-alive", "timeout=5")
            .header("x-kept", "1")
            .body("ok".into())?),
        "bad-status" => Ok(StatusCode::SWITCHING_PROTOCOLS.into_response()),
        "error" => {
            let status = u16::try_from(number(&req, "status", 500)?).map_err(Error::other)?;
            Err(Error::new(StatusCode::from_u16(status).map_err(Error::other)?, "as it was told to"))
        }
        "broken-body" => Ok(Response::new(Body::stream(async |sender| {
            sender.send("the first half, and then").await?;
            Err("the writer failed as it was told to".into())
        }))),
        "large" => {
            let mib = usize::try_from(number(&req, "mib", 4)?).map_err(Error::other)?;
            Ok(vec![b'x'; mib * 1024 * 1024].into_response())
        }
        "call" => calls::call(req).await,
        "call-many" => calls::call_many(req).await,
        "descend" => calls::descend(req).await,
        "descend-by-http" => calls::descend_by_http(req).await,
        "panic" => trap(),
        "deadlock" => std::future::pending().await,
        unknown => Err(Error::bad_request(format!("the probe does not know `{unknown}`"))),
    }
}

#[allow(clippy::panic, reason = "a trap is what was asked for")]
fn trap() -> ! {
    panic!("the SDK's probe panicked as it was told to")
}

async fn both(req: &Request) -> Result<Response> {
    let mut urls = req.queries().filter(|(name, _)| name == "url").map(|(_, url)| url.into_owned());
    let (Some(first), Some(second)) = (urls.next(), urls.next()) else {
        return Err(Error::bad_request("say what: ?url=…&url=…"));
    };
    let text = async |url: String| fetch(url).await?.into_body().text().await;
    let (first, second) = join(text(first), text(second)).await;
    Ok(format!("{}\n{}\n", first?, second?).into_response())
}

async fn relay(req: Request) -> Result<Response> {
    let mut post = http::Request::post(url(&req)?);
    for name in ["authorization", "content-type", "prefer"] {
        if let Some(value) = req.headers().get(name) {
            post = post.header(name, value);
        }
    }
    fetch(post.body(req.into_body())?).await
}

fn lines() -> Body {
    Body::stream(async |sender| {
        for chunk in 0..10 {
            sender.send(format!("chunk {chunk}\n")).await?;
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    })
}

fn url(req: &Request) -> Result<String> {
    Ok(req.query("url").ok_or_else(|| Error::bad_request("say what: ?url=…"))?.into_owned())
}

fn number(req: &Request, name: &str, default: u64) -> Result<u64> {
    req.query(name).map_or(Ok(default), |text| text.parse().map_err(|_| Error::bad_request("not a number")))
}
