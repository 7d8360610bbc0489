//! `wasmforge traffic SLUG` and `wasmforge promote SLUG`: which version answers how many requests.

use super::failure::Misuse;
use super::output::{self, FormatArgs};
use super::remote::RemoteArgs;
use super::slug;
use crate::client::functions::{Function, Traffic};
use crate::registry::Slug;
use std::process::ExitCode;

/// The split between the live version and one on trial.
#[derive(clap::Args)]
pub(super) struct TrafficArgs {
    /// The function
    #[arg(value_parser = slug)]
    slug: Slug,
    /// The version on trial
    #[arg(requires = "percent")]
    version: Option<u64>,
    /// Of a hundred requests, how many it answers
    #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
    percent: Option<u8>,
    /// All requests to the live version
    #[arg(long, conflicts_with = "version")]
    clear: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// Whose trial is over.
#[derive(clap::Args)]
pub(super) struct PromoteArgs {
    /// The function
    #[arg(value_parser = slug)]
    slug: Slug,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// Without a version, it only shows.
pub(super) async fn run(args: TrafficArgs) -> anyhow::Result<ExitCode> {
    let api = args.remote.api()?;
    match (args.version, args.percent) {
        (Some(version), Some(percent)) => drop(api.split(&args.slug, version, percent).await?),
        (Some(_), None) => return Err(Misuse("how many percent?".to_owned()).into()),
        (None, _) if args.clear => drop(api.unsplit(&args.slug).await?),
        (None, _) => {}
    }
    let function = api.function(&args.slug).await?;
    output::tell(args.format, &function, described)
}

pub(super) async fn promote(args: PromoteArgs) -> anyhow::Result<ExitCode> {
    let api = args.remote.api()?;
    api.promote(&args.slug).await?;
    let function = api.function(&args.slug).await?;
    output::tell(args.format, &function, described)
}

fn described(function: &Function) -> String {
    let slug = &function.slug;
    let live = function.version.map_or_else(|| "?".to_owned(), |version| version.to_string());
    match &function.traffic {
        Some(Traffic { canary: Some(canary), .. }) => format!(
            "{slug}: version {live} is live, version {} answers {} % of requests",
            canary.version, canary.percent
        ),
        _ => format!("{slug}: version {live} is live and answers all requests"),
    }
}
