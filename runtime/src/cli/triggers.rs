//! `wasmforge triggers`: functions that are called with rows.

use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use crate::client::triggers::Triggers;
use crate::registry::Slug;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What is done with them.
#[derive(clap::Args)]
pub(super) struct TriggersArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List them
    List(ListArgs),
    /// Call a function with the rows of a table that change
    Create(CreateArgs),
    /// Remove one
    Delete(IdArgs),
    /// Let one call no more
    Pause(IdArgs),
    /// Let one call again
    Resume(IdArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct IdArgs {
    /// Its id
    id: String,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct CreateArgs {
    /// Its name
    name: String,
    /// The table, `orders` or `shop.orders`
    #[arg(long)]
    table: String,
    /// The function
    #[arg(long, value_name = "SLUG", value_parser = super::slug)]
    function: Slug,
    /// Which changes
    #[arg(long, value_delimiter = ',', default_value = "INSERT,UPDATE,DELETE", ignore_case = true,
          value_parser = ["INSERT", "UPDATE", "DELETE"])]
    events: Vec<String>,
    /// Updates of these columns only
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// How often a call is tried
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: TriggersArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List(ListArgs { format, remote }) => {
            output::show(format, &remote.api()?.triggers().await?, table)
        }
        Action::Create(args) => create(args).await,
        Action::Delete(IdArgs { id, format, remote }) => {
            let deleted = remote.api()?.delete_trigger(&id).await?;
            output::tell(format, &deleted, |_| format!("deleted {id}"))
        }
        Action::Pause(args) => activate(args, false).await,
        Action::Resume(args) => activate(args, true).await,
    }
}

fn table(Triggers { triggers }: &Triggers) -> Table {
    let headings = ["ID", "NAME", "STATE", "TABLE", "EVENTS", "FUNCTION", "LAST ERROR"];
    let mut table = Table::new(headings, "there are no triggers; `wasmforge triggers create NAME` makes one");
    for trigger in triggers {
        table.row([
            trigger.id.as_str().into(),
            trigger.name.as_str().into(),
            match trigger.is_active {
                true => Text::new("active", Tone::Good),
                false => Text::new("paused", Tone::Caution),
            },
            format!("{}.{}", trigger.schema, trigger.table).into(),
            trigger.events.join(", ").into(),
            trigger.function_slug.as_str().into(),
            trigger.last_error.as_deref().into(),
        ]);
    }
    table
}

async fn create(args: CreateArgs) -> anyhow::Result<ExitCode> {
    let (schema, table) = args.table.split_once('.').unwrap_or(("public", &args.table));
    let events: Vec<String> = args.events.iter().map(|event| event.to_ascii_uppercase()).collect();
    let mut fields = json!({
        "name": args.name, "schema": schema, "table": table, "events": events, "functionSlug": args.function.as_str(),
    });
    if let Some(fields) = fields.as_object_mut() {
        if !args.columns.is_empty() {
            fields.insert("columns".to_owned(), json!(args.columns));
        }
        fields.extend(args.max_attempts.map(|most| ("maxAttempts".to_owned(), json!(most))));
    }
    let made = args.remote.api()?.create_trigger(&fields).await?;
    output::tell(args.format, &made, |made| {
        let id = made.pointer("/id").or_else(|| made.pointer("/trigger/id")).and_then(Value::as_str);
        format!("made {}: {}", args.name, id.unwrap_or_default())
    })
}

async fn activate(args: IdArgs, active: bool) -> anyhow::Result<ExitCode> {
    let changed = args.remote.api()?.activate_trigger(&args.id, active).await?;
    output::tell(args.format, &changed, |_| {
        format!("{} {}", if active { "resumed" } else { "paused" }, args.id)
    })
}
