//! `wasmforge deploy [PATH…]`: functions to a server, by its admin API.

use crate::author::{Api, AuthorError, Uploaded};
use crate::config::{Secret, Variables};
use crate::dev::{Artifact, Built, artifacts, local_api_key};
use crate::registry::Slug;
use anyhow::{Context as _, bail};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What is deployed, and where.
#[derive(clap::Args)]
pub(super) struct DeployArgs {
    /// Functions: a source in JavaScript or TypeScript, a component, a folder with an `index` or a crate, or a folder of
    /// such [default: functions]
    path: Vec<PathBuf>,
    /// The platform listener of the server
    #[arg(long, env = "WASMFORGE_URL", default_value = "http://localhost:7130")]
    url: String,
    /// The administrator's key [default: that of `wasmforge dev` on this machine, for a server on this machine]
    #[arg(long, env = "ACCESS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The slug, in place of the file's name; for one function
    #[arg(long)]
    slug: Option<String>,
    /// The name that people see, of a source; for one function
    #[arg(long)]
    name: Option<String>,
}

pub(super) async fn run(args: DeployArgs) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.url, args.key()?.expose().to_owned())?;
    let functions = args.build().await?;
    let mut failed = false;
    for Built { slug, artifact } in functions {
        let uploaded = match artifact {
            Ok(artifact) => {
                upload(&api, &slug, args.name.as_deref(), artifact).await.map_err(|e| e.to_string())
            }
            Err(problem) => Err(problem),
        };
        failed |= uploaded.is_err();
        match uploaded {
            Ok(Uploaded { url, version: Some(version) }) => {
                writeln!(io::stdout(), "{url} (version {version})")?
            }
            Ok(Uploaded { url, version: None }) => writeln!(io::stdout(), "{url}")?,
            Err(problem) => writeln!(io::stderr(), "not deployed: {slug}: {problem}")?,
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn upload(
    api: &Api,
    slug: &Slug,
    name: Option<&str>,
    artifact: Artifact,
) -> Result<Uploaded, AuthorError> {
    match artifact {
        Artifact::Component(module) => api.component(slug, module).await,
        Artifact::Source(code) => api.source(slug, name, &code).await,
    }
}

impl DeployArgs {
    fn key(&self) -> anyhow::Result<Secret> {
        let given = self.api_key.as_deref().filter(|key| !key.is_empty()).map(Secret::new);
        let local = || local_api_key(None).filter(|_| is_local(&self.url));
        given.or_else(local).context("no key: give the administrator's with --api-key or ACCESS_API_KEY")
    }

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
            ([], _) => bail!("there is no function to deploy"),
            ([only], Some(slug)) => {
                only.slug = Slug::parse(slug).with_context(|| format!("--slug {slug}"))?
            }
            ([_], None) => {}
            _ if self.slug.is_some() || self.name.is_some() => {
                bail!("--slug and --name are for one function")
            }
            _ => {}
        }
        Ok(functions)
    }
}

/// Whether a URL leads to this machine.
fn is_local(url: &str) -> bool {
    let host = url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned));
    host.is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_key_goes_to_this_machine_only() {
        assert!(
            is_local("http://localhost:7130") && is_local("http://127.0.0.1") && is_local("http://[::1]:1/")
        );
        assert!(
            !is_local("https://localhost.example.com")
                && !is_local("example.com")
                && !is_local("http://[::2]")
        );
    }
}
