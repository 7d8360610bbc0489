//! Who calls: credentials, the tokens that carry them, and the identity that services act under.

mod access_token;
mod caller;
mod capability;
mod credentials;
mod exchange;
mod identity;
mod token;
mod users;
mod verified;

pub use access_token::{ACCESS_TOKEN_LIFETIME, access_token};
pub use caller::Caller;
pub use capability::{Auth, AuthConfigured, AuthGrant, AuthSession, UserLookup};
pub use credentials::{Credentials, Keys, StoredKey};
pub use exchange::{NoSigningKey, database_token, service_token};
pub use identity::{Identity, Role};
pub use token::{Claims, InvalidToken, verify};
pub use users::{User, Users, UsersUnavailable};
pub use verified::Verified;
