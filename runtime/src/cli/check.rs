//! `wasmforge check FILE…`: what is wrong with sources, without running them.

use super::local::Local;
use crate::author::{self, AuthorError, Bundler, Problem};
use crate::config::{Config, Variables};
use bytes::Bytes;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is checked.
#[derive(clap::Args)]
pub(super) struct CheckArgs {
    /// Sources in JavaScript or TypeScript
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Leave the types alone, even where the project has a TypeScript compiler
    #[arg(long)]
    no_types: bool,
}

/// Checks that the sources are well-formed, that what they import can be had, that the engine compiles them, and, with
/// the project's own TypeScript compiler, their types.
pub(super) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let variables = Variables::of_process();
    let local = Local::start(&Config::from_variables(&variables)?, Bytes::new(), Vec::new())?;
    let bundler = Bundler::new(variables);
    let mut problems = Vec::new();
    for file in &args.files {
        problems.extend(check(&local, file, &bundler).await?);
    }
    if !args.no_types {
        match author::types(&args.files).await? {
            Some(found) => problems.extend(found),
            None => {
                tracing::info!("types are not checked: the project has no TypeScript (node_modules/.bin/tsc)")
            }
        }
    }
    let mut output = io::stdout().lock();
    for problem in &problems {
        writeln!(output, "{problem}")?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check(local: &Local, file: &Path, bundler: &Bundler) -> anyhow::Result<Vec<Problem>> {
    let code = match author::prepare(file, bundler).await {
        Ok(prepared) => prepared.code,
        Err(AuthorError::Problems(problems)) => return Ok(problems),
        Err(error) => return Err(error.into()),
    };
    match local.invoker.loader.admit_source(code.into()).await {
        Ok(_) => Ok(Vec::new()),
        Err(error) if error.is_fault_of_module() => Ok(vec![Problem::of_build(file, &error)]),
        Err(error) => Err(error.into()),
    }
}
