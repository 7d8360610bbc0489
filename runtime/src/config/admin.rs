//! The administrator's account.

use super::{Secret, Variables};

/// Who may sign in as the administrator, in `ROOT_ADMIN_USERNAME` and `ROOT_ADMIN_PASSWORD`.
#[derive(Clone, Debug)]
pub struct AdminAccount {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl AdminAccount {
    /// The account, where both variables are set.
    pub(super) fn from_variables(vars: &Variables) -> Option<Self> {
        match (vars.get("ROOT_ADMIN_USERNAME"), vars.get("ROOT_ADMIN_PASSWORD")) {
            // A name is trimmed where it is sent, so it is here.
            (Some(username), Some(password)) => {
                Some(Self { username: username.trim().to_owned(), password: Secret::new(password) })
            }
            (None, None) => None,
            _ => {
                tracing::warn!(
                    "ROOT_ADMIN_USERNAME and ROOT_ADMIN_PASSWORD only work together: nobody can sign in"
                );
                None
            }
        }
    }
}
