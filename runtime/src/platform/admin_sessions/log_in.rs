//! A name and a password, and whether they are the administrator's.

use crate::config::{AdminAccount, Secret};
use crate::platform::ApiError;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// Whoever wants to sign in
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
pub(super) struct LogIn {
    #[schema(min_length = 1, max_length = 100)]
    username: String,
    #[schema(format = Password)]
    password: String,
}

/// The body of a log-in.
#[derive(Debug)]
pub(super) struct GivenCredentials {
    username: String,
    password: Secret,
}

/// Checks the body's shape.
pub(super) fn parse(mut object: Map<String, Value>) -> Result<GivenCredentials, ApiError> {
    let mut wrong = Vec::new();
    let username = text(&mut object, "username", &mut wrong).trim().to_owned();
    let password = Secret::new(text(&mut object, "password", &mut wrong));
    if wrong.is_empty() {
        match username.chars().count() {
            0 => wrong.push("username: Username is required".to_owned()),
            1..=LONGEST_NAME => {}
            _ => wrong.push(format!("username: Username must be at most {LONGEST_NAME} characters")),
        }
    }
    match wrong.is_empty() {
        true => Ok(GivenCredentials { username, password }),
        false => Err(ApiError::invalid_input(wrong.join(", "))),
    }
}

fn text(object: &mut Map<String, Value>, field: &str, wrong: &mut Vec<String>) -> String {
    match object.remove(field) {
        Some(Value::String(text)) => return text,
        None => wrong.push(format!("{field}: Required")),
        Some(_) => wrong.push(format!("{field}: Expected string")),
    }
    String::new()
}

impl GivenCredentials {
    /// Takes the same time whatever is wrong: digests are compared, and both of them.
    pub(super) fn is_of(&self, account: &AdminAccount) -> bool {
        let equal = |given: &str, own: &str| Sha256::digest(given).ct_eq(&Sha256::digest(own));
        let name = equal(&self.username, &account.username);
        let password = equal(self.password.expose(), account.password.expose());
        (name & password).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account() -> AdminAccount {
        AdminAccount { username: "admin".to_owned(), password: Secret::new("right") }
    }

    fn log_in(body: Value) -> Result<bool, ApiError> {
        parse(body.as_object().unwrap().clone()).map(|given| given.is_of(&account()))
    }

    #[test]
    fn both_must_be_right() {
        let of = |username: &str, password: &str| {
            log_in(json!({"username": username, "password": password})).unwrap()
        };
        assert!(of("admin", "right") && of(" admin ", "right"));
        for (username, password) in
            [("admin", "Right"), ("admin", ""), ("root", "right"), ("admin", "right ")]
        {
            assert!(!of(username, password), "{username} {password}");
        }
    }

    #[test]
    fn what_is_no_name_or_password_is_refused() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for body in [
            json!({}),
            json!({"username": "admin"}),
            json!({"username": "", "password": "right"}),
            json!({"username": "  ", "password": "right"}),
            json!({"username": long, "password": "right"}),
            json!({"username": ["admin"], "password": "right"}),
            json!({"username": "admin", "password": null}),
        ] {
            log_in(body).unwrap_err();
        }
    }
}
