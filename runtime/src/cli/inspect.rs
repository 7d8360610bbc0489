//! `wasmforge inspect FILE|SLUG`: what a function is, asks for and may use.

use super::failure::Misuse;
use super::list;
use super::needs::{self, Grant};
use super::output::{self, FormatArgs, Tone, has_colour, painted, printable};
use super::remote::RemoteArgs;
use crate::author::{Imports, index_of, is_source};
use crate::client::functions::Function;
use crate::client::{Answered, Api};
use crate::compile::{self, ComponentKind, Interfaces};
use crate::engine::WasiVersion;
use crate::registry::Slug;
use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is inspected.
#[derive(clap::Args)]
pub(super) struct InspectArgs {
    /// A component, a source, a folder with an `index`, or the slug of a function on the server
    #[arg(value_name = "FILE|SLUG")]
    target: PathBuf,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// What is known of code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    name: String,
    kind: String,
    /// Bytes.
    size: u64,
    sha256: String,
    imports: Vec<String>,
    exports: Vec<String>,
    /// The grants that decide on its imports.
    grants: BTreeSet<Grant>,
    /// What the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Value>,
}

pub(super) async fn run(args: InspectArgs) -> anyhow::Result<ExitCode> {
    let (report, function) = match args.target.exists() {
        true => (of_path(&args.target)?, None),
        false => {
            let function = args.function().await?;
            (function.0, Some(function.1))
        }
    };
    match args.format.json {
        true => output::json(&report)?,
        false => print(&report, function.as_ref())?,
    }
    Ok(ExitCode::SUCCESS)
}

impl InspectArgs {
    async fn function(&self) -> anyhow::Result<(Report, Function)> {
        let name = self.target.to_string_lossy();
        let slug = Slug::parse(&name).map_err(|_| Misuse(format!("{name}: there is no such file")))?;
        let api = self.remote.api()?;
        let Answered { json, value: function } = api.function(&slug).await?;
        let report = Report { function: Some(json), ..of_function(&api, &slug, &function).await? };
        Ok((report, function))
    }
}

async fn of_function(api: &Api, slug: &Slug, function: &Function) -> anyhow::Result<Report> {
    if function.kind.as_deref() == Some("component") {
        let version = function.version.context("the server does not say which version is live")?;
        let module = api.module(slug, version).await?;
        return of_component(slug.as_str(), &module);
    }
    let code = function.code.clone().unwrap_or_default();
    Ok(of_source(slug.as_str(), Path::new("index.ts"), &code))
}

fn of_path(path: &Path) -> anyhow::Result<Report> {
    let file = match path.is_dir() {
        true => index_of(path).ok_or_else(|| Misuse(format!("{} holds no index", path.display())))?,
        false => path.to_owned(),
    };
    let name = path.display().to_string();
    let bytes = std::fs::read(&file).with_context(|| name.clone())?;
    match is_source(&file) {
        true => Ok(of_source(&name, &file, &String::from_utf8_lossy(&bytes))),
        false => of_component(&name, &bytes),
    }
}

fn of_source(name: &str, file: &Path, code: &str) -> Report {
    let imports = Imports::of(file, code);
    let typed = file.extension().is_some_and(|ending| ending.to_string_lossy().contains("ts"));
    Report {
        name: name.to_owned(),
        kind: if typed { "source, TypeScript or JavaScript" } else { "source, JavaScript" }.to_owned(),
        grants: needs::of_source(&imports.services),
        imports: imports.specifiers,
        exports: Vec::new(),
        ..blank(code.as_bytes())
    }
}

fn of_component(name: &str, bytes: &[u8]) -> anyhow::Result<Report> {
    let kind = compile::inspect(bytes).with_context(|| name.to_owned())?;
    let Interfaces { imports, exports } = Interfaces::of(bytes).with_context(|| name.to_owned())?;
    Ok(Report {
        name: name.to_owned(),
        kind: described(kind).to_owned(),
        grants: needs::of_component(&imports),
        imports,
        exports,
        ..blank(bytes)
    })
}

fn blank(code: &[u8]) -> Report {
    Report {
        name: String::new(),
        kind: String::new(),
        size: code.len() as u64,
        sha256: hex::encode(Sha256::digest(code)),
        imports: Vec::new(),
        exports: Vec::new(),
        grants: BTreeSet::new(),
        function: None,
    }
}

fn described(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Handler(WasiVersion::V02) => "component, HTTP handler of WASI 0.2",
        ComponentKind::Handler(WasiVersion::V03) => "component, HTTP handler of WASI 0.3",
        ComponentKind::Command(WasiVersion::V02) => "component, command of WASI 0.2",
        ComponentKind::Command(WasiVersion::V03) => "component, command of WASI 0.3",
    }
}

fn print(report: &Report, function: Option<&Function>) -> io::Result<()> {
    let colour = has_colour(&io::stdout());
    let mut out = io::stdout().lock();
    let mut field = |name: &str, values: &[String]| -> io::Result<()> {
        for (index, value) in values.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            writeln!(out, "{} {}", painted(&format!("{name:<8}"), Tone::Faint, colour), printable(value))?;
        }
        Ok(())
    };
    field("name", std::slice::from_ref(&report.name))?;
    field("kind", std::slice::from_ref(&report.kind))?;
    field("size", &[output::size(report.size)])?;
    field("sha256", std::slice::from_ref(&report.sha256))?;
    if let Some(function) = function {
        field("status", std::slice::from_ref(&function.status))?;
        field("version", &Vec::from_iter(list::versions(function)))?;
        field("auth", &Vec::from_iter(function.auth.clone()))?;
        field("limits", &limits(function))?;
    }
    field("imports", &report.imports)?;
    field("exports", &report.exports)?;
    let granted = function.and_then(|function| function.capabilities.as_ref());
    let grants = report.grants.iter().map(|grant| {
        let given = granted.and_then(|granted| granted.get(grant.key())).filter(|given| !given.is_null());
        match given {
            Some(given) => format!("{:<10} {given}", grant.key()),
            None => format!("{:<10} default: {}", grant.key(), grant.default()),
        }
    });
    field("grants", &Vec::from_iter(grants))
}

/// The limits that hold, and which of them the function asked for.
fn limits(function: &Function) -> Vec<String> {
    let asked = function.limits.as_ref();
    let effective = function.effective_limits.as_ref().or(asked);
    let limit = |(name, value): (&String, &Value)| {
        let own = asked.is_some_and(|asked| asked.contains_key(name));
        format!("{name:<20} {value}{}", if own { "  (its own)" } else { "" })
    };
    effective.into_iter().flatten().map(limit).collect()
}
