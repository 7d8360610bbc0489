//! What a client may ask of a trigger, checked field by field.

use crate::platform::ApiError;
use crate::platform::request::Fields;
use crate::registry::{NewTrigger, RowEvent, Slug, TriggerChanges};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// How often a change is tried where nothing is said, and how often at most.
const ATTEMPTS: (u16, u16) = (8, 50);

/// Bytes of a name; PostgreSQL's own have 63.
const NAME: usize = 200;

/// A trigger to be made
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
#[schema(rename_all = "camelCase")]
pub(super) struct CreateTrigger {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// `public` where it is not sent.
    #[schema(value_type = String, required = false)]
    schema: Option<String>,
    #[schema(min_length = 1)]
    table: String,
    #[schema(min_items = 1)]
    events: Vec<RowEvent>,
    /// An `UPDATE` counts where one of these has changed; every one counts where it is not sent.
    #[schema(min_items = 1)]
    columns: Option<Vec<String>>,
    #[schema(pattern = "^[a-zA-Z0-9_-]+$")]
    function_slug: String,
    #[schema(value_type = bool, required = false)]
    is_active: Option<bool>,
    /// 8 where it is not sent.
    #[schema(value_type = u16, minimum = 1, maximum = 50, required = false)]
    max_attempts: Option<u16>,
}

/// What to change of a trigger; what is not sent stays
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
#[schema(rename_all = "camelCase")]
pub(super) struct UpdateTrigger {
    #[schema(value_type = String, min_length = 1, max_length = 200, required = false)]
    name: Option<String>,
    #[schema(value_type = Vec<RowEvent>, min_items = 1, required = false)]
    events: Option<Vec<RowEvent>>,
    /// `null`: every `UPDATE` counts.
    #[schema(min_items = 1)]
    columns: Option<Vec<String>>,
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9_-]+$", required = false)]
    function_slug: Option<String>,
    #[schema(value_type = bool, required = false)]
    is_active: Option<bool>,
    #[schema(value_type = u16, minimum = 1, maximum = 50, required = false)]
    max_attempts: Option<u16>,
}

/// Checks the body of a `POST`.
pub(super) fn parse_create(object: Map<String, Value>) -> Result<NewTrigger, ApiError> {
    let mut fields = Fields::of(object);
    for required in ["name", "table", "events", "functionSlug"] {
        fields.require(required);
    }
    let schema = fields.text("schema", 1).unwrap_or_else(|| "public".to_owned());
    let table = fields.text("table", 1);
    let changes = changes(&mut fields);
    fields.finish()?;
    let TriggerChanges { name: Some(name), events: Some(events), slug: Some(slug), .. } = changes else {
        return Err(ApiError::invalid_input("name, events and functionSlug are required"));
    };
    Ok(NewTrigger {
        name,
        schema,
        table: table.unwrap_or_default(),
        events,
        columns: changes.columns.flatten(),
        slug,
        is_active: changes.is_active.unwrap_or(true),
        max_attempts: changes.max_attempts.unwrap_or(ATTEMPTS.0),
    })
}

/// Checks the body of a `PATCH`.
pub(super) fn parse_update(object: Map<String, Value>) -> Result<TriggerChanges, ApiError> {
    let mut fields = Fields::of(object);
    for fixed in ["schema", "table"] {
        if fields.take(fixed).is_some() {
            fields.issue("custom", fixed, "A trigger stays on its table; make another one");
        }
    }
    let changes = changes(&mut fields);
    fields.finish()?;
    Ok(changes)
}

fn changes(fields: &mut Fields) -> TriggerChanges {
    let name = fields.text("name", 1);
    if name.as_ref().is_some_and(|name| name.len() > NAME) {
        fields.issue("too_big", "name", format!("A name has at most {NAME} bytes"));
    }
    TriggerChanges {
        name,
        events: events(fields),
        columns: columns(fields),
        slug: slug(fields),
        is_active: is_active(fields),
        max_attempts: max_attempts(fields),
    }
}

fn events(fields: &mut Fields) -> Option<Vec<RowEvent>> {
    let value = fields.take("events")?;
    let words = texts(&value);
    let events: Option<Vec<_>> =
        words.and_then(|words| words.iter().map(|word| RowEvent::by_name(word)).collect());
    match events {
        Some(mut events) if !events.is_empty() => {
            let mut seen = Vec::new();
            events.retain(|event| {
                !seen.contains(event) && {
                    seen.push(*event);
                    true
                }
            });
            Some(events)
        }
        _ => {
            fields.issue("custom", "events", "Expected one or more of \"INSERT\", \"UPDATE\" and \"DELETE\"");
            None
        }
    }
}

fn columns(fields: &mut Fields) -> Option<Option<Vec<String>>> {
    match fields.take("columns")? {
        Value::Null => Some(None),
        value => match texts(&value).filter(|columns| !columns.is_empty()) {
            Some(columns) => Some(Some(columns.into_iter().map(str::to_owned).collect())),
            None => {
                fields.issue("custom", "columns", "Expected names of columns, or null");
                None
            }
        },
    }
}

/// Texts that PostgreSQL can hold, none of them empty.
fn texts(value: &Value) -> Option<Vec<&str>> {
    let texts = value.as_array()?.iter().map(Value::as_str);
    texts.map(|text| text.filter(|text| !text.is_empty() && !text.contains('\0'))).collect()
}

fn slug(fields: &mut Fields) -> Option<Slug> {
    let text = fields.text("functionSlug", 1)?;
    match Slug::parse(&text) {
        Ok(slug) => Some(slug),
        Err(error) => {
            fields.issue("invalid_string", "functionSlug", error.to_string());
            None
        }
    }
}

fn is_active(fields: &mut Fields) -> Option<bool> {
    match fields.take("isActive")? {
        Value::Bool(is_active) => Some(is_active),
        _ => {
            fields.issue("invalid_type", "isActive", "Expected boolean");
            None
        }
    }
}

fn max_attempts(fields: &mut Fields) -> Option<u16> {
    let number = fields.take("maxAttempts")?.as_u64().and_then(|number| u16::try_from(number).ok());
    let number = number.filter(|number| (1..=ATTEMPTS.1).contains(number));
    if number.is_none() {
        let message = format!("Expected a whole number from 1 to {}", ATTEMPTS.1);
        fields.issue("custom", "maxAttempts", message);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_not_sent_has_its_default() {
        let new = json!({ "name": "n", "table": "t", "events": ["INSERT", "INSERT"], "functionSlug": "f" });
        let new = parse_create(body(new)).unwrap();
        assert_eq!((new.schema.as_str(), new.max_attempts, new.is_active), ("public", 8, true));
        assert_eq!((new.events, new.columns), (vec![RowEvent::Insert], None));
    }

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let changes = parse_update(body(json!({ "columns": null, "isActive": false }))).unwrap();
        assert_eq!((changes.columns, changes.is_active, changes.name), (Some(None), Some(false), None));
        assert!(parse_update(body(json!({ "table": "other" }))).is_err());
    }
}
