//! Who calls: credentials, the tokens that carry them, and the identity that services act under.

mod caller;
mod credentials;
mod exchange;
mod identity;
mod token;
mod verified;

pub use caller::Caller;
pub use credentials::{Credentials, Keys};
pub use exchange::{NoSigningKey, database_token};
pub use identity::{Identity, Role};
pub use token::{Claims, InvalidToken, verify};
pub use verified::Verified;
