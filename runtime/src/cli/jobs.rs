//! `wasmforge jobs`: asynchronous invocations and calls of triggers, done, waiting or dead.

use super::moment::shown;
use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use crate::client::jobs::{JobFilter, Jobs};
use std::process::ExitCode;

/// What is done with them.
#[derive(clap::Args)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List them, newest first
    List(ListArgs),
    /// Show one, with its request and its answer
    Show(IdArgs),
    /// Do one again
    Replay(IdArgs),
    /// Remove one
    Delete(IdArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    /// Those in this state
    #[arg(long, value_parser = ["pending", "running", "succeeded", "retrying", "dead"])]
    status: Option<String>,
    /// Those of this source
    #[arg(long, value_parser = ["async", "trigger"])]
    source: Option<String>,
    /// Those of this function
    #[arg(long)]
    slug: Option<String>,
    /// Those of this trigger
    #[arg(long, value_name = "ID")]
    trigger: Option<String>,
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
struct IdArgs {
    /// Its id
    id: String,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: JobsArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List(args) => list(args).await,
        // What it holds is the function's own; there is no shorter form of it.
        Action::Show(IdArgs { id, remote, .. }) => {
            output::json(&remote.api()?.job(&id).await?.json)?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Replay(IdArgs { id, format, remote }) => {
            let replayed = remote.api()?.replay_job(&id).await?;
            output::tell(format, &replayed, |_| format!("{id} is done again"))
        }
        Action::Delete(IdArgs { id, format, remote }) => {
            let deleted = remote.api()?.delete_job(&id).await?;
            output::tell(format, &deleted, |_| format!("deleted {id}"))
        }
    }
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let filter =
        JobFilter { status: args.status, source: args.source, slug: args.slug, trigger: args.trigger };
    let page = args.remote.api()?.jobs(&filter, args.limit, args.cursor.as_deref()).await?;
    output::show(args.format, &page, table)
}

fn table(Jobs { jobs, .. }: &Jobs) -> Table {
    let headings =
        ["ID", "CREATED (UTC)", "FUNCTION", "SOURCE", "STATUS", "ATTEMPTS", "NEXT (UTC)", "LAST ERROR"];
    let mut table = Table::new(headings, "there are no such jobs");
    for job in jobs {
        let attempts = match (job.attempts, job.max_attempts) {
            (Some(attempts), Some(most)) => Some(format!("{attempts} of {most}")),
            (attempts, _) => attempts.map(|attempts| attempts.to_string()),
        };
        table.row([
            job.id.as_str().into(),
            job.created_at.as_deref().map(shown).into(),
            job.slug.as_str().into(),
            job.source.as_str().into(),
            status(&job.status),
            attempts.into(),
            job.next_attempt_at.as_deref().map(shown).into(),
            job.last_error.as_deref().into(),
        ]);
    }
    table
}

fn status(status: &str) -> Text {
    let tone = match status {
        "succeeded" => Tone::Good,
        "dead" => Tone::Bad,
        "retrying" => Tone::Caution,
        _ => Tone::Plain,
    };
    Text::new(status, tone)
}
