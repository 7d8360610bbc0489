//! The function's environment: its secrets and settings, the same for every request of one version.

use crate::{Error, Result};

/// The value of a variable.
///
/// # Errors
/// [`Error::Variable`], a `500` that names the variable, if it is not set.
pub fn var(name: &str) -> Result<String> {
    get(name).ok_or_else(|| Error::Variable(name.to_owned()))
}

/// The value of a variable, if it is set.
#[must_use]
pub fn get(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Every variable with its value.
#[must_use]
pub fn vars() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn a_missing_variable_is_named() {
        let error = var("WASMFORGE_SDK_TEST_IS_NOT_SET").unwrap_err();
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(error.to_string(), "the environment variable WASMFORGE_SDK_TEST_IS_NOT_SET is not set");
    }

    #[test]
    fn a_set_variable_is_found_both_ways() {
        let path = var("PATH").unwrap();
        assert!(vars().contains(&("PATH".to_owned(), path)));
    }
}
