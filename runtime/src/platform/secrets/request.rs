//! What a client may ask for of secrets, in InsForge's words.

use crate::config::Secret;
use crate::platform::{ApiError, moment};
use crate::registry::{NewSecret, SecretChanges};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Characters of a name; PostgreSQL's index holds no endless ones.
const LONGEST_KEY: usize = 255;

/// A secret to be created
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
pub(super) struct CreateSecret {
    /// The variable's name.
    #[schema(pattern = "^[A-Z0-9_]+$", max_length = 255, example = "STRIPE_API_KEY")]
    key: String,
    #[schema(min_length = 1)]
    value: String,
    /// Keeps it from being changed or deleted here.
    is_reserved: Option<bool>,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// What to change of a secret
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", min_properties = 1)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
pub(super) struct UpdateSecret {
    #[schema(value_type = String, required = false)]
    value: Option<String>,
    #[schema(value_type = bool, required = false)]
    is_active: Option<bool>,
    #[schema(value_type = bool, required = false)]
    is_reserved: Option<bool>,
    /// `null` takes the end away.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Checks the body of a `POST`.
pub(super) fn parse_create(mut object: Map<String, Value>) -> Result<NewSecret, ApiError> {
    let (key, value) = (text(&mut object, "key")?, text(&mut object, "value")?);
    let (Some(key), Some(value)) = (key, value) else {
        return Err(ApiError::invalid_input("Both key and value are required"));
    };
    if key.is_empty() || value.is_empty() {
        return Err(ApiError::invalid_input("Both key and value are required"));
    }
    if !key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
        return Err(ApiError::invalid_input(
            "Invalid key format. Use uppercase letters, numbers, and underscores only (e.g., STRIPE_API_KEY)",
        ));
    }
    if key.len() > LONGEST_KEY {
        return Err(ApiError::invalid_input(format!("key: at most {LONGEST_KEY} characters")));
    }
    Ok(NewSecret {
        key,
        value: Secret::new(value),
        is_reserved: flag(&mut object, "isReserved")?.unwrap_or(false),
        expires_at: end(&mut object)?.flatten(),
    })
}

/// Checks the body of a `PUT`. Nothing to change is a mistake.
pub(super) fn parse_update(mut object: Map<String, Value>) -> Result<SecretChanges, ApiError> {
    let changes = SecretChanges {
        value: text(&mut object, "value")?.map(Secret::new),
        is_active: flag(&mut object, "isActive")?,
        is_reserved: flag(&mut object, "isReserved")?,
        expires_at: end(&mut object)?,
    };
    match changes.is_empty() {
        true => Err(ApiError::invalid_input(
            "At least one of value, isActive, isReserved and expiresAt is required",
        )),
        false => Ok(changes),
    }
}

fn text(object: &mut Map<String, Value>, field: &str) -> Result<Option<String>, ApiError> {
    match object.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => {
            // A variable of the environment holds none.
            Err(ApiError::invalid_input(format!("{field}: must not contain the NUL character")))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ApiError::invalid_input(format!("{field}: Expected string"))),
    }
}

fn flag(object: &mut Map<String, Value>, field: &str) -> Result<Option<bool>, ApiError> {
    match object.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(_) => Err(ApiError::invalid_input(format!("{field}: Expected boolean"))),
    }
}

/// `expiresAt`: `Some(None)` for one that is sent and says that there is no end.
fn end(object: &mut Map<String, Value>) -> Result<Option<Option<OffsetDateTime>>, ApiError> {
    let wrong = || ApiError::invalid_input("expiresAt: Expected a date such as 2026-08-19T12:00:00.000Z");
    let moment = match object.remove("expiresAt") {
        None => return Ok(None),
        Some(Value::Null) => return Ok(Some(None)),
        Some(Value::String(text)) if text.is_empty() => return Ok(Some(None)),
        Some(Value::String(text)) => moment::parse(&text).ok_or_else(wrong)?,
        Some(_) => return Err(wrong()),
    };
    Ok(Some(Some(moment)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn create(body: Value) -> Result<NewSecret, ApiError> {
        parse_create(body.as_object().unwrap().clone())
    }

    #[test]
    fn a_name_is_made_of_capitals_digits_and_underscores() {
        assert_eq!(create(json!({"key": "A_1", "value": "v"})).unwrap().key, "A_1");
        let long = "A".repeat(LONGEST_KEY + 1);
        for key in ["a", "A-B", "A B", "Ä", "A\n", &long] {
            create(json!({"key": key, "value": "v"})).unwrap_err();
        }
    }

    #[test]
    fn an_end_is_a_moment_or_a_day() {
        let at = |end: Value| {
            create(json!({"key": "K", "value": "v", "expiresAt": end})).map(|new| new.expires_at)
        };
        assert_eq!(
            at(json!("2026-08-19T12:00:00.5+02:00")).unwrap(),
            Some(datetime!(2026-08-19 10:00:00.5 UTC))
        );
        assert_eq!(at(json!("2026-08-19")).unwrap(), Some(datetime!(2026-08-19 0:00 UTC)));
        assert_eq!(at(Value::Null).unwrap(), None);
        for wrong in [json!("tomorrow"), json!(17), json!(true), json!({})] {
            at(wrong).unwrap_err();
        }
    }

    #[test]
    fn a_change_says_something() {
        let update = |body: Value| parse_update(body.as_object().unwrap().clone());
        update(json!({})).unwrap_err();
        assert_eq!(update(json!({"expiresAt": null})).unwrap().expires_at, Some(None));
        assert!(update(json!({"value": ""})).unwrap().value.unwrap().is_empty());
        for wrong in [json!({"value": 5}), json!({"isActive": "no"}), json!({"value": "a\u{0}b"})] {
            update(wrong).unwrap_err();
        }
    }
}
