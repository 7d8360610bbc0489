//! How much of a logged line is kept.

use super::MAX_LINE;

/// Fields of one line.
const MAX_FIELDS: usize = 64;

/// Bytes of names and values of one line.
const MAX_FIELD_BYTES: u64 = 16 * 1024;

/// The field that says how many others were left out.
const DROPPED: &str = "fieldsDropped";

/// The fields that are kept, each name once and with its last value.
pub(super) fn fields(given: &[(String, String)]) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::with_capacity(given.len().min(MAX_FIELDS));
    let (mut bytes, mut dropped) = (0, 0_usize);
    for (name, value) in given {
        bytes += size(name, value);
        let has_room = kept.len() < MAX_FIELDS;
        match kept.iter_mut().find(|(known, _)| known == name) {
            _ if bytes > MAX_FIELD_BYTES => dropped += 1,
            Some((_, known)) => known.clone_from(value),
            None if has_room => kept.push((name.clone(), value.clone())),
            None => dropped += 1,
        }
    }
    if dropped > 0 {
        kept.retain(|(name, _)| name != DROPPED);
        kept.push((DROPPED.to_owned(), dropped.to_string()));
    }
    kept
}

/// What fields cost of the invocation's limit.
pub(super) fn cost(fields: &[(String, String)]) -> u64 {
    fields.iter().map(|(name, value)| size(name, value)).sum()
}

fn size(name: &str, value: &str) -> u64 {
    (name.len() + value.len()) as u64 + 2
}

/// The parts of a message that are lines of their own; an empty message is one.
pub(super) fn pieces(message: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(message);
    std::iter::from_fn(move || {
        let text = rest?;
        let piece = prefix(text, MAX_LINE as u64);
        rest = text.get(piece.len()..).filter(|rest| !rest.is_empty());
        Some(piece)
    })
}

/// The beginning of a text, at most so many bytes long, cut between characters.
pub(super) fn prefix(text: &str, bytes: u64) -> &str {
    let end = text.floor_char_boundary(usize::try_from(bytes).unwrap_or(usize::MAX));
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(given: &[(&str, String)]) -> Vec<(String, String)> {
        fields(&given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>())
    }

    #[test]
    fn the_last_of_a_name_counts() {
        let kept = kept(&[("a", "1".into()), ("b", "2".into()), ("a", "3".into())]);
        assert_eq!(kept, [("a".into(), "3".into()), ("b".into(), "2".into())]);
    }

    #[test]
    fn too_many_and_too_large_fields_are_left_out_and_counted() {
        let names: Vec<_> = (0..70).map(|n| format!("n{n}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "v".to_owned())).collect();
        let kept_of_many = kept(&many);
        assert_eq!(kept_of_many.len(), 65);
        assert_eq!(kept_of_many.last().unwrap(), &("fieldsDropped".to_owned(), "6".to_owned()));
        let large = kept(&[("a", "1".into()), ("b", "x".repeat(20_000))]);
        assert_eq!(large, [("a".into(), "1".into()), ("fieldsDropped".into(), "1".into())]);
    }
}
