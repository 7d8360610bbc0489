//! `wasmforge completions SHELL`: what a shell completes.

use clap_complete::Shell;
use std::io::{self, Write};
use std::process::ExitCode;

/// For which shell.
#[derive(clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell that reads it
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "wasmforge", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
