//! What the query of a deploy says: `?canary=` and, for a module that is sent as it is, `?auth=`.

use super::ApiError;
use crate::registry::AuthPolicy;
use serde::Deserialize;
use utoipa::IntoParams;

/// How a new version is rolled out.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Rollout {
    /// Stores the new version beside the live one and gives it so many of a hundred callers; with 0 it runs only by name.
    #[param(minimum = 0, maximum = 100)]
    canary: Option<i64>,
}

impl Rollout {
    /// The percentage of a canary, where the deploy is one.
    pub(super) fn percent(&self) -> Result<Option<u8>, ApiError> {
        self.canary.map(percent).transpose()
    }
}

/// Who may call a function that is uploaded.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadAuth {
    /// Who may call it.
    pub(super) auth: Option<AuthPolicy>,
}

/// A number of a hundred callers.
pub(super) fn percent(number: i64) -> Result<u8, ApiError> {
    let percent = u8::try_from(number).ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| ApiError::invalid_input(format!("{number} is no percentage: 0 to 100")))
}
