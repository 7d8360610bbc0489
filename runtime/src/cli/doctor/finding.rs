//! What was looked at, how it is, and what to do.

use super::super::output::{Tone, painted};
use serde::Serialize;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Good,
    /// It works, but not all of it, or not for long.
    Caution,
    /// It does not work.
    Bad,
    /// It is not there and need not be.
    Absent,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) subject: &'static str,
    /// How it is.
    pub(super) state: State,
    /// What was found.
    pub(super) found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn good(subject: &'static str, found: impl Into<String>) -> Self {
        Self { subject, state: State::Good, found: found.into(), fix: None }
    }

    pub(super) fn absent(subject: &'static str, found: impl Into<String>) -> Self {
        Self { subject, state: State::Absent, found: found.into(), fix: None }
    }

    pub(super) fn caution(subject: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { subject, state: State::Caution, found: found.into(), fix: Some(fix.into()) }
    }

    pub(super) fn bad(subject: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { subject, state: State::Bad, found: found.into(), fix: Some(fix.into()) }
    }

    /// One line for a person.
    pub(super) fn line(&self, colour: bool) -> String {
        let (mark, tone) = match self.state {
            State::Good => ("ok     ", Tone::Good),
            State::Caution => ("caution", Tone::Caution),
            State::Bad => ("bad    ", Tone::Bad),
            State::Absent => ("–      ", Tone::Faint),
        };
        let fix = self.fix.as_ref().map(|fix| format!(" → {fix}")).unwrap_or_default();
        // An error of a library may have several lines.
        let found: Vec<&str> = self.found.split_whitespace().collect();
        format!("{} {:<14} {}{fix}", painted(mark, tone, colour), self.subject, found.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_with_its_fix() {
        let bad = Finding::bad("database", "no\n  answer", "start it");
        assert_eq!(bad.line(false), "bad     database       no answer → start it");
        assert_eq!(Finding::good("keys", "there").line(false), "ok      keys           there");
    }
}
