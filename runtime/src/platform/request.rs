//! What a client may ask for, checked field by field. All faults of a request are told at once.

use super::ApiError;
use crate::engine::LimitOverrides;
use crate::registry::{AuthPolicy, FunctionStatus, Settings, Slug};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use wasmforge_host_api::{Capabilities, GrantError};

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Code as a client sent it.
#[derive(Debug, PartialEq)]
pub(super) enum Submitted {
    /// JavaScript or TypeScript.
    Source(String),
    /// Bytes that claim to be a component.
    Module(Bytes),
}

/// A function to be created
///
/// Either `code` or `module` is needed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
pub(super) struct CreateFunction {
    /// Its name for people.
    #[schema(min_length = 1)]
    name: String,
    /// Its name in the URL; made from `name` where it is not sent.
    #[schema(pattern = "^[a-zA-Z0-9_-]+$", required = false)]
    slug: Option<String>,
    #[schema(value_type = String, required = false)]
    description: Option<String>,
    /// `active` where it is not sent.
    #[schema(value_type = DescribedStatus, required = false)]
    status: Option<DescribedStatus>,
    /// JavaScript or TypeScript.
    #[schema(value_type = String, min_length = 1, required = false)]
    code: Option<String>,
    /// A component in base64.
    #[schema(value_type = String, content_encoding = "base64", min_length = 1, required = false)]
    module: Option<String>,
    limits: Option<LimitOverrides>,
    /// What it is granted, by the names of capabilities.
    #[schema(value_type = Option<Object>)]
    capabilities: Option<Value>,
    auth: Option<AuthPolicy>,
}

/// What to change of a function; what is not sent stays, and `null` returns a setting to its default
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
pub(super) struct UpdateFunction {
    /// Its name for people.
    #[schema(value_type = String, min_length = 1, required = false)]
    name: Option<String>,
    #[schema(value_type = String, required = false)]
    description: Option<String>,
    #[schema(value_type = DescribedStatus, required = false)]
    status: Option<DescribedStatus>,
    /// JavaScript or TypeScript.
    #[schema(value_type = String, min_length = 1, required = false)]
    code: Option<String>,
    /// A component in base64.
    #[schema(value_type = String, content_encoding = "base64", min_length = 1, required = false)]
    module: Option<String>,
    limits: Option<LimitOverrides>,
    /// What it is granted, by the names of capabilities.
    #[schema(value_type = Option<Object>)]
    capabilities: Option<Value>,
    auth: Option<AuthPolicy>,
}

/// Whether a function may be invoked
#[derive(ToSchema)]
#[schema(as = FunctionStatus, rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes a field of the body")]
enum DescribedStatus {
    Draft,
    Active,
}

/// The body of a `POST`.
#[derive(Debug)]
pub(super) struct CreateRequest {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) status: FunctionStatus,
    pub(super) code: Submitted,
    pub(super) settings: Settings,
}

/// The body of a `PUT`.
#[derive(Debug)]
pub(super) struct UpdateRequest {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) status: Option<FunctionStatus>,
    pub(super) code: Option<Submitted>,
    pub(super) settings: Settings,
}

impl UpdateRequest {
    /// Refuses what is no part of a version, and what makes none.
    pub(super) fn require_version(&self) -> Result<(), ApiError> {
        if self.name.is_some() || self.description.is_some() || self.status.is_some() {
            let message = "name, description and status are the function's, not a version's: change them without canary";
            return Err(ApiError::invalid_input(message));
        }
        if self.code.is_none() && self.settings.is_empty() {
            return Err(ApiError::invalid_input("A canary needs code or a setting of its own"));
        }
        Ok(())
    }
}

/// What comes with a module that is sent as it is.
#[derive(Debug)]
pub(super) struct UploadSettings {
    pub(super) settings: Settings,
    pub(super) status: Option<FunctionStatus>,
}

