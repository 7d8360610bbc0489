//! Who calls: credentials, the tokens that carry them, and the identity that services act under.

mod caller;
mod credentials;
mod identity;
mod token;

pub use caller::Caller;
pub use credentials::{Credentials, Keys};
pub use identity::{Identity, Role};
pub use token::{Claims, InvalidToken, verify};
