//! `wasmforge deploy [PATH…]`: functions to a server, by its admin API.

mod progress;
mod settings;

use super::failure::{Failure, Misuse, hint};
use super::output::{FormatArgs, Tone, has_colour, painted, printable};
use super::remote::RemoteArgs;
use crate::author::Problem;
use crate::client::functions::{Function, Settings, Written};
use crate::client::{Answered, Api, ClientError};
use crate::config::Variables;
use crate::dev::{Built, artifacts};
use crate::registry::{ModuleHash, Slug};
use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use progress::Progress;
use serde_json::{Value, json};
use settings::SettingsArgs;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Deploys at once. The server compiles two by default; meanwhile others are sent.
const CONCURRENT: usize = 4;

/// What is deployed, and where.
#[derive(clap::Args)]
pub(super) struct DeployArgs {
    /// Functions: a source in JavaScript or TypeScript, a component, a folder with an `index` or a crate, or a folder of
    /// such [default: functions]
    path: Vec<PathBuf>,
    /// The slug, in place of the file's name; for one function
    #[arg(long)]
    slug: Option<String>,
    /// Send what is there already, too
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// What became of one function.
enum Outcome {
    Deployed(Box<Answered<Written>>),
    Unchanged(Option<u64>),
    /// It did not build; why.
    Broken(String),
    Refused(ClientError),
}

pub(super) async fn run(args: DeployArgs) -> anyhow::Result<ExitCode> {
    let api = args.remote.api()?;
    let settings = args.settings.read()?;
    let functions = args.build().await?;
    let there = args.there(&api).await?;
    let progress = Progress::start(functions.len(), args.format.json);
    let deploys = functions.into_iter().map(|built| deploy(&api, built, &settings, &there, &progress));
    let mut outcomes = stream::iter(deploys).buffered(CONCURRENT);
    let (mut reports, mut failed) = (Vec::new(), false);
    while let Some((slug, file, outcome)) = outcomes.next().await {
        failed |= outcome.is_failure();
        match args.format.json {
            true => reports.push(outcome.report(&slug, &api, file.as_ref())),
            false => progress.hidden(|| outcome.print(&slug, &api, file.as_ref(), &settings))?,
        }
    }
    progress.finish();
    if args.format.json {
        super::output::json(&json!({ "functions": reports }))?;
    }
    Ok(if failed { Failure::Failed.into() } else { ExitCode::SUCCESS })
}

async fn deploy(
    api: &Api,
    built: Built,
    settings: &Settings,
    there: &HashMap<String, Function>,
    progress: &Progress,
) -> (Slug, Option<PathBuf>, Outcome) {
    let Built { slug, file, artifact } = built;
    progress.begin(&slug);
    let outcome = match artifact {
        Err(problem) => Outcome::Broken(problem),
        Ok(artifact) => {
            let sha256 = ModuleHash::of(artifact.bytes()).to_hex();
            match there.get(slug.as_str()).filter(|there| settings::hold(settings, there, &sha256)) {
                Some(there) => Outcome::Unchanged(there.version),
                None => match api.deploy(&slug, &artifact, settings).await {
                    Ok(written) => Outcome::Deployed(Box::new(written)),
                    Err(error) => Outcome::Refused(error),
                },
            }
        }
    };
    progress.end(&slug);
    (slug, file, outcome)
}

impl DeployArgs {
    async fn build(&self) -> anyhow::Result<Vec<Built>> {
        let default = [PathBuf::from("functions")];
        let paths = if self.path.is_empty() { &default[..] } else { &self.path };
        let variables = Variables::of_process();
        let mut functions = Vec::new();
        for path in paths {
            let built = artifacts(path, &variables).await;
            functions.extend(built.with_context(|| path.display().to_string())?);
        }
        match (functions.as_mut_slice(), &self.slug) {
            ([], _) => return Err(Misuse("there is no function to deploy".to_owned()).into()),
            ([only], Some(slug)) => {
                only.slug = Slug::parse(slug).map_err(|error| Misuse(format!("--slug {slug}: {error}")))?;
            }
            ([_], None) => {}
            _ if self.slug.is_some() || self.settings.is_for_one() => {
                return Err(Misuse("--slug and --name are for one function".to_owned()).into());
            }
            _ => {}
        }
        Ok(functions)
    }

    /// What the server has, which need not be sent again.
    async fn there(&self, api: &Api) -> anyhow::Result<HashMap<String, Function>> {
        if self.force {
            return Ok(HashMap::new());
        }
        let functions = api.functions().await?.value.functions;
        Ok(functions.into_iter().map(|function| (function.slug.clone(), function)).collect())
    }
}

impl Outcome {
    fn is_failure(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Refused(_))
    }

    /// Why it was not deployed: in the author's file, where that is known.
    fn problem(&self, file: Option<&PathBuf>) -> Option<String> {
        let error = match self {
            Self::Deployed(_) | Self::Unchanged(_) => return None,
            Self::Broken(problem) => return Some(problem.clone()),
            Self::Refused(error) => error,
        };
        Some(match (error, file) {
            (ClientError::Refused(refusal), Some(file)) if refusal.code == "INVALID_SOURCE" => {
                Problem::of_refusal(file, &refusal.message).to_string()
            }
            _ => match hint(error) {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            },
        })
    }

    fn print(&self, slug: &Slug, api: &Api, file: Option<&PathBuf>, settings: &Settings) -> io::Result<()> {
        let url = format!("{}/functions/{slug}", api.base());
        match (self, self.problem(file)) {
            (Self::Deployed(written), _) => {
                let note = match (written.function.version, settings.canary) {
                    (_, Some(percent)) => format!(" ({percent} % to {})", canary(&written.value)),
                    (Some(version), None) => format!(" (version {version})"),
                    (None, None) => String::new(),
                };
                writeln!(io::stdout(), "{url}{note}")
            }
            (Self::Unchanged(version), _) => {
                let note = version.map(|version| format!(", version {version}")).unwrap_or_default();
                let note = painted(&format!("(unchanged{note})"), Tone::Faint, has_colour(&io::stdout()));
                writeln!(io::stdout(), "{url} {note}")
            }
            (_, problem) => {
                let mark = painted("not deployed", Tone::Bad, has_colour(&io::stderr()));
                let problem = problem.unwrap_or_default();
                // A place goes on a line of its own, where editors and terminals find it.
                let between = if problem.contains('\n') { "\n" } else { " " };
                writeln!(io::stderr(), "{mark}: {slug}:{between}{}", printable(&problem))
            }
        }
    }

    fn report(&self, slug: &Slug, api: &Api, file: Option<&PathBuf>) -> Value {
        let url = format!("{}/functions/{slug}", api.base());
        match self {
            Self::Deployed(written) => {
                json!({ "slug": slug.as_str(), "url": url, "outcome": "deployed", "function": written.json.get("function") })
            }
            Self::Unchanged(version) => {
                json!({ "slug": slug.as_str(), "url": url, "outcome": "unchanged", "version": version })
            }
            Self::Broken(_) | Self::Refused(_) => {
                json!({ "slug": slug.as_str(), "outcome": "failed", "problem": self.problem(file) })
            }
        }
    }
}

/// The version on trial, in words.
fn canary(written: &Written) -> String {
    let canary = written.function.traffic.as_ref().and_then(|traffic| traffic.canary.as_ref());
    canary.map_or_else(|| "the new version".to_owned(), |canary| format!("version {}", canary.version))
}
