//! Which token is whose: the two kinds of JWT that an InsForge platform accepts.
//!
//! RS256 where the header says so *and* names our key; everything else is checked as HS256 with `JWT_SECRET`. The
//! algorithm is fixed before the token's own word for it is looked at, so neither `none` nor a public key used as an
//! HMAC secret gets through.

use super::Credentials;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The claim `sub`: a user's id, or `local:<name>` for an admin who signed in with a password.
    pub subject: String,
    /// The claim `role`; a token without one is a signed-in user's.
    pub role: String,
    /// The claim `email`.
    pub email: Option<String>,
    /// All of them, these three included.
    pub all: Map<String, Value>,
}

impl Claims {
    fn of(all: Map<String, Value>) -> Option<Self> {
        let text = |name: &str| match all.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text.clone())),
            Some(_) => None,
        };
        let subject = text("sub")?.filter(|subject| !subject.is_empty())?;
        // A refresh token is signed alike and lives for days; it is shown to get access tokens and for nothing else.
        if text("type")?.is_some_and(|kind| kind == "refresh") {
            return None;
        }
        let role = text("role")?.unwrap_or_else(|| "authenticated".to_owned());
        let email = text("email")?;
        Some(Self { subject, role, email, all })
    }

    /// Whether it may use the admin API.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == "project_admin"
    }
}

/// A token that is malformed, expired, without a subject, or signed by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid token")]
pub struct InvalidToken;

/// Checks a token's signature, expiry and subject.
///
/// # Errors
/// [`InvalidToken`], which does not say why: a forger learns nothing.
pub fn verify(credentials: &Credentials, token: &str) -> Result<Claims, InvalidToken> {
    let header = decode_header(token).map_err(|_| InvalidToken)?;
    let public_key = credentials
        .jwt_public_key()
        .filter(|(_, id)| header.alg == Algorithm::RS256 && header.kid.as_deref() == Some(*id));
    let secret;
    let (algorithm, key) = match public_key {
        Some((key, _)) => (Algorithm::RS256, key),
        None => {
            secret = DecodingKey::from_secret(credentials.jwt_secret().ok_or(InvalidToken)?.as_bytes());
            (Algorithm::HS256, &secret)
        }
    };
    let mut rules = Validation::new(algorithm);
    // Tokens that the platform makes for itself have no expiry; one that is there counts to the second.
    rules.set_required_spec_claims(&["sub"]);
    rules.leeway = 0;
    rules.validate_nbf = true;
    rules.validate_aud = false;
    let claims = decode(token, key, &rules).map_err(|_| InvalidToken)?.claims;
    Claims::of(claims).ok_or(InvalidToken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    fn subject(claims: &Value) -> Option<String> {
        let keys = Credentials::of_secrets("secret", []);
        let token = encode(&Header::default(), claims, &EncodingKey::from_secret(b"secret")).unwrap();
        verify(&keys, &token).ok().map(|claims| claims.subject)
    }

    #[test]
    fn a_refresh_token_is_no_access_token() {
        assert_eq!(subject(&json!({ "sub": "7" })), Some("7".to_owned()));
        assert_eq!(subject(&json!({ "sub": "7", "type": "refresh", "iss": "insforge" })), None);
        assert_eq!(subject(&json!({ "sub": "7", "type": "access" })), Some("7".to_owned()));
    }

    #[test]
    fn a_token_without_a_subject_is_nobodys() {
        for claims in [json!({}), json!({ "sub": "" }), json!({ "sub": 7 }), json!({ "sub": null })] {
            assert_eq!(subject(&claims), None, "{claims}");
        }
    }
}
