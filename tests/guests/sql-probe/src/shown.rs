//! Values and errors as the answer shows them, and parameters as a step writes them.

use serde_json::{Value as Json, json};
use wasmforge::sql::{Error, IntoValue, Value};

/// Numbers, texts and the like as they are; `{"bytes":[…]}`, `{"json":…}`, `{"text":n}` for a text of `n` bytes.
pub fn parameter(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into_value(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into_value(),
            None => number.as_f64().unwrap_or(f64::NAN).into_value(),
        },
        Json::String(text) => text.into_value(),
        Json::Array(items) => {
            let items = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>();
            items.into_value()
        }
        Json::Object(object) => match object.iter().next().map(|(kind, value)| (kind.as_str(), value)) {
            Some(("bytes", Json::Array(bytes))) => {
                let byte = |value: &Json| value.as_u64().and_then(|value| u8::try_from(value).ok());
                bytes.iter().filter_map(byte).collect::<Vec<u8>>().into_value()
            }
            Some(("json", value)) => value.clone().into_value(),
            Some(("text", length)) => {
                let length = length.as_u64().and_then(|length| usize::try_from(length).ok());
                "x".repeat(length.unwrap_or(0)).into_value()
            }
            _ => Value::Null,
        },
    }
}

pub fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int2(value) => json!(value),
        Value::Int4(value) => json!(value),
        Value::Int8(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({ "bytes": bytes }),
        other => json!(format!("{other:?}")),
    }
}

pub fn error(error: &Error) -> Json {
    let debug = format!("{error:?}");
    let kind = debug.split(|c: char| !c.is_ascii_alphanumeric()).next();
    json!({ "kind": kind, "text": error.to_string(), "code": error.database().map(|error| &error.code) })
}
