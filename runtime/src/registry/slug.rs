//! The name of a function in a URL.

use std::fmt;
use std::sync::Arc;

/// A function's name: one or more of `a–z A–Z 0–9 _ -`, at most 255 bytes, case-sensitive.
///
/// The pattern is that of InsForge's runtime, matched on the undecoded path; the length is that of the column
/// `functions.definitions.slug`. A value of this type has been checked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(Arc<str>);

/// Why a text is not a [`Slug`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSlug {
    /// It has no characters.
    #[error("a slug has at least one character")]
    Empty,
    /// It is longer than the column that holds it.
    #[error("a slug has at most {} characters", Slug::MAX_LEN)]
    TooLong,
    /// It holds a character outside the pattern.
    #[error("a slug consists of letters, digits, '-' and '_'; found {0:?}")]
    Character(char),
}

impl Slug {
    /// The greatest length in bytes, `varchar(255)` in the table.
    pub const MAX_LEN: usize = 255;

    /// Checks `text` against the pattern.
    ///
    /// # Errors
    /// [`InvalidSlug`] names what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidSlug> {
        Self::check(text)?;
        Ok(Self(Arc::from(text)))
    }

    /// Whether `text` is a slug, without keeping it: what routing asks for every request.
    ///
    /// # Errors
    /// [`InvalidSlug`] names what is wrong with it.
    pub fn check(text: &str) -> Result<(), InvalidSlug> {
        if text.is_empty() {
            return Err(InvalidSlug::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(InvalidSlug::TooLong);
        }
        match text.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '_' || *c == '-')) {
            Some(c) => Err(InvalidSlug::Character(c)),
            None => Ok(()),
        }
    }

    /// Whether the name is kept for the runtime's own routes, whatever its case (InsForge reserves `health`).
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.eq_ignore_ascii_case("health")
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as shared text, for records that outlive the request.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

impl std::borrow::Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_insforge_routes() {
        for slug in ["a", "hello", "A_b-9", "info", &"x".repeat(255)] {
            assert_eq!(Slug::parse(slug).unwrap().as_str(), slug);
        }
    }

    #[test]
    fn refuses_everything_else_and_says_why() {
        assert_eq!(Slug::parse(""), Err(InvalidSlug::Empty));
        assert_eq!(Slug::parse(&"x".repeat(256)), Err(InvalidSlug::TooLong));
        for (text, found) in
            [("a/b", '/'), ("hello!", '!'), ("a b", ' '), ("..", '.'), ("h%65", '%'), ("ﬁ", 'ﬁ')]
        {
            assert_eq!(Slug::parse(text), Err(InvalidSlug::Character(found)));
        }
    }

    #[test]
    fn health_is_reserved_in_any_case() {
        assert!(Slug::parse("Health").unwrap().is_reserved());
        assert!(!Slug::parse("healthy").unwrap().is_reserved());
        assert!(!Slug::parse("info").unwrap().is_reserved());
    }
}
