//! The JSON that the API answers with: InsForge's fields, and ours after them.

use crate::registry::{Definition, Deployed, VersionEntry};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// JavaScript's `Date.toISOString`.
const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A moment as InsForge writes it: UTC, to the millisecond.
pub(super) fn timestamp(moment: OffsetDateTime) -> Option<String> {
    moment.to_offset(time::UtcOffset::UTC).format(ISO).ok()
}

/// A function; `code` is there only where the definition has it.
pub(super) fn function(definition: &Definition) -> Value {
    let moment = |moment: Option<OffsetDateTime>| moment.and_then(timestamp);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("id", json!(definition.id));
    put("slug", json!(definition.slug));
    put("name", json!(definition.name));
    put("description", json!(definition.description));
    if let Some(code) = &definition.code {
        put("code", json!(code));
    }
    put("status", json!(definition.status));
    put("createdAt", json!(moment(definition.created_at)));
    put("updatedAt", json!(moment(definition.updated_at)));
    put("deployedAt", json!(moment(definition.deployed_at)));
    if let Some(deployed) = &definition.deployed {
        put_deployed(&mut fields, deployed);
    }
    Value::Object(fields)
}

fn put_deployed(fields: &mut Map<String, Value>, deployed: &Deployed) {
    let ours = [
        ("kind", json!(deployed.kind)),
        ("version", json!(deployed.version)),
        ("moduleSha256", json!(deployed.module.to_hex())),
        ("moduleSize", json!(deployed.size)),
        ("limits", json!(deployed.limits)),
        ("capabilities", json!(deployed.capabilities)),
        ("auth", json!(deployed.auth)),
    ];
    fields.extend(ours.map(|(name, value)| (name.to_owned(), value)));
}

/// The list of functions. The runtime that it speaks of is this process.
pub(super) fn list(definitions: &[Definition]) -> Value {
    json!({
        "functions": definitions.iter().map(function).collect::<Vec<_>>(),
        "runtime": { "status": "running" },
        "deploymentUrl": null,
    })
}

/// The answer to a write. There is no remote deployment to speak of.
pub(super) fn written(definition: &Definition) -> Value {
    json!({ "success": true, "function": function(definition), "deployment": null })
}

/// What `/api/metadata/functions` says of a function.
pub(super) fn metadata(definition: &Definition) -> Value {
    json!({
        "slug": definition.slug,
        "name": definition.name,
        "description": definition.description,
        "status": definition.status,
    })
}

/// One entry of a function's history.
pub(super) fn version(entry: &VersionEntry) -> Value {
    json!({
        "version": entry.version,
        "kind": entry.kind,
        "moduleSha256": entry.module.to_hex(),
        "moduleSize": entry.size,
        "createdAt": timestamp(entry.created_at),
        "build": entry.build,
        "buildError": entry.build_error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn moments_are_written_as_javascript_does() {
        assert_eq!(
            timestamp(datetime!(2026-08-19 14:03:05.067_899 +02:00)).as_deref(),
            Some("2026-08-19T12:03:05.067Z")
        );
    }
}