/// Checks the settings of an upload. An unknown name is refused: one that was mistyped would leave a function open.
pub(super) fn parse_upload(
    object: Map<String, Value>,
    offered: &Capabilities,
) -> Result<UploadSettings, ApiError> {
    let mut fields = Fields { object, issues: Vec::new() };
    let status = fields.status();
    let settings = fields.settings(offered);
    let unknown: Vec<_> = fields.object.keys().cloned().collect();
    for name in unknown {
        fields.issue("unrecognized_keys", &name, format!("{name} is no setting of an upload"));
    }
    fields.finish()?;
    Ok(UploadSettings { settings, status })
}

/// Checks the body of a `POST`.
pub(super) fn parse_create(
    object: Map<String, Value>,
    max_module: u64,
    offered: &Capabilities,
) -> Result<CreateRequest, ApiError> {
    let mut fields = Fields::of(object);
    let name = fields.required_text("name");
    let slug = fields.slug();
    let description = fields.text("description", 0);
    let status = fields.status();
    let code = fields.code(max_module)?;
    if code.is_none() && !fields.has_issue_at(&["code", "module"]) {
        fields.issue("invalid_type", "code", "Required: either code or module");
    }
    let settings = fields.settings(offered);
    fields.finish()?;
    let (Some(name), Some(code)) = (name, code) else {
        return Err(ApiError::invalid_input("name and code are required"));
    };
    let slug = match slug {
        Some(slug) => slug,
        None => derive_slug(&name)?,
    };
    refuse_own_server(Some(&code))?;
    let status = status.unwrap_or(FunctionStatus::Active);
    Ok(CreateRequest { slug, name, description, status, code, settings })
}

/// Checks the body of a `PUT`. Nothing to change is a valid change.
pub(super) fn parse_update(
    object: Map<String, Value>,
    max_module: u64,
    offered: &Capabilities,
) -> Result<UpdateRequest, ApiError> {
    let mut fields = Fields::of(object);
    let name = fields.text("name", 1);
    let description = fields.text("description", 0);
    let status = fields.status();
    let code = fields.code(max_module)?;
    let settings = fields.settings(offered);
    fields.finish()?;
    refuse_own_server(code.as_ref())?;
    Ok(UpdateRequest { name, description, status, code, settings })
}

/// The slug of a function that was given only a name. As with InsForge it may be one that no URL reaches.
fn derive_slug(name: &str) -> Result<String, ApiError> {
    let mut slug = String::with_capacity(name.len());
    let mut in_space = false;
    for c in name.to_lowercase().chars() {
        if !is_space(c) {
            slug.push(c);
        } else if !in_space {
            slug.push('-');
        }
        in_space = is_space(c);
    }
    match Slug::parse(&slug) {
        Ok(parsed) if parsed.is_reserved() => Err(ApiError::slug_reserved(&slug)),
        _ => Ok(slug),
    }
}

/// Refuses source that starts a server of its own: it would never answer.
fn refuse_own_server(code: Option<&Submitted>) -> Result<(), ApiError> {
    let Some(Submitted::Source(text)) = code else { return Ok(()) };
    let starts_server = text.match_indices("Deno.serve").any(|(at, found)| {
        text.get(at + found.len()..).is_some_and(|rest| rest.trim_start_matches(is_space).starts_with('('))
    });
    if starts_server {
        return Err(ApiError::invalid_input(
            "Function source cannot contain Deno.serve(). Use \"export default async function(req: Request)\" \
             instead; the runtime listens for the function.",
        ));
    }
    Ok(())
}

/// JavaScript's `\s`.
fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// The fields of a body, and what is wrong with them.
pub(super) struct Fields {
    object: Map<String, Value>,
    issues: Vec<Value>,
}

