//! The token of somebody who signed in.

use super::{Credentials, NoSigningKey, Role};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::json;
use std::time::Duration;

/// How long an access token is good for, as InsForge's backend has it.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Signs a token for `subject` in `role`: RS256 where the secrets hold a pair of keys, else HS256.
///
/// # Errors
/// [`NoSigningKey`].
pub fn access_token(credentials: &Credentials, subject: &str, role: Role) -> Result<String, NoSigningKey> {
    let now = get_current_timestamp();
    let expiry = now.saturating_add(ACCESS_TOKEN_LIFETIME.as_secs());
    let claims = json!({ "sub": subject, "role": role.name(), "iat": now, "exp": expiry });
    let signed = match credentials.jwt_private_key() {
        Some((key, id)) => {
            let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::RS256) };
            encode(&header, &claims, key)
        }
        None => {
            let secret = credentials.jwt_secret().ok_or(NoSigningKey)?;
            encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.as_bytes()))
        }
    };
    signed.map_err(|_| NoSigningKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::verify;

    #[test]
    fn an_admins_token_is_good_for_a_quarter_of_an_hour() {
        let credentials = Credentials::before_sync("secret");
        let token = access_token(&credentials, "local:admin", Role::ProjectAdmin).unwrap();
        let claims = verify(&credentials, &token).unwrap();
        assert!(claims.is_admin() && claims.subject == "local:admin");
        let left = claims.all["exp"].as_u64().unwrap() - get_current_timestamp();
        assert!((890..=900).contains(&left), "{left}");
    }

    #[test]
    fn without_a_key_nothing_is_signed() {
        let unsigned = access_token(&Credentials::before_sync(""), "local:admin", Role::ProjectAdmin);
        assert_eq!(unsigned, Err(NoSigningKey));
    }
}
