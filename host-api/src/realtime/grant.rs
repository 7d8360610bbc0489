//! On which channels a function may publish.

use crate::GrantError;
use serde::Deserialize;

/// Channels by name, or by the beginning of their names with a `*` after it. Absent, all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct RealtimeGrant(Option<Vec<String>>);

/// The grant, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Channels(Option<Vec<Channel>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Channel {
    Named(String),
    Beginning(String),
}

impl Channels {
    pub(super) fn of(grant: RealtimeGrant) -> Result<Self, GrantError> {
        let channels = grant.0.map(|names| names.into_iter().map(channel).collect());
        channels.transpose().map(Self)
    }

    pub(super) fn hold(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|channels| {
            channels.iter().any(|channel| match channel {
                Channel::Named(channel) => channel == name,
                Channel::Beginning(beginning) => name.starts_with(beginning),
            })
        })
    }
}

fn channel(name: String) -> Result<Channel, GrantError> {
    let (beginning, any) = match name.strip_suffix('*') {
        Some(beginning) => (beginning, true),
        None => (name.as_str(), false),
    };
    if name.is_empty() || beginning.contains('*') {
        let reason = format!("{name:?} is no channel: write a name, or the beginning of names and a `*`");
        return Err(GrantError::new("realtime", reason));
    }
    Ok(if any { Channel::Beginning(beginning.to_owned()) } else { Channel::Named(name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(grant: &str) -> Result<Channels, GrantError> {
        Channels::of(serde_json::from_str(grant).unwrap())
    }

    #[test]
    fn without_a_list_every_channel_is_granted() {
        assert!(channels("null").unwrap().hold("anything"));
        assert!(!channels("[]").unwrap().hold("anything"));
    }

    #[test]
    fn a_star_at_the_end_stands_for_any_text() {
        let channels = channels(r#"["news", "chat:*"]"#).unwrap();
        for (name, granted) in [
            ("news", true),
            ("news2", false),
            ("chat:", true),
            ("chat:7", true),
            ("chat", false),
            ("chat:*", true),
        ] {
            assert_eq!(channels.hold(name), granted, "{name}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_meant_is_named() {
        for grant in [r#"[""]"#, r#"["a*b"]"#, r#"["**"]"#] {
            assert_eq!(channels(grant).unwrap_err().path, "realtime", "{grant}");
        }
    }
}
