//! The versions of a function: what each is, who made it, and what it changed.

use super::{AuthPolicy, FunctionKind, ModuleHash, Version};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// A version that gets a part of a function's requests beside the live one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Its number.
    pub version: Version,
    /// How many of a hundred callers get it.
    pub percent: u8,
}

/// One entry of a function's history.
#[derive(Clone, Debug)]
pub struct VersionEntry {
    /// Its number.
    pub version: Version,
    /// Component or source.
    pub kind: FunctionKind,
    /// The hash of its module.
    pub module: ModuleHash,
    /// Its module's bytes.
    pub size: i64,
    /// The column as it is, which another writer may have filled with anything.
    pub limits: Option<Value>,
    /// Likewise.
    pub capabilities: Option<Value>,
    /// Who may invoke it.
    pub auth: AuthPolicy,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// Who wrote it: an actor of the admin API, or `database:` and a role. `None` for versions older than this column.
    pub created_by: Option<String>,
    /// `good`, `bad`, or `None` while nobody has compiled it.
    pub build: Option<String>,
    /// What the author of a bad one is told.
    pub build_error: Option<String>,
    /// Whether it is the live one.
    pub live: bool,
    /// How many of a hundred callers get it.
    pub percent: u8,
    /// What it changed of the version before it; nothing, where that one is no longer kept.
    pub changes: Vec<Change>,
}

/// What one version changed of the one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `kind`, `module`, `auth`, or a setting by its path: `limits.wallMs`, `capabilities.http`.
    pub field: String,
    /// What it was; `null` where it was not set.
    pub from: Value,
    /// What it is.
    pub to: Value,
}

/// A part of a function's history, newest first.
#[derive(Clone, Debug)]
pub struct VersionPage {
    /// The entries.
    pub entries: Vec<VersionEntry>,
    /// Where the next part begins: below this version. `None` at the end.
    pub next: Option<Version>,
}

impl VersionPage {
    /// At most `limit` of these entries, which are one more where there is more.
    pub(super) fn of(mut entries: Vec<VersionEntry>, limit: usize) -> Self {
        let older = entries.get(1..).unwrap_or_default().to_vec();
        for (entry, before) in entries.iter_mut().zip(&older) {
            entry.changes = entry.changes_since(before);
        }
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|entry| entry.version);
        Self { entries, next }
    }
}

impl VersionEntry {
    fn changes_since(&self, before: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut compare = |field: &str, from: Value, to: Value| {
            if from != to {
                changes.push(Change { field: field.to_owned(), from, to });
            }
        };
        compare("kind", json!(before.kind), json!(self.kind));
        compare("module", json!(before.module.to_hex()), json!(self.module.to_hex()));
        compare("auth", json!(before.auth), json!(self.auth));
        changes.extend(settings("limits", before.limits.as_ref(), self.limits.as_ref()));
        changes.extend(settings("capabilities", before.capabilities.as_ref(), self.capabilities.as_ref()));
        changes
    }
}

/// What changed of a column, setting by setting where both are objects.
fn settings(column: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    let none = Map::new();
    let from = before.as_object().or(before.is_null().then_some(&none));
    let to = after.as_object().or(after.is_null().then_some(&none));
    let (Some(from), Some(to)) = (from, to) else {
        let whole = Change { field: column.to_owned(), from: before.clone(), to: after.clone() };
        return (before != after).then_some(whole).into_iter().collect();
    };
    let mut names: Vec<_> = from.keys().chain(to.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &String| {
        let value = |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or(Value::Null);
        let (from, to) = (value(from), value(to));
        (from != to).then(|| Change { field: format!("{column}.{name}"), from, to })
    };
    names.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(before: Value, after: Value) -> Vec<(String, Value, Value)> {
        let null = |value: Value| Some(value).filter(|value| !value.is_null());
        let changes = settings("limits", null(before).as_ref(), null(after).as_ref());
        changes.into_iter().map(|change| (change.field, change.from, change.to)).collect()
    }

    #[test]
    fn settings_are_compared_one_by_one() {
        let found = changed(json!({"wallMs": 5, "cpuMs": 1}), json!({"cpuMs": 1, "memoryMib": 64}));
        let expected = [
            ("limits.memoryMib".to_owned(), Value::Null, json!(64)),
            ("limits.wallMs".to_owned(), json!(5), Value::Null),
        ];
        assert_eq!(found, expected);
        assert_eq!(changed(Value::Null, json!({"fuel": 1})), [("limits.fuel".into(), Value::Null, json!(1))]);
        assert_eq!(changed(Value::Null, json!({})), []);
    }

    #[test]
    fn what_is_no_object_is_compared_whole() {
        assert_eq!(changed(json!("x"), json!({})), [("limits".into(), json!("x"), json!({}))]);
        assert_eq!(changed(json!([1]), json!([1])), []);
    }
}
