//! Fetches `?url=` and passes the answer on: status, headers and body, which streams through. The sandbox decides which
//! addresses may be reached.

use std::time::Duration;
use wasmforge::{Error, Request, RequestExt, Response, Result, Timeouts, fetch, http};

const TIMEOUT: Duration = Duration::from_secs(10);

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let url = req.query("url").ok_or_else(|| Error::bad_request("say what: ?url=https://…"))?;
    let outbound = http::Request::get(url.as_ref())
        .extension(Timeouts::each(TIMEOUT))
        .body(())
        .map_err(|error| Error::bad_request(error.to_string()))?;
    fetch(outbound).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http::StatusCode};

    fn status(uri: &str) -> StatusCode {
        block_on(main(http::Request::get(uri).body(().into()).unwrap())).unwrap_err().status()
    }

    #[test]
    fn only_a_url_is_fetched() {
        assert_eq!(status("/"), StatusCode::BAD_REQUEST);
        assert_eq!(status("/?url=no%20url"), StatusCode::BAD_REQUEST);
        // Off the sandbox nothing is reached.
        assert_eq!(status("/?url=http://example.com/"), StatusCode::BAD_GATEWAY);
    }
}
