//! A small typed JSON API: prices an order.
//!
//! | request | answer |
//! |---|---|
//! | `GET /…/products` | what there is to order |
//! | `POST /…/quotes` with `{"items":[{"sku":"tea","quantity":2}]}` | `201` and the price, or `422` and what is wrong with the order |
//! | any other method there | `405` with `allow` |
//! | any other path | `404` |
//!
//! A function is called as `/<slug>/<rest>`: only the last part of the path counts here.

mod order;

use order::{Order, PRODUCTS, Quote};
use wasmforge::http::{Method, StatusCode, header};
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let (resource, method) = (req.uri().path().rsplit('/').next().unwrap_or_default(), req.method());
    match (resource, method) {
        ("products", &Method::GET) => Ok(Json(PRODUCTS).into_response()),
        ("quotes", &Method::POST) => quote(req).await,
        ("products", _) => only("GET"),
        ("quotes", _) => only("POST"),
        _ => Err(Error::not_found("there are /products and /quotes")),
    }
}

async fn quote(req: Request) -> Result<Response> {
    let order: Order = req.json().await?;
    let quote = Quote::of(&order).map_err(|problem| Error::new(StatusCode::UNPROCESSABLE_ENTITY, problem))?;
    Ok((StatusCode::CREATED, Json(quote)).into_response())
}

fn only(method: &'static str) -> Result<Response> {
    let mut response =
        Error::new(StatusCode::METHOD_NOT_ALLOWED, format!("only {method} here")).into_response();
    response.headers_mut().insert(header::ALLOW, method.parse()?);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http};

    fn answer(method: &str, path: &str, body: &'static str) -> (u16, String) {
        let request = http::Request::builder().method(method).uri(path).body(body.into()).unwrap();
        block_on(async {
            let response = main(request).await.into_response();
            (response.status().as_u16(), response.into_body().text().await.unwrap())
        })
    }

    #[test]
    fn an_order_is_priced() {
        let order = r#"{"items":[{"sku":"tea","quantity":2},{"sku":"cup","quantity":1}]}"#;
        let quote = r#"{"items":3,"total_cents":1890}"#;
        assert_eq!(answer("POST", "/json-api/quotes", order), (201, quote.into()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_status() {
        let cases = [
            (
                "POST",
                "/quotes",
                r#"{"items":"#,
                400,
                "invalid JSON: EOF while parsing a value at line 1 column 9",
            ),
            ("POST", "/quotes", r#"{"items":[]}"#, 422, "an order has items"),
            (
                "POST",
                "/quotes",
                r#"{"items":[{"sku":"oil","quantity":1}]}"#,
                422,
                "there is no product `oil`",
            ),
            (
                "POST",
                "/quotes",
                r#"{"items":[{"sku":"tea","quantity":0}]}"#,
                422,
                "the quantity of `tea` is from 1 to 1000",
            ),
            ("GET", "/quotes", "", 405, "only POST here"),
            ("GET", "/orders", "", 404, "there are /products and /quotes"),
        ];
        for (method, path, body, status, error) in cases {
            let expected = (status, format!(r#"{{"error":"{error}"}}"#));
            assert_eq!(answer(method, path, body), expected);
        }
    }
}
