//! `wasmforge versions SLUG`: what was deployed under a name, and what is live.

use super::moment::shown;
use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use super::slug;
use crate::client::versions::{Change, Version, Versions};
use crate::registry::Slug;
use serde_json::Value;
use std::process::ExitCode;

/// Which function.
#[derive(clap::Args)]
pub(super) struct VersionsArgs {
    /// The function
    #[arg(value_parser = slug)]
    slug: Slug,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: VersionsArgs) -> anyhow::Result<ExitCode> {
    let versions = args.remote.api()?.versions(&args.slug).await?;
    output::show(args.format, &versions, table)
}

fn table(Versions { versions }: &Versions) -> Table {
    let headings =
        ["VERSION", "TRAFFIC", "CREATED (UTC)", "BY", "KIND", "SIZE", "SHA-256", "BUILD", "CHANGES"];
    let mut table = Table::new(headings, "there are no versions");
    for version in versions {
        table.row([
            version.version.to_string().into(),
            traffic(version),
            version.created_at.as_deref().map(shown).into(),
            version.created_by.as_deref().into(),
            version.kind.as_deref().into(),
            version.module_size.map(output::size).into(),
            version.module_sha256.as_deref().map(|sha256| sha256.chars().take(12).collect::<String>()).into(),
            build(version),
            changes(&version.changes).into(),
        ]);
    }
    table
}

fn traffic(version: &Version) -> Text {
    match (version.live, version.percent) {
        (true, None | Some(100.0)) => Text::new("live", Tone::Good),
        (true, Some(percent)) => Text::new(format!("live, {percent} %"), Tone::Good),
        (false, Some(percent)) if percent > 0.0 => Text::new(format!("{percent} %"), Tone::Caution),
        (false, _) => "".into(),
    }
}

fn build(version: &Version) -> Text {
    match version.build.as_deref() {
        Some("bad") => {
            let error = version.build_error.as_deref().and_then(|error| error.lines().next());
            Text::new(error.map_or_else(|| "bad".to_owned(), |error| format!("bad: {error}")), Tone::Bad)
        }
        build => build.into(),
    }
}

fn changes(changes: &[Change]) -> String {
    let change = |change: &Change| match (&change.from, &change.to) {
        // Code, and what else has no end.
        (Value::String(from), Value::String(to)) if from.len() + to.len() > 40 => change.field.clone(),
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
            change.field.clone()
        }
        (from, to) => format!("{} {} → {}", change.field, bare(from), bare(to)),
    };
    changes.iter().map(change).collect::<Vec<_>>().join(", ")
}

fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_named_and_short_ones_shown() {
        let change = |field: &str, from: Value, to: Value| Change { field: field.to_owned(), from, to };
        let list = [
            change("auth", json!("public"), json!("service")),
            change("moduleSha256", json!("0123456789abcdef0123456789"), json!("fedcba9876543210fedcba")),
            change("limits", Value::Null, json!({ "wallMs": 5 })),
            change("size", Value::Null, json!(5)),
        ];
        assert_eq!(changes(&list), "auth public → service, moduleSha256, limits, size – → 5");
    }
}
