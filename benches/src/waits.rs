//! How long something took, many times.

use crate::stats::{greatest, least, median};
use crate::table::Table;
use std::time::Duration;

/// One kind of wait, in ms.
#[derive(Default)]
pub(crate) struct Waits(Vec<f64>);

impl Waits {
    /// One more.
    pub(crate) fn add(&mut self, wait: Duration) {
        self.0.push(wait.as_secs_f64() * 1e3);
    }

    /// Median, least and most.
    pub(crate) fn row(&self, table: &mut Table, name: &str) {
        let ms = |value: f64| format!("{value:.2}");
        let of = || self.0.iter().copied();
        table.row([name.to_owned(), ms(median(of())), ms(least(of())), ms(greatest(of()))]);
    }
}
