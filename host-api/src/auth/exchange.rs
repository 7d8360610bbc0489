//! The token by which PostgREST learns whom a request is from.
//!
//! PostgREST knows one key, `JWT_SECRET`, and HS256. A user's own token may be signed with RS256, and an API key is no
//! token at all. So every credential is exchanged for a short-lived token of ours, as InsForge's backend does it.

use super::{Credentials, Identity, Role};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::json;
use std::time::Duration;

/// How long such a token is good for: one request, and PostgREST's clock may differ.
const LIFETIME_SECONDS: u64 = 300;

/// There is no `JWT_SECRET`, neither configured nor stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no JWT_SECRET to sign with")]
pub struct NoSigningKey;

/// Signs a token for `identity`: its role, and for a signed-in user `sub` and `email`.
///
/// # Errors
/// [`NoSigningKey`].
pub fn database_token(credentials: &Credentials, identity: &Identity) -> Result<String, NoSigningKey> {
    let secret = credentials.jwt_secret().ok_or(NoSigningKey)?;
    let mut claims = identity.claims_for_database();
    claims.insert("exp".to_owned(), get_current_timestamp().saturating_add(LIFETIME_SECONDS).into());
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(|_| NoSigningKey)
}

/// Signs a token of the platform's own: the role `project_admin`, under the name `subject`, for so long.
///
/// # Errors
/// [`NoSigningKey`].
pub fn service_token(
    credentials: &Credentials,
    subject: &str,
    lifetime: Duration,
) -> Result<String, NoSigningKey> {
    let secret = credentials.jwt_secret().ok_or(NoSigningKey)?;
    let now = get_current_timestamp();
    let claims = json!({
        "sub": subject,
        "role": Role::ProjectAdmin.name(),
        "iat": now,
        "exp": now.saturating_add(lifetime.as_secs()),
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(|_| NoSigningKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::verify;

    fn user() -> Identity {
        Identity { role: Role::Authenticated, subject: Some("7".into()), email: Some("a@b".into()) }
    }

    #[test]
    fn a_users_token_names_the_user_and_expires_soon() {
        let credentials = Credentials::before_sync("secret");
        let claims = verify(&credentials, &database_token(&credentials, &user()).unwrap()).unwrap();
        assert_eq!((claims.subject.as_str(), claims.role.as_str()), ("7", "authenticated"));
        assert_eq!(claims.email.as_deref(), Some("a@b"));
        let left = claims.all["exp"].as_u64().unwrap() - get_current_timestamp();
        assert!((1..=LIFETIME_SECONDS).contains(&left), "{left}");
    }

    #[test]
    fn a_token_of_the_platforms_own_is_an_admins_for_a_while() {
        let credentials = Credentials::before_sync("secret");
        let token = service_token(&credentials, "trigger:7", Duration::from_secs(60)).unwrap();
        let claims = verify(&credentials, &token).unwrap();
        assert!(claims.is_admin() && claims.subject == "trigger:7");
        assert!(claims.all["exp"].as_u64().unwrap() <= get_current_timestamp() + 60);
    }

    #[test]
    fn without_a_key_nothing_is_signed() {
        assert_eq!(database_token(&Credentials::before_sync(""), &user()), Err(NoSigningKey));
    }
}
