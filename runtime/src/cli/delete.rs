//! `wasmforge delete SLUG`: removes a function.

use super::output::{self, FormatArgs};
use super::remote::RemoteArgs;
use super::slug;
use crate::registry::Slug;
use std::process::ExitCode;

/// Which function.
#[derive(clap::Args)]
pub(super) struct DeleteArgs {
    /// The function
    #[arg(value_parser = slug)]
    slug: Slug,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: DeleteArgs) -> anyhow::Result<ExitCode> {
    let deleted = args.remote.api()?.delete_function(&args.slug).await?;
    output::tell(args.format, &deleted, |_| format!("deleted {}", args.slug))
}
