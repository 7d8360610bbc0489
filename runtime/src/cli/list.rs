//! `wasmforge list`: what is deployed.

use super::moment::shown;
use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use crate::client::functions::{Function, Functions, Traffic};
use std::process::ExitCode;

/// Whose functions, and how they are shown.
#[derive(clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    let functions = args.remote.api()?.functions().await?;
    output::show(args.format, &functions, table)
}

fn table(Functions { functions }: &Functions) -> Table {
    let headings = ["SLUG", "STATUS", "KIND", "VERSION", "SIZE", "AUTH", "DEPLOYED (UTC)"];
    let mut table = Table::new(headings, "there are no functions; `wasmforge new NAME` begins one");
    for function in functions {
        table.row([
            function.slug.as_str().into(),
            status(&function.status),
            function.kind.as_deref().into(),
            versions(function).into(),
            function.module_size.map(output::size).into(),
            function.auth.as_deref().into(),
            function.deployed_at.as_deref().map(shown).into(),
        ]);
    }
    table
}

pub(super) fn status(status: &str) -> Text {
    Text::new(status, if status == "active" { Tone::Good } else { Tone::Caution })
}

/// The live version, and the one on trial.
pub(super) fn versions(function: &Function) -> Option<String> {
    let version = function.version?;
    Some(match &function.traffic {
        Some(Traffic { canary: Some(canary), .. }) => {
            format!("{version}, {} % to {}", canary.percent, canary.version)
        }
        _ => version.to_string(),
    })
}
