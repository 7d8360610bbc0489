//! Rows as clients write them. Forms send `""` for a number or a date that nobody filled in, which PostgreSQL would refuse;
//! InsForge leaves it out.

use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashSet};

/// A row's columns with their values as they were written, so that no number loses a digit.
type Row<'a> = BTreeMap<String, &'a RawValue>;

/// Whether it is worth while to parse a body.
pub(super) fn may_have_empty_strings(body: &[u8]) -> bool {
    body.windows(2).any(|pair| pair == br#""""#)
}

/// The body without the empty strings in columns that hold no text; `None` where there are none, and for a body that is no
/// JSON, about which PostgREST is to complain.
pub(super) fn without_empty_strings(body: &[u8], text_columns: &HashSet<String>) -> Option<Vec<u8>> {
    let whole: &RawValue = serde_json::from_slice(body).ok()?;
    match whole.get().bytes().next()? {
        b'{' => without(whole, text_columns).map(String::into_bytes),
        b'[' => {
            let rows: Vec<&RawValue> = serde_json::from_str(whole.get()).ok()?;
            let mut is_changed = false;
            let rows: Vec<Box<RawValue>> = rows
                .into_iter()
                .map(|row| match without(row, text_columns).and_then(|row| RawValue::from_string(row).ok()) {
                    Some(row) => {
                        is_changed = true;
                        row
                    }
                    None => row.to_owned(),
                })
                .collect();
            is_changed.then(|| serde_json::to_vec(&rows).ok()).flatten()
        }
        _ => None,
    }
}

fn without(row: &RawValue, text_columns: &HashSet<String>) -> Option<String> {
    // What is no object is no row, and passes.
    let mut columns: Row<'_> = serde_json::from_str(row.get()).ok()?;
    let before = columns.len();
    columns.retain(|name, value| value.get() != r#""""# || text_columns.contains(name));
    (columns.len() < before).then(|| serde_json::to_string(&columns).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(body: &str) -> Option<String> {
        let text = HashSet::from(["title".to_owned()]);
        without_empty_strings(body.as_bytes(), &text).map(|rest| String::from_utf8(rest).unwrap())
    }

    #[test]
    fn an_empty_string_stays_where_it_is_text() {
        assert_eq!(rest(r#"{"title":"","due":"","n":1}"#).unwrap(), r#"{"n":1,"title":""}"#);
        assert_eq!(
            rest(r#" [ {"due":"" , "title":"a"}, {"due":"x"}, 7, null ] "#).unwrap(),
            r#"[{"title":"a"},{"due":"x"},7,null]"#
        );
    }

    #[test]
    fn what_need_not_change_does_not() {
        for body in
            [r#"{"title":""}"#, r#"[]"#, r#"{"due":" ","more":{"due":""}}"#, "no json \"\"", "", "\"\""]
        {
            assert_eq!(rest(body), None, "{body}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let row = rest(r#"{"due":"","n":12345678901234567890.1234567890,"m":1.10}"#).unwrap();
        assert_eq!(row, r#"{"m":1.10,"n":12345678901234567890.1234567890}"#);
    }

    #[test]
    fn a_body_without_two_quotes_in_a_row_is_not_parsed() {
        assert!(!may_have_empty_strings(br#"{"a":"b","c":1}"#));
        assert!(may_have_empty_strings(br#"{"a":""}"#));
    }
}
