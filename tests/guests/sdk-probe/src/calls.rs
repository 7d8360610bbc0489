//! Calls of other functions.

use std::collections::BTreeMap;
use wasmforge::http::{self, Method, StatusCode};
use wasmforge::{Error, IntoResponse, Request, RequestExt, Response, Result, fetch, functions, response};

/// Calls `?slug=` as the query says and passes the answer on; an error becomes `{"error":"<its variant>"}`.
pub(crate) async fn call(req: Request) -> Result<Response> {
    let slug = text(&req, "slug")?;
    let path = req.query("path").unwrap_or("/".into()).into_owned();
    let method = req.query("method").unwrap_or("POST".into()).into_owned();
    let mut outbound = http::Request::builder()
        .uri(path)
        .method(Method::from_bytes(method.as_bytes()).map_err(Error::other)?);
    for (name, header) in req.queries() {
        if let (true, Some((name, value))) = (name == "header", header.split_once(':')) {
            outbound = outbound.header(name, value);
        }
    }
    match functions::call(&slug, outbound.body(req.into_body())?).await {
        Ok(answer) => Ok(answer),
        Err(error) => Ok((error.status(), response::json(&failure(&error))?).into_response()),
    }
}

/// Calls `?slug=` `n` times in a row and counts the outcomes.
pub(crate) async fn call_many(req: Request) -> Result<Response> {
    let (slug, n) = (text(&req, "slug")?, text(&req, "n")?.parse::<u32>()?);
    let mut outcomes = BTreeMap::<String, u32>::new();
    for _ in 0..n {
        let outcome = match functions::call(&slug, http::Request::new(())).await {
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(error) => failure(&error).remove("error").unwrap_or_default(),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    response::json(&outcomes)
}

fn failure(error: &functions::Error) -> BTreeMap<&'static str, String> {
    let name = format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect();
    BTreeMap::from([("error", name), ("message", error.to_string())])
}

/// Calls `?slug=`, which calls `?then=`, which calls `?slug=`, until they may not any more; counts the calls below.
pub(crate) async fn descend(req: Request) -> Result<Response> {
    let slug = text(&req, "slug")?;
    let then = req.query("then").map_or_else(|| slug.clone(), |then| then.into_owned());
    let again = http::Request::get(format!("/?do=descend&slug={then}&then={slug}")).body(())?;
    match functions::call(&slug, again).await {
        Ok(answer) => one_more(answer).await,
        Err(functions::Error::DepthExceeded) => Ok("0".into_response()),
        Err(error) => Err(error.into()),
    }
}

/// The same by HTTP, through `?url=`.
pub(crate) async fn descend_by_http(req: Request) -> Result<Response> {
    let url = format!("{}?{}", text(&req, "url")?, req.uri().query().unwrap_or_default());
    let answer = fetch(url).await?;
    match answer.status() {
        StatusCode::LOOP_DETECTED => Ok("0".into_response()),
        _ => one_more(answer).await,
    }
}

async fn one_more(answer: Response) -> Result<Response> {
    let status = answer.status();
    let text = answer.into_body().text().await?;
    match text.parse::<u32>() {
        Ok(below) => Ok((below + 1).to_string().into_response()),
        Err(_) => Ok((status, text).into_response()),
    }
}

fn text(req: &Request, name: &str) -> Result<String> {
    Ok(req.query(name).ok_or_else(|| Error::bad_request(format!("say what: ?{name}=…")))?.into_owned())
}
