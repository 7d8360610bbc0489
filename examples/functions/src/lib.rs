//! Sends a request's body through other functions, one after the other: `POST /?through=resize,watermark` answers what
//! `watermark` makes of what `resize` makes of it. Nothing is held: each function reads while the one before it writes.

use wasmforge::http::{Request as Outbound, header};
use wasmforge::{Error, IntoResponse, Request, RequestExt, Response, Result, functions};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let through =
        req.query("through").ok_or_else(|| Error::bad_request("say what: ?through=a,b"))?.into_owned();
    let mut kind = req.headers().get(header::CONTENT_TYPE).cloned();
    let mut body = req.into_body();
    for slug in through.split(',') {
        let mut request = Outbound::post("/").body(body)?;
        request.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
        let answer = functions::call(slug, request).await?;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        kind = answer.headers().get(header::CONTENT_TYPE).cloned();
        body = answer.into_body();
    }
    let mut response = body.into_response();
    response.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{Body, block_on, http::StatusCode, testing};

    fn answer(uri: &str, body: &'static str) -> Result<(StatusCode, String)> {
        let response = block_on(main(Outbound::post(uri).body(Body::from(body)).unwrap()))?;
        Ok((response.status(), block_on(response.into_body().text())?))
    }

    #[test]
    fn a_body_passes_through_each_function_in_turn() {
        let _fake = testing::functions(|slug, request| {
            let text = block_on(request.into_body().text()).unwrap();
            Ok(Response::new(format!("{slug}({text})").into()))
        });
        assert_eq!(answer("/?through=a,b", "x").unwrap(), (StatusCode::OK, "b(a(x))".into()));
    }

    #[test]
    fn a_function_that_refuses_ends_the_chain_with_its_answer() {
        let _fake = testing::functions(|slug, _| {
            let mut response = Response::new(slug.to_owned().into());
            *response.status_mut() = if slug == "a" { StatusCode::IM_A_TEAPOT } else { StatusCode::OK };
            Ok(response)
        });
        assert_eq!(answer("/?through=a,b", "x").unwrap(), (StatusCode::IM_A_TEAPOT, "a".into()));
        assert_eq!(answer("/", "x").unwrap_err().status(), StatusCode::BAD_REQUEST);
    }
}
