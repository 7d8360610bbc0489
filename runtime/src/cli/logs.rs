//! `wasmforge logs [SLUG]`: what functions write, and as they write it.

use super::moment::{ago, shown};
use super::output::{Tone, has_colour, painted, printable};
use super::remote::RemoteArgs;
use super::slug;
use crate::client::invocations::{Line, LineFilter};
use crate::client::{Api, ClientError, Event, Events, Refusal};
use crate::registry::Slug;
use http::StatusCode;
use serde_json::Value;
use std::collections::{HashSet, VecDeque};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Lines that a page has at most.
const PAGE: u32 = 200;

/// Lines that are remembered, so that none is told twice where what was and what comes overlap.
const REMEMBERED: usize = 2000;

/// The first and the longest pause before a broken stream is asked for again.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Which lines.
#[derive(clap::Args)]
pub(super) struct LogsArgs {
    /// The function [default: all of them]
    #[arg(value_parser = slug)]
    slug: Option<Slug>,
    /// Go on with what is written from now on
    #[arg(short, long)]
    follow: bool,
    /// Lines of this level and those above it
    #[arg(long, value_parser = ["trace", "debug", "info", "warn", "error"])]
    level: Option<String>,
    /// Since then: `10m`, `2h`, `7d`, or a moment like 2026-01-31T12:00:00Z
    #[arg(long, value_parser = ago)]
    since: Option<String>,
    /// Lines with this text, whatever its case
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// Lines of this invocation
    #[arg(long, value_name = "ID")]
    invocation: Option<String>,
    /// The newest so many of what is there
    #[arg(short = 'n', long, default_value_t = 100)]
    lines: u32,
    /// Print each line as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) async fn run(args: LogsArgs) -> anyhow::Result<ExitCode> {
    let api = args.remote.api()?;
    let mut printer = Printer::new(&args);
    if !args.follow {
        printer.print_all(args.past(&api).await?)?;
        return Ok(ExitCode::SUCCESS);
    }
    follow(&args, &api, &mut printer).await
}

impl LogsArgs {
    fn filter(&self) -> LineFilter {
        LineFilter {
            slug: self.slug.as_ref().map(ToString::to_string),
            invocation: self.invocation.clone(),
            level: self.level.clone(),
            since: self.since.clone(),
            text: self.grep.clone(),
        }
    }

    /// The newest lines, oldest first, as they came and as they are read.
    async fn past(&self, api: &Api) -> Result<Vec<(Value, Line)>, ClientError> {
        let (filter, mut cursor) = (self.filter(), None::<String>);
        let mut lines = VecDeque::new();
        let wanted = usize::try_from(self.lines).unwrap_or(usize::MAX);
        while lines.len() < wanted {
            let missing = u32::try_from(wanted - lines.len()).unwrap_or(PAGE).min(PAGE);
            let page = api.lines(&filter, missing, cursor.as_deref()).await?;
            let raw = page.json.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
            for pair in raw.into_iter().zip(page.value.lines) {
                lines.push_front(pair);
            }
            match page.value.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        Ok(lines.into())
    }
}

/// Never ends by itself but by a refusal. A stream that breaks off is asked for again, from where it was.
async fn follow(args: &LogsArgs, api: &Api, printer: &mut Printer<'_>) -> anyhow::Result<ExitCode> {
    let filter = args.filter();
    let past = args.past(api).await?;
    // What was written meanwhile is not in the table yet: the server looks again for what came after the last line.
    let last = past.last().and_then(|(_, line)| line.id.as_str().map(str::to_owned));
    printer.print_all(past)?;
    let mut events = api.follow(&filter, last.as_deref()).await?;
    let mut place = Place { last, pause: PAUSE };
    loop {
        let broken = read(&mut events, &mut place, printer).await?;
        tracing::warn!(
            "{}; asking again",
            broken.unwrap_or_else(|| "the server ended the stream".to_owned())
        );
        events = loop {
            tokio::time::sleep(place.pause).await;
            place.pause = (place.pause * 2).min(LONGEST_PAUSE);
            match api.follow(&filter, place.last.as_deref()).await {
                Ok(events) => break events,
                Err(ClientError::Refused(refusal)) if is_final(&refusal) => {
                    return Err(ClientError::Refused(refusal).into());
                }
                Err(error) => tracing::debug!(%error, "not yet"),
            }
        };
    }
}

/// Whether another try would be refused, too.
fn is_final(refusal: &Refusal) -> bool {
    refusal.status.is_client_error() && refusal.status != StatusCode::TOO_MANY_REQUESTS
}

/// How far a stream was read, and how long to wait before the next.
struct Place {
    last: Option<String>,
    pause: Duration,
}

/// Prints what comes until nothing does, and tells why.
async fn read(
    events: &mut Events,
    place: &mut Place,
    printer: &mut Printer<'_>,
) -> io::Result<Option<String>> {
    loop {
        let event = match events.next().await {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(Some(error.to_string())),
        };
        place.pause = PAUSE;
        printer.take(&event)?;
        place.last = event.id.or(place.last.take());
    }
}

/// Writes each line once.
struct Printer<'a> {
    args: &'a LogsArgs,
    colour: bool,
    seen: HashSet<String>,
    order: VecDeque<String>,
}

impl<'a> Printer<'a> {
    fn new(args: &'a LogsArgs) -> Self {
        Self { args, colour: has_colour(&io::stdout()), seen: HashSet::new(), order: VecDeque::new() }
    }

    fn print_all(&mut self, lines: Vec<(Value, Line)>) -> io::Result<()> {
        lines.iter().try_for_each(|(json, line)| self.print(json, line))
    }

    /// The stream knows of functions and levels; the rest is chosen here.
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if event.name == "dropped" {
            tracing::warn!("lines were written faster than they are read here: some are missing");
        }
        if event.name != "line" {
            return Ok(());
        }
        let Ok(json) = serde_json::from_str::<Value>(&event.data) else { return Ok(()) };
        let Ok(line) = serde_json::from_value::<Line>(json.clone()) else { return Ok(()) };
        let of_invocation =
            self.args.invocation.as_ref().is_none_or(|id| Some(id) == line.invocation_id.as_ref());
        let has_text = self
            .args
            .grep
            .as_ref()
            .is_none_or(|text| line.message.to_lowercase().contains(&text.to_lowercase()));
        if of_invocation && has_text { self.print(&json, &line) } else { Ok(()) }
    }

    fn print(&mut self, json: &Value, line: &Line) -> io::Result<()> {
        let id = line.id.to_string();
        if id != "null" && !self.seen.insert(id.clone()) {
            return Ok(());
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        let mut out = io::stdout().lock();
        match self.args.json {
            true => writeln!(out, "{json}")?,
            false => writeln!(out, "{}", self.line(line))?,
        }
        out.flush()
    }

    fn line(&self, line: &Line) -> String {
        let tone = match line.level.as_str() {
            "error" => Tone::Bad,
            "warn" => Tone::Caution,
            "info" => Tone::Good,
            _ => Tone::Faint,
        };
        let fields = line.fields.iter().flatten().map(|(name, value)| match value {
            Value::String(text) => format!(" {name}={text}"),
            value => format!(" {name}={value}"),
        });
        format!(
            "{} {} {} {}{}",
            painted(&shown(&line.at), Tone::Faint, self.colour),
            painted(&format!("{:<5}", line.level), tone, self.colour),
            printable(&line.slug),
            printable(line.message.trim_end()),
            painted(&printable(&fields.collect::<String>()), Tone::Faint, self.colour),
        )
    }
}
