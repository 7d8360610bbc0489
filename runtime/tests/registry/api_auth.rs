use crate::client::{API_KEY, Api, token};
use crate::support::{encrypt, eventually};
use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use http::Request;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use serde_json::{Value, json};

const NO_TOKEN: (u16, &str, &str) = (401, "AUTH_INVALID_CREDENTIALS", "No admin token provided");
const BAD_KEY: (u16, &str, &str) = (401, "AUTH_INVALID_API_KEY", "Invalid API key");
const BAD_TOKEN: (u16, &str, &str) = (401, "AUTH_UNAUTHORIZED", "Invalid token");
const NOT_ADMIN: (u16, &str, &str) = (403, "AUTH_UNAUTHORIZED", "Admin access required");

async fn refused(api: &Api, headers: &[(&str, &str)], expected: (u16, &str, &str)) {
    let request = headers.iter().fold(Request::get("/api/functions"), |r, (n, v)| r.header(*n, *v));
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.error(), expected, "{headers:?}");
}

async fn accepted(api: &Api, name: &str, value: &str) {
    let request = Request::get("/api/functions").header(name, value).body(Body::empty()).unwrap();
    let answer = api.send(request).await;
    assert_eq!(answer.status, 200, "{name}: {value}: {}", answer.body);
}

fn soon() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp() + 60
}

#[tokio::test]
async fn an_api_key_opens_the_door_and_nothing_like_it_does() {
    let api = Api::start().await;
    let wrong = format!("ik_{}", "1".repeat(64));
    refused(&api, &[], NO_TOKEN).await;
    refused(&api, &[("authorization", "")], NO_TOKEN).await;
    refused(&api, &[("authorization", "Bearer ")], NO_TOKEN).await;
    refused(&api, &[("authorization", &format!("Basic {API_KEY}"))], NO_TOKEN).await;
    refused(&api, &[("authorization", &format!("Bearer {wrong}"))], BAD_KEY).await;
    refused(&api, &[("authorization", "Bearer ik_")], BAD_KEY).await;
    refused(&api, &[("x-api-key", &wrong)], BAD_KEY).await;
    refused(&api, &[("x-api-key", "anything")], BAD_KEY).await;
    let anon_key = api.registry.credentials().anon_key().unwrap().to_owned();
    refused(&api, &[("authorization", &format!("Bearer {anon_key}"))], BAD_TOKEN).await;
    accepted(&api, "authorization", &format!("Bearer {API_KEY}")).await;
    accepted(&api, "authorization", &format!("bearer {API_KEY}")).await;
    accepted(&api, "x-api-key", API_KEY).await;

    // A key that fails is never tried as something else.
    let admin = token(&json!({"sub": "local:admin", "role": "project_admin", "exp": soon()}));
    refused(&api, &[("x-api-key", &wrong), ("authorization", &format!("Bearer {admin}"))], BAD_KEY).await;
    api.registry.shutdown().await;
}

#[tokio::test]
async fn a_rotated_key_is_good_until_its_grace_ends() {
    let api = Api::start().await;
    let new = format!("ik_{}", "2".repeat(64));
    api.database
        .execute(
            "UPDATE system.secrets SET key = 'API_KEY_OLD_1', expires_at = now() + interval '1 hour' WHERE key = 'API_KEY'",
        )
        .await;
    api.database.set_secret("API_KEY", &encrypt(&new)).await;
    let keys = || api.registry.credentials();
    eventually("the new key is known", || async { keys().is_api_key(&new) }).await;
    accepted(&api, "x-api-key", &new).await;
    accepted(&api, "x-api-key", API_KEY).await;
    api.database.execute("UPDATE system.secrets SET expires_at = now() WHERE key = 'API_KEY_OLD_1'").await;
    eventually("the old key ended", || async { !keys().is_api_key(API_KEY) }).await;
    refused(&api, &[("x-api-key", API_KEY)], BAD_KEY).await;
    api.registry.shutdown().await;
}

