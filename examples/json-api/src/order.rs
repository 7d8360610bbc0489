//! What is sold, what is ordered, and what that costs.

use serde::{Deserialize, Serialize};

/// Something to order.
#[derive(Serialize)]
pub(crate) struct Product {
    sku: &'static str,
    cents: u32,
}

pub(crate) const PRODUCTS: &[Product] =
    &[Product { sku: "tea", cents: 450 }, Product { sku: "cup", cents: 990 }];

impl Product {
    pub(crate) fn find(sku: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.sku == sku)
    }
}

/// A customer's wish.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    sku: String,
    quantity: u32,
}

/// Its price.
#[derive(Default, Serialize)]
pub(crate) struct Quote {
    items: u32,
    total_cents: u64,
}

const MOST: u32 = 1000;

impl Quote {
    /// The price of an order, or what is wrong with it.
    pub(crate) fn of(order: &Order) -> Result<Self, String> {
        if order.items.is_empty() {
            return Err("an order has items".into());
        }
        order.items.iter().try_fold(Self::default(), |quote, Item { sku, quantity }| {
            let product = Product::find(sku).ok_or_else(|| format!("there is no product `{sku}`"))?;
            if !(1..=MOST).contains(quantity) {
                return Err(format!("the quantity of `{sku}` is from 1 to {MOST}"));
            }
            Ok(Self {
                items: quote.items + quantity,
                total_cents: quote.total_cents + u64::from(product.cents) * u64::from(*quantity),
            })
        })
    }
}
