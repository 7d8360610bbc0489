//! Which models may be used.

use std::fmt;
use std::str::FromStr;

/// A model's name, in which `*` stands for any text: `openai/gpt-4o-mini`, `anthropic/*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPattern(String);

/// A text that is no [`ModelPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a model")]
pub struct ModelPatternError(String);

impl FromStr for ModelPattern {
    type Err = ModelPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(ModelPatternError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ModelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ModelPattern {
    /// Whether it stands for this model.
    #[must_use]
    pub fn matches(&self, model: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return self.0 == model };
        let Some(mut left) = model.strip_prefix(start) else { return false };
        let mut parts = rest.split('*').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return left.ends_with(part);
            }
            match left.split_once(part) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        true
    }
}

/// Whether one of the patterns stands for the model; no list allows every model.
pub(super) fn allows(patterns: Option<&[ModelPattern]>, model: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(model)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, model, matches) in [
            ("openai/gpt-4o", "openai/gpt-4o", true),
            ("openai/gpt-4o", "openai/gpt-4o-mini", false),
            ("openai/gpt-4o", "openai/gpt-4o:online", false),
            ("anthropic/*", "anthropic/claude", true),
            ("anthropic/*", "openai/anthropic/claude", false),
            ("*", "anything", true),
            ("*/gpt-*-mini", "openai/gpt-4o-mini", true),
            ("*/gpt-*-mini", "openai/gpt-mini", false),
            ("a*a", "a", false),
            ("a*b*c", "aXbYbZc", true),
        ] {
            let parsed: ModelPattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(model), matches, "{pattern} {model}");
        }
        assert!("".parse::<ModelPattern>().is_err() && "a b".parse::<ModelPattern>().is_err());
    }
}
