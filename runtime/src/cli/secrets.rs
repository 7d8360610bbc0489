//! `wasmforge secrets`: what functions see in their environment.

use super::failure::Misuse;
use super::moment::{ahead, shown};
use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use crate::client::secrets::{Expiry, Rotated, RotatedKey, SecretList};
use crate::config::Secret;
use anyhow::Context as _;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

/// What is done with them.
#[derive(clap::Args)]
pub(super) struct SecretsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List them, without their values
    List(ListArgs),
    /// Print the value of one
    Get(KeyArgs),
    /// Give one a value, from standard input or a prompt
    Set(SetArgs),
    /// Take one away from functions
    Delete(KeyArgs),
    /// Replace the administrator's or the public clients' key
    Rotate(RotateArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct KeyArgs {
    /// The secret: A–Z, 0–9 and _
    key: String,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct SetArgs {
    /// The secret: A–Z, 0–9 and _
    key: String,
    /// The value. Others on this machine may see it there, and the shell's history keeps it
    #[arg(long)]
    value: Option<String>,
    /// When it ends: `12h`, `30d`, a moment like 2026-01-31T12:00:00Z, or `never`
    #[arg(long, value_parser = expiry)]
    expires: Option<Expiry>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct RotateArgs {
    /// Which
    key: RotatedKey,
    /// Hours for which the old one works, too [default: 24 of the API key, 168 of the anon key]
    #[arg(long, value_name = "HOURS")]
    grace: Option<u32>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

fn expiry(text: &str) -> Result<Expiry, String> {
    match text {
        "never" => Ok(Expiry::Never),
        text => ahead(text).map(Expiry::At),
    }
}

pub(super) async fn run(args: SecretsArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List(ListArgs { format, remote }) => {
            output::show(format, &remote.api()?.secrets().await?, table)
        }
        Action::Get(KeyArgs { key, format, remote }) => get(&key, format, &remote).await,
        Action::Set(args) => set(args).await,
        Action::Delete(KeyArgs { key, format, remote }) => {
            let deleted = remote.api()?.delete_secret(&key).await?;
            output::tell(format, &deleted, |_| format!("deleted {key}"))
        }
        Action::Rotate(args) => rotate(args).await,
    }
}

fn table(SecretList { secrets }: &SecretList) -> Table {
    let headings = ["KEY", "STATE", "RESERVED", "EXPIRES (UTC)", "LAST USED (UTC)", "CHANGED (UTC)"];
    let mut table = Table::new(headings, "there are no secrets; `wasmforge secrets set KEY` makes one");
    for secret in secrets {
        table.row([
            secret.key.as_str().into(),
            match secret.is_active {
                Some(false) => Text::new("deleted", Tone::Faint),
                _ => Text::new("active", Tone::Good),
            },
            if secret.is_reserved == Some(true) { "reserved" } else { "" }.into(),
            secret.expires_at.as_deref().map(shown).into(),
            secret.last_used_at.as_deref().map(shown).into(),
            secret.updated_at.as_deref().map(shown).into(),
        ]);
    }
    table
}

/// A terminal gets a line; a pipe gets the value alone.
async fn get(key: &str, format: FormatArgs, remote: &RemoteArgs) -> anyhow::Result<ExitCode> {
    let secret = remote.api()?.secret(key).await?;
    if format.json {
        output::json(&secret.json)?;
    } else {
        let end = if io::stdout().is_terminal() { "\n" } else { "" };
        write!(io::stdout(), "{}{end}", secret.value.value)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(args: SetArgs) -> anyhow::Result<ExitCode> {
    let api = args.remote.api()?;
    let value = match args.value {
        Some(value) => Secret::new(value),
        None if io::stdin().is_terminal() => prompted(&args.key)?,
        None => piped()?,
    };
    if value.is_empty() {
        return Err(Misuse(format!("{} gets no value: nothing was given", args.key)).into());
    }
    let told = api.set_secret(&args.key, &value, args.expires.as_ref()).await?;
    output::tell(args.format, &told, |_| format!("set {}", args.key))
}

/// What is typed is not shown.
fn prompted(key: &str) -> anyhow::Result<Secret> {
    write!(io::stderr(), "value of {key}: ")?;
    let line = console::Term::stderr().read_secure_line().context("the value cannot be read")?;
    Ok(Secret::new(line))
}

/// All of standard input, without the line feed that `echo` ends it with.
fn piped() -> anyhow::Result<Secret> {
    let mut text = zeroize::Zeroizing::new(String::new());
    io::stdin().read_to_string(&mut text).context("the value cannot be read")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

async fn rotate(args: RotateArgs) -> anyhow::Result<ExitCode> {
    let rotated = args.remote.api()?.rotate(args.key, args.grace).await?;
    if args.format.json {
        output::json(&rotated.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Rotated { api_key, anon_key, old_key_expires_at } = &rotated.value;
    let key = api_key.as_deref().or(anon_key.as_deref()).unwrap_or_default();
    writeln!(io::stdout(), "{key}")?;
    if let Some(end) = old_key_expires_at {
        writeln!(io::stderr(), "the old key works until {} UTC", shown(end))?;
    }
    Ok(ExitCode::SUCCESS)
}
