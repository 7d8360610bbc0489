//! `Prefer: respond-async` (RFC 7240, section 4.1).

use http::HeaderMap;

/// The header; `http` has no name for it.
pub(super) const PREFER: &str = "prefer";

/// Whether the client would rather be answered later.
#[must_use]
pub fn is_async(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| preferences(value).any(|name| name.eq_ignore_ascii_case("respond-async")))
}

/// The names of the preferences in a list. A comma in a quoted value ends none.
fn preferences(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = list.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(|part| part.split([';', '=']).next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn asks(values: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, HeaderValue::from_static(value));
        }
        is_async(&headers)
    }

    #[test]
    fn it_is_found_among_others_whatever_its_case() {
        assert!(asks(&["respond-async"]));
        assert!(asks(&["Respond-Async, wait=10"]));
        assert!(asks(&["return=minimal; foo=\"a,b\" , respond-async"]));
        assert!(asks(&["return=minimal", "respond-async;x=y"]));
    }

    #[test]
    fn nothing_else_is_taken_for_it() {
        assert!(!asks(&[]));
        assert!(!asks(&["return=minimal"]));
        assert!(!asks(&["respond-asynchronously"]));
        assert!(!asks(&["note=\"later, respond-async\""]));
    }
}