#[tokio::test]
async fn an_admins_token_is_checked_for_signature_expiry_subject_and_role() {
    let api = Api::start().await;
    let admin = json!({"sub": "local:admin", "role": "project_admin", "exp": soon()});
    accepted(&api, "authorization", &format!("Bearer {}", token(&admin))).await;
    let forever = json!({"sub": "local:admin", "role": "project_admin"});
    accepted(&api, "authorization", &format!("Bearer {}", token(&forever))).await;

    let changed = |name: &str, value: Value| {
        let mut claims = admin.clone();
        claims[name] = value;
        token(&claims)
    };
    for (what, bad) in [
        ("expired", changed("exp", json!(soon() - 61))),
        ("not yet", changed("nbf", json!(soon()))),
        ("no subject", token(&json!({"role": "project_admin", "exp": soon()}))),
        ("empty subject", changed("sub", json!(""))),
        ("a number as subject", changed("sub", json!(1))),
        ("another secret", encode(&Header::default(), &admin, &EncodingKey::from_secret(b"guess")).unwrap()),
        ("no secret", encode(&Header::default(), &admin, &EncodingKey::from_secret(b"")).unwrap()),
        ("not a token", "a.b.c".to_owned()),
        (
            "HS512",
            encode(
                &Header::new(Algorithm::HS512),
                &admin,
                &EncodingKey::from_secret(crate::support::JWT_SECRET.as_bytes()),
            )
            .unwrap(),
        ),
        ("alg none", unsigned(&admin)),
    ] {
        let request = Request::get("/api/functions").header("authorization", format!("Bearer {bad}"));
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.error(), BAD_TOKEN, "{what}");
    }
    for role in [json!("authenticated"), json!("anon"), json!("PROJECT_ADMIN")] {
        refused(&api, &[("authorization", &format!("Bearer {}", changed("role", role)))], NOT_ADMIN).await;
    }
    let roleless = token(&json!({"sub": "x", "exp": soon()}));
    refused(&api, &[("authorization", &format!("Bearer {roleless}"))], NOT_ADMIN).await;
    api.registry.shutdown().await;
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
}

#[tokio::test]
async fn rs256_counts_only_under_our_key_id_and_our_key() {
    let api = Api::start().await;
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let public = key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let private = key.to_pkcs1_pem(LineEnding::LF).unwrap();
    api.database.set_secret("JWT_PUBLIC_KEY", &encrypt(&public)).await;
    api.database.set_secret("JWT_KEY_ID", &encrypt("kid_1")).await;
    eventually("the key is known", || async { api.registry.credentials().jwt_public_key().is_some() }).await;
    let admin = json!({"sub": "local:admin", "role": "project_admin", "exp": soon()});
    let sign = |kid: Option<&str>| {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
        encode(&header, &admin, &EncodingKey::from_rsa_pem(private.as_bytes()).unwrap()).unwrap()
    };
    accepted(&api, "authorization", &format!("Bearer {}", sign(Some("kid_1")))).await;
    accepted(&api, "authorization", &format!("Bearer {}", token(&admin))).await;
    for kid in [None, Some("kid_2")] {
        refused(&api, &[("authorization", &format!("Bearer {}", sign(kid)))], BAD_TOKEN).await;
    }
    // The public key is public: it must never do as an HMAC secret.
    let header = Header { kid: Some("kid_1".into()), ..Header::new(Algorithm::HS256) };
    let confused = encode(&header, &admin, &EncodingKey::from_secret(public.as_bytes())).unwrap();
    refused(&api, &[("authorization", &format!("Bearer {confused}"))], BAD_TOKEN).await;
    api.registry.shutdown().await;
}

#[tokio::test]
async fn every_route_wants_an_admin() {
    let api = Api::start().await;
    for (method, path) in [
        ("GET", "/api/functions"),
        ("POST", "/api/functions"),
        ("GET", "/api/functions/f"),
        ("PUT", "/api/functions/f"),
        ("DELETE", "/api/functions/f"),
        ("PUT", "/api/functions/f/module"),
        ("GET", "/api/functions/f/versions"),
        ("GET", "/api/metadata/functions"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert_eq!(api.send(request).await.error(), NO_TOKEN, "{method} {path}");
    }
    api.registry.shutdown().await;
}
