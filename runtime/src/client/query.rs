//! The parts of an address that hold what people typed.

use std::fmt::Display;

/// The query of an address.
#[derive(Clone, Debug, Default)]
pub struct Query(String);

impl Query {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `name=value`, encoded, where there is a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.extend(form_urlencoded::byte_serialize(name.as_bytes()));
            self.0.push('=');
            self.0.extend(form_urlencoded::byte_serialize(value.to_string().as_bytes()));
        }
        self
    }

    /// `path` with this query behind it.
    #[must_use]
    pub fn of(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

/// One segment of a path: what would end it early is percent-encoded.
#[must_use]
pub fn segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
            b'.' if text.len() > 2 => ".".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_asked_for() {
        let none: Option<u8> = None;
        let query = Query::new().with("a", none).with("text", Some("b & c")).with("n", Some(3));
        assert_eq!(query.of("/x"), "/x?text=b+%26+c&n=3");
        assert_eq!(Query::new().of("/x"), "/x");
    }

    #[test]
    fn a_segment_stays_one() {
        assert_eq!(segment("a/b?c#d%"), "a%2Fb%3Fc%23d%25");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("v1.2"), "v1.2");
    }
}
