//! `wasmforge doctor`: what is wrong with this machine's platform, or with a server, one line each with what to do.

mod database;
mod finding;
mod keys;
mod machine;
mod ports;
mod postgrest;
mod server;
mod tools;

use super::failure::Failure;
use super::output::{self, FormatArgs, has_colour, printable};
use crate::config::{Config, Secret, Variables};
use crate::dev::running_services;
use finding::{Finding, State};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What is looked at.
#[derive(clap::Args)]
pub(super) struct DoctorArgs {
    /// A server's platform listener, in place of this machine
    #[arg(long)]
    url: Option<String>,
    /// The administrator's key of that server
    #[arg(long, env = "ACCESS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Where `wasmforge dev` keeps its data
    #[arg(long, conflicts_with = "url")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `serve` would be told here, and by whom.
struct Surroundings {
    variables: Variables,
    source: Source,
}

/// Who says where the services are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The environment.
    Environment,
    /// `wasmforge dev`, which runs.
    Dev,
    /// Nobody.
    Nobody,
}

pub(super) async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let findings = match &args.url {
        Some(url) => server::examine(url, args.key(url)).await,
        None => examine(Surroundings::find(args.data_dir.clone())).await,
    };
    match args.format.json {
        true => output::json(&findings)?,
        false => print(&findings)?,
    }
    let is_bad = findings.iter().any(|finding| finding.state == State::Bad);
    Ok(if is_bad { Failure::Failed.into() } else { ExitCode::SUCCESS })
}

impl DoctorArgs {
    fn key(&self, url: &str) -> Option<Secret> {
        let given = self.api_key.as_deref().filter(|key| !key.is_empty()).map(Secret::new);
        let local = || crate::dev::local_api_key(None).filter(|_| super::remote::is_local(url));
        given.or_else(local)
    }
}

impl Surroundings {
    /// The environment, and what a running `wasmforge dev` has to say where that names no database.
    fn find(data_dir: Option<PathBuf>) -> Self {
        let variables = Variables::of_process();
        if variables.get("DATABASE_URL").is_some() || variables.get("POSTGRES_HOST").is_some() {
            return Self { variables, source: Source::Environment };
        }
        match running_services(data_dir) {
            Some(services) => {
                let environment = std::env::vars_os();
                let environment =
                    environment.filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
                Self { variables: environment.chain(services).collect(), source: Source::Dev }
            }
            None => Self { variables, source: Source::Nobody },
        }
    }
}

async fn examine(surroundings: Surroundings) -> Vec<Finding> {
    let Surroundings { variables, source } = surroundings;
    let config = match Config::from_variables(&variables) {
        Ok(config) => config,
        Err(error) => return vec![Finding::bad("settings", error.to_string(), "correct the variable")],
    };
    let mut findings = vec![match source {
        Source::Environment => Finding::good("settings", "from the environment"),
        Source::Dev => Finding::good("settings", "from `wasmforge dev`, which runs"),
        Source::Nobody => {
            Finding::absent("settings", "no database is configured; `wasmforge dev` brings its own")
        }
    }];
    if source != Source::Nobody {
        findings.extend(database::examine(&config).await);
        findings.extend(postgrest::examine(&config).await);
        findings.extend(keys::examine(&config));
    }
    findings.extend(machine::examine(&config));
    findings.extend(ports::examine(&config).await);
    findings.extend(tools::examine().await);
    findings
}

fn print(findings: &[Finding]) -> io::Result<()> {
    let colour = has_colour(&io::stdout());
    let mut out = io::stdout().lock();
    for finding in findings {
        let line = finding.line(false);
        // Colours are ours; what was found may hold anything.
        let line = if line == printable(&line) { finding.line(colour) } else { printable(&line) };
        writeln!(out, "{line}")?;
    }
    Ok(())
}