impl Fields {
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self { object, issues: Vec::new() }
    }

    /// Takes a field out as it is.
    pub(super) fn take(&mut self, field: &str) -> Option<Value> {
        self.object.remove(field)
    }

    /// Notes that a field is missing, where it is.
    pub(super) fn require(&mut self, field: &str) {
        if !self.object.contains_key(field) {
            self.issue("invalid_type", field, "Required");
        }
    }

    pub(super) fn issue(&mut self, code: &str, field: &str, message: impl Into<String>) {
        self.issues.push(json!({ "code": code, "path": [field], "message": message.into() }));
    }

    fn has_issue_at(&self, fields: &[&str]) -> bool {
        self.issues.iter().any(|issue| {
            issue.pointer("/path/0").and_then(Value::as_str).is_some_and(|path| fields.contains(&path))
        })
    }

    /// All issues as one text, which is how InsForge's clients get them.
    pub(super) fn finish(&mut self) -> Result<(), ApiError> {
        if self.issues.is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid_input(Value::from(std::mem::take(&mut self.issues)).to_string()))
    }

    pub(super) fn text(&mut self, field: &str, least: usize) -> Option<String> {
        match self.object.remove(field)? {
            Value::String(text) if text.len() < least => {
                self.issue("too_small", field, format!("{field} is required"));
                None
            }
            Value::String(text) if text.contains('\0') => {
                self.issue("custom", field, format!("{field} must not contain the NUL character"));
                None
            }
            Value::String(text) => Some(text),
            other => {
                let received = type_of(&other);
                self.issue("invalid_type", field, format!("Expected string, received {received}"));
                None
            }
        }
    }

    fn required_text(&mut self, field: &str) -> Option<String> {
        self.require(field);
        self.text(field, 1)
    }

    fn slug(&mut self) -> Option<String> {
        let text = self.text("slug", 0)?;
        match Slug::parse(&text) {
            Ok(slug) if !slug.is_reserved() => return Some(text),
            Ok(_) => self.issue("custom", "slug", format!("The slug \"{text}\" is reserved for the runtime")),
            Err(error) => self.issue("invalid_string", "slug", error.to_string()),
        }
        None
    }

    fn status(&mut self) -> Option<FunctionStatus> {
        match self.text("status", 0)?.as_str() {
            "draft" => Some(FunctionStatus::Draft),
            "active" => Some(FunctionStatus::Active),
            other => {
                let message = format!("Expected 'draft' | 'active', received '{other}'");
                self.issue("invalid_enum_value", "status", message);
                None
            }
        }
    }

    fn code(&mut self, max_module: u64) -> Result<Option<Submitted>, ApiError> {
        if self.object.contains_key("code") && self.object.contains_key("module") {
            self.issue("custom", "module", "Send either code or module, not both");
            return Ok(None);
        }
        if let Some(text) = self.text("module", 1) {
            return match BASE64.decode(text) {
                Ok(bytes) if bytes.len() as u64 > max_module => Err(ApiError::module_too_large(max_module)),
                Ok(bytes) => Ok(Some(Submitted::Module(bytes.into()))),
                Err(error) => {
                    self.issue("custom", "module", format!("module is not base64: {error}"));
                    Ok(None)
                }
            };
        }
        Ok(self.text("code", 1).map(Submitted::Source))
    }

    fn settings(&mut self, offered: &Capabilities) -> Settings {
        Settings {
            limits: self.nullable::<LimitOverrides>("limits"),
            capabilities: self.capabilities(offered),
            auth: self.nullable::<AuthPolicy>("auth").map(Option::unwrap_or_default),
        }
    }

    /// What is wrong with a grant is told under its own path, `["capabilities", "http", "hosts"]`.
    fn capabilities(&mut self, offered: &Capabilities) -> Option<Option<Map<String, Value>>> {
        let capabilities = self.nullable::<Map<String, Value>>("capabilities")?;
        if let Err(errors) = offered.configure(capabilities.as_ref()) {
            for GrantError { path, reason } in errors {
                let path: Vec<_> = std::iter::once("capabilities").chain(path.split('.')).collect();
                self.issues.push(json!({ "code": "custom", "path": path, "message": reason }));
            }
        }
        Some(capabilities)
    }

    /// A field of ours: absent leaves it as it is, `null` returns it to its default.
    fn nullable<T: DeserializeOwned>(&mut self, field: &str) -> Option<Option<T>> {
        let value = self.object.remove(field)?;
        match serde_json::from_value::<Option<T>>(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.issue("custom", field, format!("{field}: {error}"));
                None
            }
        }
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

#[cfg(test)]
mod tests;
