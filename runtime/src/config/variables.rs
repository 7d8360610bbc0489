//! The environment, read with names, units and complaints.

use crate::engine::MIB;
use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

/// A variable whose value cannot be used. Only our own variables are strict; InsForge's fall back with a warning.
#[derive(Debug, thiserror::Error)]
#[error("{name}={value:?} {problem}")]
pub struct ConfigError {
    /// The variable's name.
    pub name: String,
    /// What it holds.
    pub value: String,
    /// What is wrong with that.
    pub problem: String,
}

/// The environment, as a function from names to values, so that tests need not change the process's own.
#[derive(Clone)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// The process's environment; values that are not UTF-8 are left out.
    #[must_use]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// A variable's value; an empty one counts as absent. Every name stands in the [reference](super::reference).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(super::reference::lists(name), "{name} is read and not in the reference of variables");
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or(default).to_owned()
    }

    pub(super) fn parse<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.trim().parse().map(Some).map_err(|_| ConfigError {
                name: name.to_owned(),
                value: value.to_owned(),
                problem: format!("is not {what}"),
            }),
        }
    }

    pub(super) fn millis(&self, name: &str) -> Result<Option<Duration>, ConfigError> {
        Ok(self.parse(name, "a number of milliseconds")?.map(Duration::from_millis))
    }

    pub(super) fn mib(&self, name: &str) -> Result<Option<u64>, ConfigError> {
        Ok(self.parse::<u64>(name, "a number of MiB")?.map(|mib| mib.saturating_mul(MIB)))
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true" | "yes" | "on"))
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}
