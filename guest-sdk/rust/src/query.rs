//! Query strings, as HTML forms write them (URL Standard, `application/x-www-form-urlencoded`).

use std::borrow::Cow;

/// The parameters of a query string, in their order.
#[derive(Clone, Debug)]
pub struct Pairs<'a>(std::str::Split<'a, char>);

pub(crate) fn pairs(query: &str) -> Pairs<'_> {
    Pairs(query.split('&'))
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let pair = self.0.find(|pair| !pair.is_empty())?;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name), decode(value)))
    }
}

/// Decodes `+` and `%XX`. A `%` that no two hexadecimal digits follow stands for itself, and bytes that are not UTF-8
/// become U+FFFD, as browsers do.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        decoded.push(match (byte, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => byte,
        });
    }
    Cow::Owned(
        String::from_utf8(decoded)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_decoding_is_not_copied() {
        assert!(matches!(decode("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn percent_signs_that_encode_nothing_stay() {
        for (text, decoded) in
            [("100%", "100%"), ("%4", "%4"), ("%zz", "%zz"), ("%41%", "A%"), ("%ff", "\u{fffd}")]
        {
            assert_eq!(decode(text), decoded);
        }
    }

    #[test]
    fn separators_are_split_before_decoding() {
        let pairs: Vec<_> = pairs("&a=1%262&&b%3D=c=d").collect();
        assert_eq!(pairs, [("a".into(), "1&2".into()), ("b=".into(), "c=d".into())]);
    }
}
