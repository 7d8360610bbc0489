//! Takes an order, `POST {"sku": …, "quantity": …}`, and logs what happens to it, with fields to search by.

use serde::Deserialize;
use wasmforge::http::StatusCode;
use wasmforge::{Error, Request, RequestExt, Result, config, log};

const DEFAULT_LIMIT: u32 = 10;

#[derive(Deserialize)]
struct Order {
    sku: String,
    quantity: u32,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<(StatusCode, String)> {
    let order: Order = req.json().await?;
    let Order { sku, quantity } = &order;
    let limit = config::get("ORDER_LIMIT")?.map_or(Ok(DEFAULT_LIMIT), |text| text.parse())?;
    log::debug!("checking the order", limit = limit);
    if *quantity > limit {
        log::warn!("an order was refused", sku = sku, quantity = quantity, limit = limit);
        return Err(Error::new(StatusCode::CONFLICT, format!("at most {limit} of one kind")));
    }
    log::info!("{quantity} of {sku} were ordered", sku = sku, quantity = quantity);
    Ok((StatusCode::CREATED, format!("{quantity} × {sku}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::log::Level;
    use wasmforge::{block_on, testing};

    fn status_of(order: &'static str) -> StatusCode {
        let request = wasmforge::http::Request::post("/").body(order.into()).unwrap();
        block_on(main(request)).map_or_else(|error| error.status(), |(status, _)| status)
    }

    #[test]
    fn what_happens_to_an_order_is_logged() {
        assert_eq!(status_of(r#"{"sku":"tea","quantity":2}"#), StatusCode::CREATED);
        assert_eq!(status_of(r#"{"sku":"tea","quantity":99}"#), StatusCode::CONFLICT);
        let lines = testing::logged();
        let warning = lines.iter().find(|line| line.level == Level::Warn).unwrap();
        assert_eq!(
            (warning.message.as_str(), warning.field("quantity")),
            ("an order was refused", Some("99"))
        );
    }
}
