//! What commands write to standard output: tables for people, JSON for scripts.

use crate::client::Answered;
use crate::config::Variables;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, presets};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// What a listing is written as.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct FormatArgs {
    /// Print what the server says, as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What a cell's colour says, where there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Caution,
    Bad,
    Faint,
}

/// A text and its tone.
pub(super) struct Text(String, Tone);

impl Text {
    pub(super) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self(text.into(), tone)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text, Tone::Plain)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned(), Tone::Plain)
    }
}

impl<T: Into<Self>> From<Option<T>> for Text {
    fn from(text: Option<T>) -> Self {
        text.map_or_else(|| Self("–".to_owned(), Tone::Faint), Into::into)
    }
}

/// Rows under headings.
pub(super) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Text>>,
    /// What is said where there is no row.
    empty: &'static str,
}

impl Table {
    pub(super) fn new<const N: usize>(headings: [&'static str; N], empty: &'static str) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new(), empty }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [Text; N]) {
        self.rows.push(cells.into());
    }

    /// Writes it to standard output. On a terminal it fits its width.
    pub(super) fn print(self) -> io::Result<()> {
        if self.rows.is_empty() {
            return writeln!(io::stderr(), "{}", self.empty);
        }
        let (terminal, colour) = (io::stdout().is_terminal(), has_colour(&io::stdout()));
        writeln!(io::stdout(), "{}", self.render(terminal, colour))
    }

    fn render(self, terminal: bool, colour: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING);
        if !colour {
            table.force_no_tty();
        } else {
            table.enforce_styling();
        }
        table.set_content_arrangement(match terminal {
            true => ContentArrangement::Dynamic,
            false => ContentArrangement::Disabled,
        });
        let heading = |name: &&str| Cell::new(name).add_attribute(Attribute::Bold);
        table.set_header(self.headings.iter().map(heading));
        for row in self.rows {
            table.add_row(row.into_iter().map(|Text(text, tone)| styled(&printable(&text), tone)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        // What names things is never broken: it is copied.
        if let Some(first) = table.column_mut(0) {
            first.set_constraint(ColumnConstraint::ContentWidth);
        }
        table.trim_fmt()
    }
}

fn styled(text: &str, tone: Tone) -> Cell {
    let cell = Cell::new(text);
    match tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::Green),
        Tone::Caution => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Faint => cell.fg(Color::DarkGrey),
    }
}

/// Writes an answer as it came, or as a table.
pub(super) fn show<T>(
    format: FormatArgs,
    answered: &Answered<T>,
    table: impl FnOnce(&T) -> Table,
) -> anyhow::Result<ExitCode> {
    match format.json {
        true => json(&answered.json)?,
        false => table(&answered.value).print()?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes an answer as it came, or as a line.
pub(super) fn tell<T>(
    format: FormatArgs,
    answered: &Answered<T>,
    line: impl FnOnce(&T) -> String,
) -> anyhow::Result<ExitCode> {
    match format.json {
        true => json(&answered.json)?,
        false => writeln!(io::stdout(), "{}", printable(&line(&answered.value)))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a value as JSON.
pub(super) fn json(value: &impl Serialize) -> io::Result<()> {
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(value)?)
}

/// Whether colours are wanted on a stream (<https://no-color.org>).
pub(super) fn has_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && wants_colour(&Variables::of_process())
}

fn wants_colour(variables: &Variables) -> bool {
    variables.get("NO_COLOR").is_none() && variables.get("TERM") != Some("dumb")
}

/// A text of somebody else's without what a terminal would act upon.
pub(super) fn printable(text: &str) -> String {
    let is_harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if is_harmless(c) { c.to_string() } else { c.escape_unicode().to_string() })
        .collect()
}

/// Wraps a text in a colour, where there are colours.
pub(super) fn painted(text: &str, tone: Tone, colour: bool) -> String {
    let code = match tone {
        Tone::Plain => 0,
        Tone::Good => 32,
        Tone::Caution => 33,
        Tone::Bad => 31,
        Tone::Faint => 90,
    };
    match colour && tone != Tone::Plain {
        true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    }
}

/// Bytes as people read them.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

/// Microseconds as people read them.
pub(super) fn duration(us: u64) -> String {
    let us = us as f64;
    if us < 1000.0 {
        format!("{us} µs")
    } else if us < 1_000_000.0 {
        format!("{:.1} ms", us / 1000.0)
    } else {
        format!("{:.2} s", us / 1_000_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["NAME", "STATUS"], "nothing");
        table.row(["a\u{1b}[2J".into(), Text::new("active", Tone::Good)]);
        table.row(["long-name".into(), None::<String>.into()]);
        table
    }

    #[test]
    fn a_table_in_a_pipe_is_aligned_text() {
        let expected = "NAME        STATUS\na\\u{1b}[2J  active\nlong-name   –";
        assert_eq!(table().render(false, false), expected);
    }

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        assert!(table().render(true, true).contains("\u{1b}["));
        let wants = |name: &str, value: &str| {
            wants_colour(&[(name.to_owned(), value.to_owned())].into_iter().collect())
        };
        assert!(!wants("NO_COLOR", "1") && !wants("TERM", "dumb"));
        assert!(wants("NO_COLOR", "") && wants("TERM", "xterm"));
    }

    #[test]
    fn sizes_and_durations_have_units() {
        assert_eq!((size(0), size(1023), size(1536)), ("0 B".into(), "1023 B".into(), "1.5 KiB".into()));
        assert_eq!(size(5 << 30), "5.0 GiB");
        assert_eq!(
            (duration(900), duration(23_400), duration(2_000_000)),
            ("900 µs".into(), "23.4 ms".into(), "2.00 s".into())
        );
    }
}
