//! Server-sent events: five of them, half a second apart; `?events=` and `?ms=` say otherwise. Each leaves when it is written.

use std::time::Duration;
use wasmforge::{Body, Error, Request, RequestExt, Response, Result, http, sleep};

#[wasmforge::handler]
fn main(req: Request) -> Result<Response> {
    let events = number(&req, "events", 5)?;
    let pause = Duration::from_millis(number(&req, "ms", 500)?);
    let body = Body::stream(async move |sender| {
        for event in 1..=events {
            if event > 1 {
                sleep(pause).await;
            }
            sender.send(format!("id: {event}\ndata: event {event} of {events}\n\n")).await?;
        }
        Ok(())
    });
    Ok(http::Response::builder()
        .header("content-type", "text/event-stream")
        .header("cache-control", "no-cache")
        .body(body)?)
}

fn number(req: &Request, name: &str, default: u64) -> Result<u64> {
    let Some(text) = req.query(name) else { return Ok(default) };
    text.parse().map_err(|_| Error::bad_request(format!("{name} is not a number")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::block_on;

    #[test]
    fn every_event_is_sent() {
        let request = http::Request::get("/?events=2&ms=1").body(().into()).unwrap();
        let body = block_on(async { main(request).unwrap().into_body().text().await.unwrap() });
        assert_eq!(body, "id: 1\ndata: event 1 of 2\n\nid: 2\ndata: event 2 of 2\n\n");
    }
}
