//! `wasmforge schedules`: what is called by the clock.

use super::failure::Misuse;
use super::invocations::status;
use super::moment::shown;
use super::output::{self, FormatArgs, Table, Text, Tone};
use super::remote::RemoteArgs;
use crate::client::schedules::{Runs, Saved, Schedule};
use crate::client::{Answered, Api};
use crate::registry::Slug;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// What is done with them.
#[derive(clap::Args)]
pub(super) struct SchedulesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List them
    List(ListArgs),
    /// Show one, with its next firings
    Show(IdArgs),
    /// Make one
    Create(CreateArgs),
    /// Change one
    Update(UpdateArgs),
    /// Remove one
    Delete(IdArgs),
    /// Let one fire no more
    Pause(IdArgs),
    /// Let one fire again
    Resume(IdArgs),
    /// Let one fire now
    Run(IdArgs),
    /// List the firings of one
    Logs(LogsArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct IdArgs {
    /// Its id, or its name where no other has that
    schedule: String,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct CreateArgs {
    /// Its name, of three characters at least
    name: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct UpdateArgs {
    /// Its id, or its name where no other has that
    schedule: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(clap::Args)]
struct LogsArgs {
    /// Its id, or its name where no other has that
    schedule: String,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// What a schedule says. What is not given stays as it is.
#[derive(clap::Args)]
struct Fields {
    /// When: five fields of cron, or `N seconds`
    #[arg(long, value_name = "CRON")]
    cron: Option<String>,
    /// The function that is called, at this server's address
    #[arg(long, value_name = "SLUG", value_parser = super::slug, conflicts_with = "target")]
    function: Option<Slug>,
    /// The address that is called
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// The method [default: POST]
    #[arg(short = 'X', long = "request", value_name = "METHOD", value_parser = ["GET", "POST", "PUT", "PATCH", "DELETE"])]
    method: Option<String>,
    /// A header, which may name a secret, `Authorization: Bearer ${{secrets.KEY}}`; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The body, a JSON object
    #[arg(short, long, value_name = "JSON", value_parser = object)]
    data: Option<Map<String, Value>>,
    /// Whose clock it follows, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// How often a failure is tried again, 0 to 10 [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    retries: Option<u8>,
    /// What becomes of firings while no node was there [default: skip]
    #[arg(long, value_parser = ["skip", "run-once"])]
    missed: Option<String>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or_else(|| format!("{text:?} is not NAME: VALUE"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON object: {error}"))
}

impl Fields {
    fn json(&self, api: &Api) -> Map<String, Value> {
        let target = self.function.as_ref().map(|slug| format!("{}/functions/{slug}", api.base()));
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let fields = [
            ("cronSchedule", self.cron.as_ref().map(|cron| json!(cron))),
            ("functionUrl", target.or_else(|| self.target.clone()).map(Value::String)),
            ("httpMethod", self.method.as_ref().map(|method| json!(method))),
            ("headers", (!headers.is_empty()).then_some(Value::Object(headers))),
            ("body", self.data.clone().map(Value::Object)),
            ("timeZone", self.time_zone.as_ref().map(|zone| json!(zone))),
            ("retries", self.retries.map(|retries| json!(retries))),
            ("missed", self.missed.as_ref().map(|missed| json!(missed))),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

pub(super) async fn run(args: SchedulesArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List(ListArgs { format, remote }) => {
            let schedules = remote.api()?.schedules().await?;
            output::show(format, &schedules, |schedules| table(schedules))
        }
        Action::Show(args) => show(args).await,
        Action::Create(args) => create(args).await,
        Action::Update(args) => update(args).await,
        Action::Delete(args) => {
            let (api, id) = args.find().await?;
            told(args.format, &api.delete_schedule(&id).await?, &args.schedule, "deleted")
        }
        Action::Pause(args) => activate(args, false).await,
        Action::Resume(args) => activate(args, true).await,
        Action::Run(args) => {
            let (api, id) = args.find().await?;
            let fired = api.run_schedule(&id).await?;
            output::tell(args.format, &fired, |fired| {
                format!("{} fires: run {}", args.schedule, fired.run_id)
            })
        }
        Action::Logs(args) => {
            let api = args.remote.api()?;
            let id = find(&api, &args.schedule).await?;
            output::show(args.format, &api.schedule_runs(&id, args.limit).await?, runs)
        }
    }
}

impl IdArgs {
    async fn find(&self) -> anyhow::Result<(Api, String)> {
        let api = self.remote.api()?;
        let id = find(&api, &self.schedule).await?;
        Ok((api, id))
    }
}

/// The id of the schedule that somebody means. What is no name may be an id; the server knows.
async fn find(api: &Api, named: &str) -> anyhow::Result<String> {
    let schedules = api.schedules().await?.value;
    let mut called = schedules.iter().filter(|schedule| schedule.name == named && schedule.id != named);
    match (called.next(), called.next()) {
        (Some(only), None) => Ok(only.id.clone()),
        (Some(_), Some(_)) => {
            Err(Misuse(format!("several schedules are called {named:?}: give the id of one")).into())
        }
        (None, _) => Ok(named.to_owned()),
    }
}

fn table(schedules: &[Schedule]) -> Table {
    let headings = ["ID", "NAME", "STATE", "WHEN", "ZONE", "CALLS", "LAST (UTC)", "NEXT (UTC)"];
    let mut table =
        Table::new(headings, "there are no schedules; `wasmforge schedules create NAME` makes one");
    for schedule in schedules {
        table.row([
            schedule.id.as_str().into(),
            schedule.name.as_str().into(),
            match schedule.is_active {
                true => Text::new("active", Tone::Good),
                false => Text::new("paused", Tone::Caution),
            },
            schedule.cron_schedule.as_str().into(),
            schedule.time_zone.as_deref().unwrap_or("UTC").into(),
            format!("{} {}", schedule.http_method, schedule.function_url).into(),
            schedule.last_executed_at.as_deref().map(shown).into(),
            schedule.next_run.as_deref().filter(|_| schedule.is_active).map(shown).into(),
        ]);
    }
    table
}

fn runs(Runs { logs, .. }: &Runs) -> Table {
    let headings = ["FIRED (UTC)", "DUE (UTC)", "ATTEMPT", "STATUS", "TIME", "MESSAGE", "INVOCATION"];
    let mut table = Table::new(headings, "it has not fired yet");
    for run in logs {
        table.row([
            run.executed_at.as_deref().map(shown).into(),
            run.due_at.as_deref().map(shown).into(),
            run.attempt.map(|attempt| attempt.to_string()).into(),
            // What asked for nothing has the status 0.
            match run.status_code.filter(|status| *status > 0) {
                None if run.success == Some(false) => Text::new("failed", Tone::Bad),
                answered => status(answered),
            },
            run.duration_ms.map(|ms| format!("{ms} ms")).into(),
            run.message.as_deref().into(),
            run.invocation_id.as_deref().into(),
        ]);
    }
    table
}

async fn show(args: IdArgs) -> anyhow::Result<ExitCode> {
    let (api, id) = args.find().await?;
    let schedule = api.schedule(&id).await?;
    output::tell(args.format, &schedule, |schedule| {
        let next: Vec<String> =
            schedule.next_runs.iter().map(|moment| format!("  {}", shown(moment))).collect();
        let zone = schedule.time_zone.as_deref().unwrap_or("UTC");
        let state = if schedule.is_active { "active" } else { "paused" };
        format!(
            "{} ({state}): {} {zone}\n{} {}\nnext (UTC):\n{}",
            schedule.name,
            schedule.cron_schedule,
            schedule.http_method,
            schedule.function_url,
            next.join("\n")
        )
    })
}

async fn create(args: CreateArgs) -> anyhow::Result<ExitCode> {
    if args.fields.cron.is_none() {
        return Err(Misuse("when? Give --cron".to_owned()).into());
    }
    if args.fields.function.is_none() && args.fields.target.is_none() {
        return Err(Misuse("what does it call? Give --function or --target".to_owned()).into());
    }
    let api = args.remote.api()?;
    let mut fields = args.fields.json(&api);
    fields.insert("name".to_owned(), json!(args.name));
    fields.entry("httpMethod").or_insert_with(|| json!("POST"));
    let saved = api.create_schedule(&Value::Object(fields)).await?;
    output::tell(args.format, &saved, |saved| {
        format!("made {}: {}", args.name, saved.id.as_deref().unwrap_or_default())
    })
}

async fn update(args: UpdateArgs) -> anyhow::Result<ExitCode> {
    let api = args.remote.api()?;
    let mut fields = args.fields.json(&api);
    fields.extend(args.name.map(|name| ("name".to_owned(), json!(name))));
    if fields.is_empty() {
        return Err(Misuse("nothing is to be changed: say what, such as --cron".to_owned()).into());
    }
    let id = find(&api, &args.schedule).await?;
    told(args.format, &api.update_schedule(&id, &Value::Object(fields)).await?, &args.schedule, "changed")
}

async fn activate(args: IdArgs, active: bool) -> anyhow::Result<ExitCode> {
    let (api, id) = args.find().await?;
    let saved = api.update_schedule(&id, &json!({ "isActive": active })).await?;
    told(args.format, &saved, &args.schedule, if active { "resumed" } else { "paused" })
}

fn told(format: FormatArgs, saved: &Answered<Saved>, named: &str, done: &str) -> anyhow::Result<ExitCode> {
    output::tell(format, saved, |_| format!("{done} {named}"))
}
