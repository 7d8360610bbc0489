//! `wasmforge build FILE`: one ES module that needs nothing else.

use crate::author::Bundler;
use crate::config::Variables;
use anyhow::{Context as _, bail};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What is bundled.
#[derive(clap::Args)]
pub(super) struct BuildArgs {
    /// A source in JavaScript or TypeScript
    file: PathBuf,
    /// Where the module goes [default: standard output]
    #[arg(short, long)]
    output: Option<PathBuf>,
}

pub(super) async fn run(args: BuildArgs) -> anyhow::Result<ExitCode> {
    let output = args.output.filter(|output| output.as_os_str() != "-");
    if let Some(output) = &output
        && output.canonicalize().is_ok_and(|output| args.file.canonicalize().is_ok_and(|file| file == output))
    {
        bail!("{} would be overwritten: give another file with --output", output.display());
    }
    let bundle = Bundler::new(Variables::of_process()).bundle(&args.file).await?;
    match output {
        Some(output) => std::fs::write(&output, bundle.code).with_context(|| output.display().to_string())?,
        None => io::stdout().write_all(bundle.code.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
