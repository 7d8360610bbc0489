//! Percent-encoding (RFC 3986).

use std::fmt::Write as _;

/// Appends `text` with everything but unreserved characters encoded, so that it is one value wherever it stands.
pub(super) fn encode_into(target: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => target.push(byte.into()),
            // Writing to a string does not fail.
            _ => drop(write!(target, "%{byte:02X}")),
        }
    }
}

/// A path of these segments and a query of these pairs.
pub(super) fn target(segments: &[&str], pairs: &[(String, String)]) -> String {
    let mut target = String::new();
    for segment in segments {
        target.push('/');
        encode_into(&mut target, segment);
    }
    for (index, (name, value)) in pairs.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        encode_into(&mut target, name);
        target.push('=');
        encode_into(&mut target, value);
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_become_another_parameter() {
        let pairs = [("name".to_owned(), "eq.a&role=eq.admin#é".to_owned())];
        assert_eq!(
            target(&["rpc", "a/../b"], &pairs),
            "/rpc/a%2F..%2Fb?name=eq.a%26role%3Deq.admin%23%C3%A9"
        );
    }
}
