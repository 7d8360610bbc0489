//! What a client may ask of schedules. Faults are told as InsForge tells them: `path: message`, separated by commas.

use crate::platform::ApiError;
use crate::registry::{Missed, ScheduleSettings};
use crate::schedule::Zone;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wasmforge_host_api::http::Destination;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The body that makes a schedule. Bodies are checked by hand, so that their faults are told in InsForge's words.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is there for the description of the API")]
pub(super) struct CreateRequest {
    /// At least three characters.
    #[schema(min_length = 3)]
    name: String,
    /// Five fields of cron, or `N seconds` from 1 to 59.
    #[schema(example = "*/5 * * * *")]
    cron_schedule: String,
    /// Where to send the request: a function's URL, or any other.
    #[schema(example = "http://localhost:7130/functions/report")]
    function_url: String,
    #[schema(example = "POST")]
    http_method: String,
    /// Texts. `${{secrets.KEY}}` stands for a secret.
    #[schema(value_type = Option<Object>)]
    headers: Option<Map<String, Value>>,
    /// Sent as JSON with every method; without one `{}` is sent.
    #[schema(value_type = Option<Object>)]
    body: Option<Map<String, Value>>,
    /// An IANA time zone, by default `UTC`.
    time_zone: Option<String>,
    /// 0 to 10, by default 0.
    #[schema(maximum = 10)]
    retries: Option<u8>,
    /// `skip` (the default) or `run-once`.
    missed: Option<String>,
}

/// The body that changes a schedule.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is there for the description of the API")]
pub(super) struct UpdateRequest {
    #[schema(min_length = 3)]
    name: Option<String>,
    cron_schedule: Option<String>,
    function_url: Option<String>,
    http_method: Option<String>,
    #[schema(value_type = Option<Object>)]
    headers: Option<Map<String, Value>>,
    #[schema(value_type = Option<Object>)]
    body: Option<Map<String, Value>>,
    /// Whether it fires.
    is_active: Option<bool>,
    time_zone: Option<String>,
    #[schema(maximum = 10)]
    retries: Option<u8>,
    missed: Option<String>,
}

/// The body that changes how long history is kept.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is there for the description of the API")]
pub(super) struct ConfigRequest {
    /// Days; `null` for ever.
    #[schema(minimum = 1, required)]
    retention_days: Option<i32>,
}

/// What of a schedule is to change.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) name: Option<String>,
    pub(super) cron: Option<String>,
    pub(super) url: Option<String>,
    pub(super) method: Option<String>,
    pub(super) headers: Option<Map<String, Value>>,
    pub(super) body: Option<Map<String, Value>>,
    pub(super) is_active: Option<bool>,
    pub(super) time_zone: Option<String>,
    pub(super) retries: Option<u8>,
    pub(super) missed: Option<Missed>,
}

impl Changes {
    /// Whether the schedule is to be active, where nothing else is said of it; inside, `None` where nothing is said at all.
    pub(super) fn only_toggles(&self) -> Option<Option<bool>> {
        (*self == Self { is_active: self.is_active, ..Self::default() }).then_some(self.is_active)
    }
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: i64,
    pub(super) offset: i64,
}

impl Page {
    /// Reads `limit` and `offset` as InsForge does: what is no number, and a limit of zero, is the default.
    pub(super) fn of(query: &str) -> Self {
        let number = |wanted: &str| {
            let mut fields = form_urlencoded::parse(query.as_bytes());
            fields.find_map(|(name, value)| (name == wanted).then(|| leading_number(&value))).flatten()
        };
        Self {
            limit: number("limit").filter(|limit| *limit != 0).unwrap_or(50).clamp(1, 100),
            offset: number("offset").unwrap_or(0).max(0),
        }
    }
}

/// JavaScript's `parseInt`.
fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    let number = digits.parse().unwrap_or(i64::MAX);
    Some(if negative { -number } else { number })
}

/// Checks the body of a `POST`.
pub(super) fn parse_create(object: Map<String, Value>) -> Result<Changes, ApiError> {
    let mut fields = Fields { object, issues: Vec::new(), required: true };
    let mut changes = fields.changes();
    // Whether a new schedule is active is not asked.
    changes.is_active = None;
    fields.finish().map(|()| changes)
}

/// Checks the body of a `PATCH`. Nothing to change is a valid change.
pub(super) fn parse_update(object: Map<String, Value>) -> Result<Changes, ApiError> {
    let mut fields = Fields { object, issues: Vec::new(), required: false };
    let changes = fields.changes();
    fields.finish().map(|()| changes)
}

/// Checks the body of a `PATCH` of the configuration.
pub(super) fn parse_config(object: Map<String, Value>) -> Result<Option<i32>, ApiError> {
    let issue = |message: &str| Err(ApiError::invalid_input(format!("retentionDays: {message}")));
    match object.get("retentionDays") {
        None => issue("Required"),
        Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match number.as_i64() {
            None if number.is_u64() => issue("Number must be less than or equal to 2147483647"),
            None => issue("Expected integer, received float"),
            Some(..=0) => issue("Number must be greater than 0"),
            Some(days) => match i32::try_from(days) {
                Ok(days) => Ok(Some(days)),
                Err(_) => issue("Number must be less than or equal to 2147483647"),
            },
        },
        Some(other) => issue(&format!("Expected number, received {}", type_of(other))),
    }
}

struct Fields {
    object: Map<String, Value>,
    issues: Vec<String>,
    required: bool,
}

