//! A bar on a terminal. Elsewhere there is none.

use crate::registry::Slug;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

/// How far a deploy is.
pub(super) struct Progress {
    bar: ProgressBar,
    /// What is on its way.
    open: Mutex<BTreeSet<String>>,
}

impl Progress {
    /// A bar for so many functions.
    pub(super) fn start(functions: usize, quiet: bool) -> Self {
        let is_shown = !quiet && io::stderr().is_terminal() && io::stdout().is_terminal();
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(functions as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        if is_shown {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, open: Mutex::default() }
    }

    pub(super) fn begin(&self, slug: &Slug) {
        let mut open = self.open.lock();
        open.insert(slug.to_string());
        self.bar.set_message(Vec::from_iter(open.iter().cloned()).join(", "));
    }

    pub(super) fn end(&self, slug: &Slug) {
        let mut open = self.open.lock();
        open.remove(slug.as_str());
        self.bar.inc(1);
        self.bar.set_message(Vec::from_iter(open.iter().cloned()).join(", "));
    }

    /// Lets something be written above the bar.
    pub(super) fn hidden<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
