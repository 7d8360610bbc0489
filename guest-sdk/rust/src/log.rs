//! The function's log: lines with a level and fields.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::log;
//!
//! let (order, amount) = (7, "12.50");
//! log::info!("order {order} was paid", amount = amount, currency = "EUR");
//! log::warn!("the stock of tea is low");
//! # let lines = wasmforge::testing::logged();
//! # assert_eq!(lines[0].message, "order 7 was paid");
//! # assert_eq!(lines[0].field("amount"), Some("12.50"));
//! # assert_eq!(lines[1].level, log::Level::Warn);
//! ```
//!
//! The message is a format string that captures variables; the fields after it are names and values that can be
//! displayed. Where the names are not known when the function is written, [`line`] takes them one by one.
//!
//! Every line carries the function, its version and the invocation. Logging never waits and never fails. The log of one
//! invocation is cut off at its limit, 256 KiB unless the operator chose another. What is written to standard output
//! and standard error is in the same log.
//!
//! On the host lines go to standard error, and [`testing::logged`](crate::testing::logged) hands them to a test.

use crate::host;
use std::fmt::Display;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What happens step by step.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What happened.
    Info,
    /// What somebody should look at.
    Warn,
    /// What failed.
    Error,
}

/// One line of the log. Nothing is written before [`emit`](Line::emit).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a line is written by `emit`"]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub message: String,
    /// Its fields, by name.
    pub fields: Vec<(String, String)>,
}

/// Begins a line.
///
/// ```
/// # use wasmforge_sdk::log::{self, Level};
/// log::line(Level::Info, "answered").with("http.status", 200).emit();
/// # assert_eq!(wasmforge_sdk::testing::logged()[0].field("http.status"), Some("200"));
/// ```
pub fn line(level: Level, message: impl Into<String>) -> Line {
    Line { level, message: message.into(), fields: Vec::new() }
}

impl Line {
    /// Adds a field. Of several with one name the last counts.
    pub fn with(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.fields.push((name.into(), value.to_string()));
        self
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Writes it.
    pub fn emit(self) {
        host::log(self);
    }
}

/// Logs what happens step by step: `log::trace!("message", name = value, …)`. See [`log`](mod@crate::log).
#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace {
    ($message:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::log::line($crate::log::Level::Trace, ::std::format!($message))
            $(.with(::core::stringify!($name), $value))*
            .emit()
    };
}

/// Logs what helps to find a fault: `log::debug!("message", name = value, …)`. See [`log`](mod@crate::log).
#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($message:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::log::line($crate::log::Level::Debug, ::std::format!($message))
            $(.with(::core::stringify!($name), $value))*
            .emit()
    };
}

/// Logs what happened: `log::info!("message", name = value, …)`. See [`log`](mod@crate::log).
#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($message:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::log::line($crate::log::Level::Info, ::std::format!($message))
            $(.with(::core::stringify!($name), $value))*
            .emit()
    };
}

/// Logs what somebody should look at: `log::warn!("message", name = value, …)`. See [`log`](mod@crate::log).
#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($message:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::log::line($crate::log::Level::Warn, ::std::format!($message))
            $(.with(::core::stringify!($name), $value))*
            .emit()
    };
}

/// Logs what failed: `log::error!("message", name = value, …)`. See [`log`](mod@crate::log).
#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($message:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::log::line($crate::log::Level::Error, ::std::format!($message))
            $(.with(::core::stringify!($name), $value))*
            .emit()
    };
}

#[doc(inline)]
pub use {
    __log_debug as debug, __log_error as error, __log_info as info, __log_trace as trace, __log_warn as warn,
};
