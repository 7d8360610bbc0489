//! A small typed JSON API: what there is to order, and what an order costs.
//!
//! | request | answer |
//! |---|---|
//! | `GET` | all products |
//! | `GET ?sku=tea` | one product, or `404` |
//! | `POST` of `{"items":[{"sku":"tea","quantity":2}]}` | `201` and the price; `400` if it is no order, `422` if it cannot be filled |
//! | any other method | `405` with `allow` |

mod order;

use order::{Order, PRODUCTS, Product, Quote};
use wasmforge::http::{Method, StatusCode, header};
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result, response};

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    match (req.method(), req.query("sku")) {
        (&Method::GET, None) => response::json(PRODUCTS),
        (&Method::GET, Some(sku)) => match Product::find(&sku) {
            Some(product) => response::json(product),
            None => Err(Error::not_found(format!("there is no product `{sku}`"))),
        },
        (&Method::POST, _) => quote(req).await,
        _ => not_allowed("GET, POST"),
    }
}

async fn quote(req: Request) -> Result<Response> {
    let order: Order = req.json().await?;
    let quote = Quote::of(&order).map_err(|problem| Error::new(StatusCode::UNPROCESSABLE_ENTITY, problem))?;
    Ok((StatusCode::CREATED, Json(quote)).into_response())
}

fn not_allowed(methods: &'static str) -> Result<Response> {
    let error = Error::new(StatusCode::METHOD_NOT_ALLOWED, format!("the methods here are {methods}"));
    let mut response = error.into_response();
    response.headers_mut().insert(header::ALLOW, methods.parse()?);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http};

    fn answer(method: &str, uri: &str, body: &'static str) -> (u16, String) {
        let request = http::Request::builder().method(method).uri(uri).body(body.into()).unwrap();
        block_on(async {
            let response = main(request).await.into_response();
            (response.status().as_u16(), response.into_body().text().await.unwrap())
        })
    }

    #[test]
    fn products_are_listed_and_found() {
        let tea = r#"{"sku":"tea","cents":450}"#;
        assert_eq!(answer("GET", "/", ""), (200, format!(r#"[{tea},{{"sku":"cup","cents":990}}]"#)));
        assert_eq!(answer("GET", "/?sku=tea", ""), (200, tea.into()));
    }

    #[test]
    fn an_order_is_priced() {
        let order = r#"{"items":[{"sku":"tea","quantity":2},{"sku":"cup","quantity":1}]}"#;
        assert_eq!(answer("POST", "/", order), (201, r#"{"items":3,"total_cents":1890}"#.into()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_status() {
        let cases = [
            ("GET", "/?sku=oil", "", 404, "there is no product `oil`"),
            ("POST", "/", r#"{"items":"#, 400, "invalid JSON: EOF while parsing a value at line 1 column 9"),
            ("POST", "/", r#"{"items":[]}"#, 422, "an order has items"),
            ("POST", "/", r#"{"items":[{"sku":"oil","quantity":1}]}"#, 422, "there is no product `oil`"),
            (
                "POST",
                "/",
                r#"{"items":[{"sku":"tea","quantity":0}]}"#,
                422,
                "the quantity of `tea` is from 1 to 1000",
            ),
            ("DELETE", "/", "", 405, "the methods here are GET, POST"),
        ];
        for (method, uri, body, status, error) in cases {
            assert_eq!(answer(method, uri, body), (status, format!(r#"{{"error":"{error}"}}"#)));
        }
    }
}
