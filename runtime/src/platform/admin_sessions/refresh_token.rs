//! The refresh token of the administrator's session and the CSRF token beside it, as InsForge's backend makes them.

use crate::config::AdminAccount;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::Duration;
use subtle::ConstantTimeEq;
use wasmforge_host_api::auth::Credentials;

/// How long a session goes on without being refreshed.
pub(super) const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

const ISSUER: &str = "insforge";

/// What a refresh token says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefreshToken {
    sub: String,
    #[serde(rename = "type")]
    kind: String,
    iss: String,
    csrf_nonce: String,
    session_type: String,
    /// A fingerprint of the account, so that its password's change ends the session. InsForge has no such claim.
    account: String,
    iat: u64,
    exp: u64,
}

/// Makes and checks the tokens of one account.
pub(super) struct Issuer<'a> {
    secret: &'a str,
    account: &'a AdminAccount,
}

impl<'a> Issuer<'a> {
    /// `None` where there is no `JWT_SECRET`.
    pub(super) fn new(credentials: &'a Credentials, account: &'a AdminAccount) -> Option<Self> {
        credentials.jwt_secret().map(|secret| Self { secret, account })
    }

    /// The administrator's name in tokens.
    pub(super) fn subject(&self) -> String {
        format!("local:{}", self.account.username)
    }

    /// A refresh token and its CSRF token, of a new session or of one that goes on.
    pub(super) fn issue(&self, session: Option<RefreshToken>) -> Option<(String, String)> {
        let fresh = || BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let now = get_current_timestamp();
        let claims = RefreshToken {
            sub: self.subject(),
            kind: "refresh".to_owned(),
            iss: ISSUER.to_owned(),
            csrf_nonce: session.map_or_else(fresh, |session| session.csrf_nonce),
            session_type: "admin".to_owned(),
            account: self.fingerprint()?,
            iat: now,
            exp: now.saturating_add(LIFETIME.as_secs()),
        };
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        let token = encode(&Header::new(Algorithm::HS256), &claims, &key).ok()?;
        Some((token, self.csrf_token(&claims)?))
    }

    /// What a token says, if it is one of this account's that has not ended.
    pub(super) fn verify(&self, token: &str) -> Option<RefreshToken> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "sub", "iss"]);
        rules.leeway = 0;
        rules.validate_aud = false;
        let key = DecodingKey::from_secret(self.secret.as_bytes());
        let claims = decode::<RefreshToken>(token, &key, &rules).ok()?.claims;
        let is_ours = claims.kind == "refresh"
            && claims.session_type == "admin"
            && !claims.csrf_nonce.is_empty()
            && claims.sub == self.subject()
            && same(&claims.account, &self.fingerprint()?);
        is_ours.then_some(claims)
    }

    /// Whether the request's header `X-CSRF-Token` is the session's.
    pub(super) fn is_csrf_token(&self, session: &RefreshToken, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all("x-csrf-token").iter();
        let (Some(given), None) = (given.next(), given.next()) else { return false };
        let own = self.csrf_token(session);
        own.zip(given.to_str().ok()).is_some_and(|(own, given)| same(&own, given))
    }

    fn csrf_token(&self, session: &RefreshToken) -> Option<String> {
        let RefreshToken { session_type, sub, csrf_nonce, .. } = session;
        self.mac(&format!("insforge:csrf:v1:{session_type}:{sub}:{csrf_nonce}"))
    }

    fn fingerprint(&self) -> Option<String> {
        let AdminAccount { username, password } = self.account;
        self.mac(&format!("wasmforge:admin-account:v1:{username}:{}", password.expose()))
    }

    fn mac(&self, text: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).ok()?;
        mac.update(text.as_bytes());
        Some(hex::encode(mac.finalize().into_bytes()))
    }
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use axum::http::HeaderValue;
    use serde_json::{Value, json};

    fn account(password: &str) -> AdminAccount {
        AdminAccount { username: "admin".to_owned(), password: Secret::new(password) }
    }

    fn issued(credentials: &Credentials) -> (String, String) {
        Issuer::new(credentials, &account("p")).unwrap().issue(None).unwrap()
    }

    #[test]
    fn a_session_goes_on_with_the_csrf_token_it_began_with() {
        let (credentials, account) = (Credentials::before_sync("secret"), account("p"));
        let issuer = Issuer::new(&credentials, &account).unwrap();
        let (token, csrf) = issuer.issue(None).unwrap();
        let session = issuer.verify(&token).unwrap();
        let headers = |token: &str| {
            HeaderMap::from_iter([(
                axum::http::HeaderName::from_static("x-csrf-token"),
                HeaderValue::try_from(token).unwrap(),
            )])
        };
        assert!(issuer.is_csrf_token(&session, &headers(&csrf)));
        assert!(!issuer.is_csrf_token(&session, &headers(&csrf.replace('0', "1"))));
        assert!(!issuer.is_csrf_token(&session, &HeaderMap::new()));
        let (_, again) = issuer.issue(Some(session)).unwrap();
        assert_eq!(again, csrf);
        assert_ne!(issuer.issue(None).unwrap().1, csrf);
    }

    #[test]
    fn another_password_or_secret_ends_it() {
        let credentials = Credentials::before_sync("secret");
        let (token, _) = issued(&credentials);
        let good = |secret: &str, password: &str| {
            let (credentials, account) = (Credentials::before_sync(secret), account(password));
            Issuer::new(&credentials, &account).unwrap().verify(&token).is_some()
        };
        assert!(good("secret", "p"));
        assert!(!good("secret", "other") && !good("other", "p"));
    }

    #[test]
    fn what_is_no_refresh_token_of_an_admin_is_none() {
        let (credentials, account) = (Credentials::before_sync("secret"), account("p"));
        let issuer = Issuer::new(&credentials, &account).unwrap();
        let genuine: Value = {
            let (token, _) = issued(&credentials);
            json!(issuer.verify(&token).unwrap())
        };
        let signed = |claims: &Value| {
            encode(&Header::default(), claims, &EncodingKey::from_secret(b"secret")).unwrap()
        };
        assert!(issuer.verify(&signed(&genuine)).is_some());
        for (claim, value) in [
            ("type", json!("access")),
            ("sessionType", json!("user")),
            ("iss", json!("somebody")),
            ("sub", json!("local:other")),
            ("csrfNonce", json!("")),
            ("account", json!("")),
            ("exp", json!(1)),
            ("exp", Value::Null),
        ] {
            let mut claims = genuine.clone();
            claims[claim] = value;
            assert!(issuer.verify(&signed(&claims)).is_none(), "{claim}");
        }
        assert!(issuer.verify("a.b.c").is_none());
    }
}
