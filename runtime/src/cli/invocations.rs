//! `wasmforge invocations`: what was called, and how it went.

use super::moment::{ago, shown};
use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use super::slug;
use crate::client::invocations::{HostCall, Invocation, InvocationFilter, Invocations};
use crate::registry::Slug;
use std::io::{self, Write};
use std::process::ExitCode;

/// Which invocations.
#[derive(clap::Args)]
pub(super) struct InvocationsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List them, newest first
    List(ListArgs),
    /// Show one, with its calls of services and its lines
    Show(ShowArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    /// Those of this function [default: all]
    #[arg(value_parser = slug)]
    slug: Option<Slug>,
    /// Those that ended like this: `ok`, `guest_error`, `trap`, `timeout`, …
    #[arg(long)]
    outcome: Option<String>,
    /// Those with this status, or of this class: `404`, `5xx`
    #[arg(long)]
    status: Option<String>,
    /// Since then: `10m`, `2h`, `7d`, or a moment like 2026-01-31T12:00:00Z
    #[arg(long, value_parser = ago)]
    since: Option<String>,
    /// Until then, likewise
    #[arg(long, value_parser = ago)]
    until: Option<String>,
    /// Those with this text in their error
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// Those that took at least so many milliseconds
    #[arg(long, value_name = "MS")]
    slower_than: Option<u64>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Go on after the page before, which gave this `nextCursor`
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct ShowArgs {
    /// Its id, as in `x-wasmforge-invocation-id`
    id: String,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: InvocationsArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List(args) => list(args).await,
        Action::Show(args) => show(args).await,
    }
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let filter = InvocationFilter {
        slug: args.slug.map(|slug| slug.to_string()),
        outcome: args.outcome,
        status: args.status,
        since: args.since,
        until: args.until,
        text: args.grep,
        min_duration_ms: args.slower_than,
    };
    let page = args.remote.api()?.invocations(&filter, args.limit, args.cursor.as_deref()).await?;
    output::show(args.format, &page, table)
}

fn table(Invocations { invocations, .. }: &Invocations) -> Table {
    let headings =
        ["ID", "STARTED (UTC)", "FUNCTION", "VERSION", "SOURCE", "METHOD", "STATUS", "OUTCOME", "TIME"];
    let mut table = Table::new(headings, "there are no such invocations");
    for invocation in invocations {
        table.row([
            invocation.id.as_str().into(),
            invocation.started_at.as_deref().map(shown).into(),
            invocation.slug.as_str().into(),
            invocation.version.map(|version| version.to_string()).into(),
            invocation.source.as_deref().into(),
            invocation.method.as_deref().into(),
            status(invocation.status),
            invocation.outcome.as_deref().into(),
            invocation.duration_us.map(output::duration).into(),
        ]);
    }
    table
}

pub(super) fn status(status: Option<u16>) -> Text {
    match status {
        Some(status @ ..400) => Text::new(status.to_string(), Tone::Good),
        Some(status @ 400..500) => Text::new(status.to_string(), Tone::Caution),
        Some(status) => Text::new(status.to_string(), Tone::Bad),
        None => None::<String>.into(),
    }
}

async fn show(args: ShowArgs) -> anyhow::Result<ExitCode> {
    let found = args.remote.api()?.invocation(&args.id).await?;
    match args.format.json {
        true => output::json(&found.json)?,
        false => print(&found)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(found: &Invocation) -> io::Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let version = found.version.map_or_else(|| "–".to_owned(), |version| version.to_string());
    let bytes = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), output::size);
    let time = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), output::duration);
    let rows = [
        ("id", found.id.clone()),
        ("function", format!("{} (version {version})", found.slug)),
        ("started", found.started_at.as_deref().map(shown).unwrap_or_default()),
        ("source", text(&found.source)),
        ("method", text(&found.method)),
        ("status", found.status.map_or_else(|| "–".to_owned(), |status| status.to_string())),
        ("outcome", text(&found.outcome)),
        ("time", format!("{}, {} of CPU", time(found.duration_us), time(found.cpu_us))),
        ("memory", bytes(found.peak_memory)),
        ("bytes", format!("{} in, {} out", bytes(found.request_bytes), bytes(found.response_bytes))),
        ("trace", text(&found.trace_id)),
        ("error", text(&found.error)),
    ];
    let mut out = io::stdout().lock();
    for (name, value) in rows {
        writeln!(out, "{name:<9} {}", output::printable(&value))?;
    }
    for call in &found.calls {
        writeln!(out, "  {}", output::printable(&of_call(call)))?;
    }
    for line in &found.logs {
        writeln!(
            out,
            "  {} {:<5} {}",
            shown(&line.at),
            line.level,
            output::printable(line.message.trim_end())
        )?;
    }
    Ok(())
}

fn of_call(call: &HostCall) -> String {
    let at = call.start_us.map(output::duration).unwrap_or_default();
    let took = call.duration_us.map(output::duration).unwrap_or_default();
    let failed = if call.ok == Some(false) { "  failed" } else { "" };
    format!("+{at:<10} {took:<10} {:<10} {}{failed}", call.kind, call.name.as_deref().unwrap_or_default())
}
