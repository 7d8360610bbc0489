//! Where PostgREST is.

use super::Variables;

/// PostgREST, as InsForge's container is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestConfig {
    /// `POSTGREST_BASE_URL`, such as `http://postgrest:3000`; none where functions are to have no PostgREST.
    pub base_url: Option<String>,
}

impl RestConfig {
    /// Reads it.
    #[must_use]
    pub fn from_variables(vars: &Variables) -> Self {
        Self { base_url: vars.get("POSTGREST_BASE_URL").map(|url| url.trim().to_owned()) }
    }
}
