//! `wasmforge check [PATH…]`: what is wrong with functions, without running them.

use super::failure::Failure;
use super::local::Local;
use super::output::{self, FormatArgs, printable};
use crate::author::{self, AuthorError, Bundler, Problem, is_source};
use crate::compile::{BuildError, inspect};
use crate::config::{Config, Variables};
use crate::dev;
use anyhow::Context as _;
use bytes::Bytes;
use serde_json::json;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is checked.
#[derive(clap::Args)]
pub(super) struct CheckArgs {
    /// Sources in JavaScript or TypeScript, components, or folders of such; crates are cargo's to check [default: functions]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Leave the types alone, even where the project has a TypeScript compiler
    #[arg(long)]
    no_types: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// Checks that sources are well-formed, that what they import can be had, that the engine compiles them, and, with the
/// project's own TypeScript compiler, their types; and that components are handlers that compile and link.
pub(super) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let variables = Variables::of_process();
    let files = args.files()?;
    let local = Local::start(&Config::from_variables(&variables)?, Bytes::new(), Vec::new())?;
    let bundler = Bundler::new(variables);
    let mut problems = Vec::new();
    for file in &files {
        problems.extend(check(&local, file, &bundler).await?);
    }
    let sources: Vec<PathBuf> = files.into_iter().filter(|file| is_source(file)).collect();
    if !args.no_types && !sources.is_empty() {
        match author::types(&sources).await? {
            Some(found) => problems.extend(found),
            None => {
                tracing::info!("types are not checked: the project has no TypeScript (node_modules/.bin/tsc)")
            }
        }
    }
    print(&problems, args.format)?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { Failure::Failed.into() })
}

impl CheckArgs {
    fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let default = [PathBuf::from("functions")];
        let paths = if self.paths.is_empty() { &default[..] } else { &self.paths };
        let mut files = Vec::new();
        for path in paths {
            files.extend(dev::files(path).with_context(|| path.display().to_string())?);
        }
        Ok(files)
    }
}

async fn check(local: &Local, file: &Path, bundler: &Bundler) -> anyhow::Result<Vec<Problem>> {
    if !is_source(file) {
        let module: Bytes = std::fs::read(file).with_context(|| file.display().to_string())?.into();
        return match inspect(&module) {
            Ok(_) => judged(file, local.invoker.loader.admit(module).await),
            Err(error) => judged(file, Err::<(), _>(error)),
        };
    }
    let code = match author::prepare(file, bundler).await {
        Ok(prepared) => prepared.code,
        Err(AuthorError::Problems(problems)) => return Ok(problems),
        Err(error) => return Err(error.into()),
    };
    judged(file, local.invoker.loader.admit_source(code.into()).await)
}

fn judged<T>(file: &Path, admitted: Result<T, BuildError>) -> anyhow::Result<Vec<Problem>> {
    match admitted {
        Ok(_) => Ok(Vec::new()),
        Err(error) if error.is_fault_of_module() => Ok(vec![Problem::of_build(file, &error)]),
        Err(error) => Err(error.into()),
    }
}

fn print(problems: &[Problem], format: FormatArgs) -> io::Result<()> {
    if format.json {
        let problems = problems.iter().map(|problem| {
            json!({
                "file": problem.file, "line": problem.line, "column": problem.column, "message": problem.message,
            })
        });
        return output::json(&Vec::from_iter(problems));
    }
    let mut out = io::stdout().lock();
    for problem in problems {
        writeln!(out, "{}", printable(&problem.to_string()))?;
    }
    Ok(())
}
