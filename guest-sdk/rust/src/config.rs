//! The function's settings, as `wasi:config` has them: the same names and values as the environment's ([`env`](mod@crate::env)).
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! # fn example() -> wasmforge::Result<()> {
//! let limit: u32 = wasmforge::config::get("ORDER_LIMIT")?.map_or(Ok(10), |text| text.parse())?;
//! # Ok(()) }
//! # example().unwrap();
//! ```

use crate::host;
use http::StatusCode;

/// Settings that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration cannot be read: {0}")]
pub struct Error(pub String);

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::service(StatusCode::INTERNAL_SERVER_ERROR, error)
    }
}

/// The value of a setting; `None` if it is not set.
///
/// # Errors
/// [`Error`], if the settings are kept elsewhere and cannot be reached. Wasmforge keeps them with the function.
pub fn get(name: &str) -> Result<Option<String>, Error> {
    host::config(name)
}

/// Every setting with its value.
///
/// # Errors
/// As [`get`].
pub fn all() -> Result<Vec<(String, String)>, Error> {
    host::whole_config()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_there_or_not() {
        let path = get("PATH").unwrap().unwrap();
        assert!(all().unwrap().contains(&("PATH".to_owned(), path)));
        assert_eq!(get("WASMFORGE_SDK_TEST_IS_NOT_SET"), Ok(None));
    }
}
