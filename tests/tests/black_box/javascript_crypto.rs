//! Cryptography in functions in JavaScript, against counterparts in Rust: `tests/guests/script-crypto`.

use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use sha2::Sha256;
use wasmforge_tests::{Run, Running, source};

async fn start() -> Running {
    Run::file(&source("script-crypto")).start().await
}

async fn ask(running: &Running, what: &str, body: Value) -> Value {
    let answer = running.post(&format!("/{what}"), body.to_string()).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

fn lenient(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    validation
}

#[tokio::test]
async fn a_signed_webhook_is_told_from_a_forged_one() {
    let running = start().await;
    let (secret, payload) = ("It's a Secret to Everybody", "Hello, World!");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(payload.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let body = json!({ "secret": secret, "payload": payload, "signature": signature });
    assert_eq!(ask(&running, "webhook", body).await, json!({ "valid": true, "own": signature }));
    let forged = json!({ "secret": "guess", "payload": payload, "signature": signature });
    assert_eq!(ask(&running, "webhook", forged).await["valid"], false);
}

#[tokio::test]
async fn tokens_with_a_shared_secret_go_both_ways() {
    let running = start().await;
    let claims = json!({ "sub": "ann", "role": "authenticated" });
    let body = json!({ "alg": "HS256", "secret": "shared", "claims": claims });
    let token = ask(&running, "sign-token", body).await["token"].as_str().unwrap().to_owned();
    let read = jsonwebtoken::decode::<Value>(
        &token,
        &DecodingKey::from_secret(b"shared"),
        &lenient(Algorithm::HS256),
    );
    assert_eq!(read.unwrap().claims, claims);

    let ours =
        jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(b"shared")).unwrap();
    let body = json!({ "alg": "HS256", "secret": "shared", "token": ours });
    assert_eq!(ask(&running, "verify-token", body).await, json!({ "valid": true, "claims": claims }));
    let body = json!({ "alg": "HS256", "secret": "other", "token": ours });
    assert_eq!(ask(&running, "verify-token", body).await["valid"], false);
}

#[tokio::test]
async fn tokens_with_key_pairs_go_both_ways() {
    let running = start().await;
    let claims = json!({ "sub": "bob" });
    for (name, algorithm) in [
        ("RS256", Algorithm::RS256),
        ("PS256", Algorithm::PS256),
        ("ES256", Algorithm::ES256),
        ("ES384", Algorithm::ES384),
        ("EdDSA", Algorithm::EdDSA),
    ] {
        let key = ask(&running, "new-key", json!({ "alg": name })).await;
        let (pkcs8, spki) = (key["pkcs8"].as_str().unwrap(), key["spki"].as_str().unwrap());
        let (signing, verifying) = match name {
            "RS256" | "PS256" => {
                (EncodingKey::from_rsa_pem(pkcs8.as_bytes()), DecodingKey::from_rsa_pem(spki.as_bytes()))
            }
            "EdDSA" => {
                (EncodingKey::from_ed_pem(pkcs8.as_bytes()), DecodingKey::from_ed_pem(spki.as_bytes()))
            }
            _ => (EncodingKey::from_ec_pem(pkcs8.as_bytes()), DecodingKey::from_ec_pem(spki.as_bytes())),
        };
        let body = json!({ "alg": name, "pkcs8": pkcs8, "claims": claims });
        let token = ask(&running, "sign-token", body).await["token"].as_str().unwrap().to_owned();
        let read = jsonwebtoken::decode::<Value>(&token, &verifying.unwrap(), &lenient(algorithm));
        assert_eq!(read.unwrap().claims, claims, "{name}");

        let ours = jsonwebtoken::encode(&Header::new(algorithm), &claims, &signing.unwrap()).unwrap();
        let body = json!({ "alg": name, "jwk": key["jwk"], "token": ours });
        assert_eq!(
            ask(&running, "verify-token", body).await,
            json!({ "valid": true, "claims": claims }),
            "{name}"
        );
        let (rest, last) = ours.split_at(ours.len() - 8);
        let forged = format!("{rest}{}", last.chars().rev().collect::<String>());
        let body = json!({ "alg": name, "jwk": key["jwk"], "token": forged });
        assert_eq!(ask(&running, "verify-token", body).await["valid"], false, "{name}");
    }
}

#[tokio::test]
async fn a_stored_secret_is_decrypted() {
    let stored = "000102030405060708090a0b0c0d0e0f:fd7ff946422c83b08ff2cb645814afbb:7765815e94";
    let answer = ask(&start().await, "decrypt", json!({ "phrase": "test-key", "stored": stored })).await;
    assert_eq!(answer, json!({ "plain": "hello" }));
}

#[tokio::test]
async fn keys_are_derived_as_the_standards_say() {
    let running = start().await;
    // RFC 6070, the third vector; RFC 5869, appendices A.1 and A.2's algorithm without salt and info (A.3).
    let password = hex::encode("password");
    for (body, derived) in [
        (
            json!({ "name": "PBKDF2", "hash": "SHA-1", "key": password, "salt": hex::encode("salt"), "iterations": 4096, "bytes": 20 }),
            "4b007901b765489abead49d926f721d065a429c1",
        ),
        (
            json!({ "name": "HKDF", "hash": "SHA-256", "key": "0b".repeat(22), "salt": "000102030405060708090a0b0c", "info": "f0f1f2f3f4f5f6f7f8f9", "bytes": 42 }),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            json!({ "name": "HKDF", "hash": "SHA-256", "key": "0b".repeat(22), "salt": "", "bytes": 42 }),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ] {
        assert_eq!(ask(&running, "derive", body).await["derived"], derived);
    }
}

#[tokio::test]
async fn two_sides_agree_on_a_key() {
    let running = start().await;
    for body in [
        json!({ "name": "X25519" }),
        json!({ "name": "ECDH", "namedCurve": "P-256" }),
        json!({ "name": "ECDH", "namedCurve": "P-384" }),
        json!({ "name": "ECDH", "namedCurve": "P-521" }),
    ] {
        assert_eq!(ask(&running, "agree", body.clone()).await, json!({ "opened": "between us" }), "{body}");
    }
}

#[tokio::test]
async fn keys_are_wrapped_and_unwrapped() {
    assert_eq!(ask(&start().await, "wrap", json!({})).await, json!({ "same": true }));
}

#[tokio::test]
async fn what_is_refused_has_the_name_that_the_standard_gives_it() {
    let refusals = ask(&start().await, "refusals", json!({})).await;
    let expected = json!({
        "exported": "DOMException InvalidAccessError",
        "usage": "DOMException InvalidAccessError",
        "tag": "DOMException OperationError",
        "unknown": "DOMException NotSupportedError",
        "useless": "DOMException SyntaxError",
        "length": "DOMException DataError",
        "data": "TypeError",
        "quota": "DOMException QuotaExceededError",
        "floats": "DOMException TypeMismatchError",
        "base64": "DOMException InvalidCharacterError",
        "looked": "{}0",
    });
    assert_eq!(refusals, expected);
}

#[tokio::test]
async fn no_two_requests_see_the_same_random_values() {
    let running = start().await;
    let (first, second) =
        (ask(&running, "random", json!({})).await, ask(&running, "random", json!({})).await);
    for kind in ["math", "uuid", "bytes"] {
        assert_ne!(first[kind], second[kind], "{kind}");
    }
    let id: uuid::Uuid = first["uuid"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 4);
}

#[tokio::test]
async fn base64_is_written_and_read() {
    let answer = ask(&start().await, "base64", json!({})).await;
    assert_eq!(answer, json!(["aOk=", "hello", "w7w=", [1, 2, 3]]));
}
