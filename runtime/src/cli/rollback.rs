//! `wasmforge rollback SLUG [VERSION]`: an older version is live again.

use super::output::{self, FormatArgs};
use super::remote::RemoteArgs;
use super::slug;
use crate::registry::Slug;
use std::process::ExitCode;

/// Which function, and how far back.
#[derive(clap::Args)]
pub(super) struct RollbackArgs {
    /// The function
    #[arg(value_parser = slug)]
    slug: Slug,
    /// The version that is to be live [default: the newest good one before the live one]
    version: Option<u64>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: RollbackArgs) -> anyhow::Result<ExitCode> {
    let rolled = args.remote.api()?.rollback(&args.slug, args.version).await?;
    output::tell(args.format, &rolled, |rolled| {
        format!("{}: version {} is live, after version {}", args.slug, rolled.to, rolled.from)
    })
}
