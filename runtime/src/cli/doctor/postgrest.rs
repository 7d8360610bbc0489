//! PostgREST: whether it answers, and whether it trusts our tokens.

use super::finding::Finding;
use crate::client::{Api, Call, ClientError};
use crate::config::{Config, Secret};
use http::{HeaderValue, Method, StatusCode, header};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let Some(url) = &config.rest.base_url else {
        let text = "POSTGREST_BASE_URL is not set: functions have no PostgREST";
        return vec![Finding::absent("PostgREST", text)];
    };
    vec![match ask(url, config).await {
        Ok(StatusCode::UNAUTHORIZED) => Finding::bad(
            "PostgREST",
            format!("{url} does not accept our tokens"),
            "give it our JWT_SECRET as PGRST_JWT_SECRET",
        ),
        Ok(status) if status.is_server_error() => {
            Finding::bad("PostgREST", format!("{url} answers {status}"), "see what its log says")
        }
        Ok(_) => Finding::good("PostgREST", format!("{url} answers, and accepts our tokens")),
        Err(error) => {
            Finding::bad("PostgREST", error.to_string(), "start it there, or correct POSTGREST_BASE_URL")
        }
    }]
}

async fn ask(url: &str, config: &Config) -> Result<StatusCode, ClientError> {
    let api = Api::new(url, Secret::default())?;
    let mut call = Call::new(Method::GET, "/");
    if let Some(token) = token(config) {
        call = call.header(header::AUTHORIZATION, token);
    }
    Ok(api.send(call).await?.status)
}

/// One that an anonymous caller's request is exchanged for. Nobody can sign without a secret.
fn token(config: &Config) -> Option<HeaderValue> {
    let secret = config.jwt_secret.expose();
    if secret.is_empty() {
        return None;
    }
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::default(), &json!({ "role": "anon" }), &key).ok()?;
    HeaderValue::try_from(format!("Bearer {token}")).ok()
}