impl Fields {
    fn finish(self) -> Result<(), ApiError> {
        match self.issues.is_empty() {
            true => Ok(()),
            false => Err(ApiError::invalid_input(self.issues.join(", "))),
        }
    }

    fn issue(&mut self, path: &str, message: impl AsRef<str>) {
        self.issues.push(format!("{path}: {}", message.as_ref()));
    }

    /// The fields in the order in which InsForge tells what is wrong with them.
    fn changes(&mut self) -> Changes {
        let required = self.required;
        Changes {
            name: self.checked("name", required, |name| {
                (name.encode_utf16().count() < 3)
                    .then(|| "Schedule name must be at least 3 characters long".to_owned())
            }),
            cron: self.checked("cronSchedule", required, |cron| {
                (!looks_like_cron(cron)).then(|| {
                    "Invalid cron schedule. Use 5-field cron (e.g., \"*/5 * * * *\") or sub-minute interval form \
                     (1–59 seconds, e.g., \"30 seconds\")."
                        .to_owned()
                })
            }),
            url: self.checked("functionUrl", required, |url| {
                let destination = url.parse().ok().map(|url| Destination::of(&url));
                match destination {
                    Some(Ok(_)) => None,
                    Some(Err(error)) => Some(format!("The function URL must be a valid URL. ({error})")),
                    None => Some("The function URL must be a valid URL.".to_owned()),
                }
            }),
            method: self.checked("httpMethod", required, |method| {
                let expected = METHODS.map(|method| format!("'{method}'")).join(" | ");
                (!METHODS.contains(&method))
                    .then(|| format!("Invalid enum value. Expected {expected}, received '{method}'"))
            }),
            headers: self.headers(),
            body: self.body(),
            is_active: self.flag("isActive"),
            time_zone: self.checked("timeZone", false, |zone| Zone::parse(zone).err().map(|e| e.to_string())),
            retries: self.retries(),
            missed: self.missed(),
        }
    }

    /// A text that `fault` finds nothing wrong with.
    fn checked(
        &mut self,
        field: &str,
        required: bool,
        fault: impl FnOnce(&str) -> Option<String>,
    ) -> Option<String> {
        match self.object.remove(field) {
            None if required => self.issue(field, "Required"),
            None => {}
            Some(Value::String(text)) if text.contains('\0') => {
                self.issue(field, "must not contain the NUL character");
            }
            Some(Value::String(text)) => match fault(&text) {
                None => return Some(text),
                Some(message) => self.issue(field, message),
            },
            Some(other) => self.issue(field, format!("Expected string, received {}", type_of(&other))),
        }
        None
    }

    fn object(&mut self, field: &str) -> Option<Map<String, Value>> {
        match self.object.remove(field)? {
            Value::Object(object) => return Some(object),
            other => self.issue(field, format!("Expected object, received {}", type_of(&other))),
        }
        None
    }

    fn headers(&mut self) -> Option<Map<String, Value>> {
        let headers = self.object("headers")?;
        for (name, value) in &headers {
            match value {
                Value::String(text) if text.contains('\0') || name.contains('\0') => {
                    self.issue("headers", "must not contain the NUL character");
                }
                Value::String(_) => {}
                other => {
                    self.issue(
                        &format!("headers.{name}"),
                        format!("Expected string, received {}", type_of(other)),
                    );
                }
            }
        }
        Some(headers)
    }

    fn body(&mut self) -> Option<Map<String, Value>> {
        let body = self.object("body")?;
        if body.iter().any(|(name, value)| name.contains('\0') || has_nul(value)) {
            self.issue("body", "must not contain the NUL character");
        }
        Some(body)
    }

    fn flag(&mut self, field: &str) -> Option<bool> {
        match self.object.remove(field)? {
            Value::Bool(flag) => return Some(flag),
            // A POST has no such field, and other fields that it does not have are not looked at either.
            _ if self.required => {}
            other => self.issue(field, format!("Expected boolean, received {}", type_of(&other))),
        }
        None
    }

    fn retries(&mut self) -> Option<u8> {
        let value = self.object.remove("retries")?;
        let most = ScheduleSettings::MAX_RETRIES;
        let retries = value.as_u64().and_then(|retries| u8::try_from(retries).ok());
        let retries = retries.filter(|retries| *retries <= most);
        if retries.is_none() {
            self.issue("retries", format!("Expected an integer from 0 to {most}, received {value}"));
        }
        retries
    }

    fn missed(&mut self) -> Option<Missed> {
        let value = self.object.remove("missed")?;
        let missed = value.as_str().and_then(Missed::of);
        if missed.is_none() {
            self.issue("missed", "Invalid enum value. Expected 'skip' | 'run-once'");
        }
        missed
    }
}

/// Whether a text has the shape of an expression; what it means is looked at later, and told with another code.
fn looks_like_cron(text: &str) -> bool {
    let fields: Vec<_> = text.split_whitespace().collect();
    let is_interval = match fields.as_slice() {
        [number, unit] => {
            let seconds = number.parse().ok().filter(|_| !number.starts_with(['0', '+']));
            let is_unit = unit.eq_ignore_ascii_case("second") || unit.eq_ignore_ascii_case("seconds");
            is_unit && seconds.is_some_and(|seconds: u8| (1..60).contains(&seconds))
        }
        _ => false,
    };
    is_interval || fields.len() == 5
}

/// PostgreSQL's JSON holds none.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
