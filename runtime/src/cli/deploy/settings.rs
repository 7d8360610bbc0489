//! What a deploy says of a function beside its code.

use super::super::failure::Misuse;
use crate::client::functions::{Function, Settings};
use anyhow::Context as _;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Settings of functions. What is not given stays as it is.
#[derive(clap::Args)]
pub(super) struct SettingsArgs {
    /// The name that people see; for one function
    #[arg(long, conflicts_with = "canary")]
    name: Option<String>,
    /// Send it this percentage of requests, and leave the live version live; 0 for none but those that ask for it
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    canary: Option<u8>,
    /// Store it, and do not serve it
    #[arg(long, conflicts_with = "canary")]
    draft: bool,
    /// Who may invoke it
    #[arg(long, value_parser = ["public", "authenticated", "service"])]
    auth: Option<String>,
    /// A JSON file with its grants (`capabilities`)
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// Its limits: `memoryMib=64,wallMs=5000`, or a JSON file with them
    #[arg(long, value_name = "NAME=VALUE,…|FILE")]
    limits: Option<String>,
}

impl SettingsArgs {
    /// Whether something is said that cannot be said of several functions.
    pub(super) fn is_for_one(&self) -> bool {
        self.name.is_some()
    }

    pub(super) fn read(&self) -> anyhow::Result<Settings> {
        Ok(Settings {
            name: self.name.clone(),
            draft: self.draft,
            auth: self.auth.clone(),
            grants: self.grants.as_deref().map(object).transpose()?,
            limits: self.limits.as_deref().map(limits).transpose()?,
            canary: self.canary,
        })
    }
}

fn object(file: &Path) -> anyhow::Result<Map<String, Value>> {
    let name = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(name)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON object", file.display()))
}

fn limits(text: &str) -> anyhow::Result<Map<String, Value>> {
    if !text.contains('=') {
        return object(Path::new(text));
    }
    let mut limits = Map::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let value = pair.split_once('=').and_then(|(name, value)| Some((name, value.parse::<u64>().ok()?)));
        let (name, value) = value.ok_or_else(|| Misuse(format!("--limits: {pair:?} is not NAME=NUMBER")))?;
        limits.insert(name.to_owned(), value.into());
    }
    Ok(limits)
}

/// Whether a function is what a deploy would make of it.
pub(super) fn hold(settings: &Settings, there: &Function, sha256: &str) -> bool {
    let is = |wanted: Option<&Map<String, Value>>, there: Option<&Map<String, Value>>| {
        wanted.is_none_or(|wanted| there == Some(wanted) || wanted.is_empty() && there.is_none())
    };
    settings.canary.is_none()
        && there.module_sha256.as_deref() == Some(sha256)
        && there.status == settings.status()
        && settings.name.as_ref().is_none_or(|name| *name == there.name)
        && settings.auth.as_deref().is_none_or(|auth| auth == there.auth.as_deref().unwrap_or("public"))
        && is(settings.grants.as_ref(), there.capabilities.as_ref())
        && is(settings.limits.as_ref(), there.limits.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_are_pairs_or_a_file() {
        let expected = json!({ "memoryMib": 64, "wallMs": 5000 });
        assert_eq!(Value::Object(limits("memoryMib=64, wallMs=5000").unwrap()), expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), expected.to_string()).unwrap();
        assert_eq!(Value::Object(limits(file.path().to_str().unwrap()).unwrap()), expected);
        assert!(limits("memoryMib=lots").is_err() && limits("/nowhere.json").is_err());
    }

    #[test]
    fn only_what_differs_is_sent() {
        let there: Function = serde_json::from_value(json!({
            "slug": "f", "name": "F", "status": "active", "moduleSha256": "ab", "auth": "public",
            "limits": { "wallMs": 1 }, "capabilities": null,
        }))
        .unwrap();
        let same = Settings::default();
        assert!(hold(&same, &there, "ab") && !hold(&same, &there, "cd"));
        let limits = |value: Value| value.as_object().cloned();
        assert!(hold(&Settings { limits: limits(json!({ "wallMs": 1 })), ..same.clone() }, &there, "ab"));
        for differs in [
            Settings { draft: true, ..same.clone() },
            Settings { canary: Some(0), ..same.clone() },
            Settings { name: Some("G".to_owned()), ..same.clone() },
            Settings { auth: Some("service".to_owned()), ..same.clone() },
            Settings { limits: limits(json!({ "wallMs": 2 })), ..same.clone() },
            Settings { grants: limits(json!({ "sql": "none" })), ..same },
        ] {
            assert!(!hold(&differs, &there, "ab"), "{differs:?}");
        }
    }
}
