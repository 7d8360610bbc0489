//! Which state of a function a write is meant for.

use super::Version;
use std::fmt;
use time::OffsetDateTime;

/// One state of a function's row. Every write makes another, so that two writers who saw the same state cannot both
/// replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// The state with this version and this moment of the last write.
    pub(super) fn new(version: Option<Version>, updated_at: Option<OffsetDateTime>) -> Self {
        let micros = updated_at.map_or(0, |moment| moment.unix_timestamp_nanos() / 1000);
        Self(format!("{}-{micros:x}", version.unwrap_or(0)))
    }

    /// A state as somebody else writes it; it may be none of ours.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a write asks of the state that it finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    #[default]
    Anything,
    /// That there is a function.
    Existing,
    /// That it is one of these.
    OneOf(Vec<Revision>),
}

impl Expected {
    /// Whether it asks for anything, so that the row has to be looked at first.
    pub(super) fn is_demanding(&self) -> bool {
        *self != Self::Anything
    }

    /// Whether a function in this state may be written.
    #[must_use]
    pub fn admits(&self, found: &Revision) -> bool {
        match self {
            Self::Anything | Self::Existing => true,
            Self::OneOf(revisions) => revisions.contains(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn every_write_and_every_version_is_another_state() {
        let moment = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(7);
        let revision = Revision::new(Some(3), Some(moment));
        assert_eq!(revision.to_string(), "3-7");
        assert_ne!(revision, Revision::new(Some(3), Some(moment + Duration::microseconds(1))));
        assert_ne!(revision, Revision::new(Some(4), Some(moment)));
        assert_ne!(revision, Revision::new(None, Some(moment)));
    }

    #[test]
    fn one_of_several_states_is_enough() {
        let (seen, other) = (Revision::parse("3-7"), Revision::parse("2-1"));
        assert!(Expected::Anything.admits(&seen) && Expected::Existing.admits(&seen));
        assert!(Expected::OneOf(vec![other.clone(), seen.clone()]).admits(&seen));
        assert!(!Expected::OneOf(vec![other]).admits(&seen));
    }
}
