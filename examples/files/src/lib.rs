//! Files: `GET ?file=hello.txt` sends one of the function's assets, and `POST` sorts the lines of a body by way of a scratch file. The
//! second needs the grant `{"files": {"scratchMib": 16}}`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use wasmforge::http::{Method, StatusCode};
use wasmforge::{Error, Request, RequestExt, Response, Result, files};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match *req.method() {
        Method::GET => {
            let file = req.query("file").ok_or_else(|| Error::bad_request("say which: ?file=<name>"))?;
            // A path that leads out of the directory is refused by the sandbox.
            let bytes =
                fs::read(files::assets().join(&*file)).map_err(|_| Error::not_found("no such file"))?;
            Ok(Response::new(bytes.into()))
        }
        Method::POST => sort(req).await,
        _ => Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "GET or POST")),
    }
}

async fn sort(req: Request) -> Result<Response> {
    let path = files::scratch().join("lines");
    let mut file = File::create(&path).map_err(|_| Error::from("the grant files.scratchMib is missing"))?;
    let mut body = req.into_body();
    while let Some(chunk) = body.chunk().await? {
        // The directory is full: which error that is, differs from call to call.
        file.write_all(&chunk).map_err(|_| Error::new(StatusCode::PAYLOAD_TOO_LARGE, "too many lines"))?;
    }
    let mut lines = BufReader::new(File::open(&path)?).lines().collect::<Result<Vec<_>, _>>()?;
    lines.sort_unstable();
    Ok(Response::new(lines.join("\n").into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http};

    fn call(method: Method, uri: &str, body: &'static str) -> Result<String> {
        let request = http::Request::builder().method(method).uri(uri).body(body.into())?;
        block_on(async { main(request).await?.into_body().text().await })
    }

    #[test]
    fn an_asset_is_sent() {
        assert_eq!(call(Method::GET, "/?file=hello.txt", "").unwrap(), "Hello from a file.\n");
        assert_eq!(call(Method::GET, "/?file=none", "").unwrap_err().status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn lines_are_sorted() {
        assert_eq!(call(Method::POST, "/", "b\nc\na").unwrap(), "a\nb\nc");
    }
}
