//! The users behind subjects.

use async_trait::async_trait;
use uuid::Uuid;

/// A user, as InsForge's `GET /api/auth/sessions/current` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: Uuid,
    /// The address.
    pub email: String,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// By what the user signs in: `google`, `github` and others, sorted; `email` at the end for one with a password.
    pub providers: Vec<String>,
    /// When the user signed up: RFC 3339 in UTC with milliseconds.
    pub created_at: String,
    /// When the row changed last.
    pub updated_at: String,
    /// JSON that the user shows to others.
    pub profile: String,
    /// JSON that the platform keeps of the user.
    pub metadata: String,
}

/// The table of users cannot be asked; says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsersUnavailable(pub String);

/// The table of users.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    /// The user with this id.
    ///
    /// # Errors
    /// [`UsersUnavailable`].
    async fn by_id(&self, id: Uuid) -> Result<Option<User>, UsersUnavailable>;

    /// Writes the keys of a JSON object into a user's profile, beside those that it has. Gives the whole profile; `None`
    /// where there is no such user.
    ///
    /// # Errors
    /// [`UsersUnavailable`].
    async fn merge_profile(&self, id: Uuid, keys: &str) -> Result<Option<String>, UsersUnavailable>;
}
