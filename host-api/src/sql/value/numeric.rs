//! PostgreSQL's `numeric`, from its binary format to digits.

use bytes::Buf;
use std::fmt::Write as _;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const MINUS_INFINITY: u16 = 0xf000;

/// The decimal digits of a number: groups of four digits, of which the first stands `weight` groups before the point.
pub(super) fn digits(mut bytes: &[u8]) -> Option<String> {
    let count = bytes.try_get_u16().ok()?;
    let weight = bytes.try_get_i16().ok()?;
    let sign = bytes.try_get_u16().ok()?;
    let scale = usize::from(bytes.try_get_u16().ok()?);
    let groups = (0..count).map(|_| bytes.try_get_u16().ok()).collect::<Option<Vec<_>>>()?;
    let group = |index: i32| usize::try_from(index).ok().and_then(|i| groups.get(i)).copied().unwrap_or(0);
    let mut text = match sign {
        POSITIVE => String::new(),
        NEGATIVE => "-".to_owned(),
        NAN => return Some("NaN".to_owned()),
        INFINITY => return Some("Infinity".to_owned()),
        MINUS_INFINITY => return Some("-Infinity".to_owned()),
        _ => return None,
    };
    let weight = i32::from(weight);
    let _ = write!(text, "{}", if weight < 0 { 0 } else { group(0) });
    for index in 1..=weight {
        let _ = write!(text, "{:04}", group(index));
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut index = weight + 1;
        while text.len() < end {
            let _ = write!(text, "{:04}", group(index));
            index += 1;
        }
        text.truncate(end);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Option<String> {
        let head = [groups.len() as u16, weight as u16, sign, scale];
        let bytes: Vec<u8> = head.iter().chain(groups).flat_map(|part| part.to_be_bytes()).collect();
        digits(&bytes)
    }

    #[test]
    fn groups_of_digits_are_put_around_the_point() {
        assert_eq!(number(0, POSITIVE, 0, &[]).unwrap(), "0");
        assert_eq!(number(0, POSITIVE, 2, &[]).unwrap(), "0.00");
        assert_eq!(number(1, NEGATIVE, 3, &[12, 3456, 7890]).unwrap(), "-123456.789");
        assert_eq!(number(-2, POSITIVE, 8, &[12]).unwrap(), "0.00000012");
        assert_eq!(number(2, POSITIVE, 0, &[1]).unwrap(), "100000000");
        assert_eq!(number(-1, POSITIVE, 6, &[1234, 5600]).unwrap(), "0.123456");
    }

    #[test]
    fn what_is_no_number_has_a_name() {
        assert_eq!(number(0, NAN, 0, &[]).unwrap(), "NaN");
        assert_eq!(number(0, MINUS_INFINITY, 0, &[]).unwrap(), "-Infinity");
        assert_eq!(number(0, 0x1234, 0, &[]), None);
        assert_eq!(digits(&[0, 9, 0, 0]), None);
    }
}
