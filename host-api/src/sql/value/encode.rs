//! Parameters: PostgreSQL's text format, which it reads as the type that it has inferred.

use super::calendar;
use crate::sql::wit::{Array, Interval, Scalar, Value};
use bytes::{BufMut as _, BytesMut};
use std::error::Error;
use std::fmt;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type, to_sql_checked};

/// A parameter on its way to the server. Whether it fits was asked before, of [`misfit`].
pub(crate) struct Parameter<'a>(pub(crate) &'a Value);

/// Its value may be a secret, and the driver writes parameters to its log.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Scalar(Scalar::Null) => return Ok(IsNull::Yes),
            Value::Scalar(Scalar::Bytea(bytes)) => out.put_slice(bytes),
            Value::Scalar(Scalar::Text(text)) => out.put_slice(text.as_bytes()),
            Value::Scalar(scalar) => out.put_slice(text(scalar).as_bytes()),
            Value::Array(array) => out.put_slice(literal(array).as_bytes()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        match self.0 {
            Value::Scalar(Scalar::Bytea(_)) => Format::Binary,
            _ => Format::Text,
        }
    }

    to_sql_checked!();
}

/// What a value is, where it does not fit the type that the statement expects.
pub(crate) fn misfit(value: &Value, expected: &Type) -> Option<String> {
    match (value, base(expected).kind()) {
        (Value::Scalar(scalar), _) => (!fits(scalar, base(expected))).then(|| name(scalar)),
        (Value::Array(array), Kind::Array(item)) => {
            if !is_rectangular(array) {
                return Some("an array whose lengths do not match its items".to_owned());
            }
            let stranger = array.items.iter().find(|scalar| !fits(scalar, base(item)));
            stranger.map(|scalar| format!("an array with {}", name(scalar)))
        }
        (Value::Array(_), _) => Some("an array".to_owned()),
    }
}

fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}

fn is_rectangular(Array { lengths, items }: &Array) -> bool {
    let product = lengths.iter().try_fold(1usize, |all, n| all.checked_mul(usize::try_from(*n).ok()?));
    match lengths.len() {
        0 => items.is_empty(),
        1..=6 => product == Some(items.len()) && !items.is_empty() || lengths == &[0] && items.is_empty(),
        _ => false,
    }
}

fn fits(scalar: &Scalar, ty: &Type) -> bool {
    let is = |types: &[Type]| types.contains(ty);
    let whole = |value: i64| match *ty {
        Type::INT2 => i16::try_from(value).is_ok(),
        Type::INT4 => i32::try_from(value).is_ok(),
        Type::OID => u32::try_from(value).is_ok(),
        _ => is(&[Type::INT8, Type::FLOAT4, Type::FLOAT8, Type::NUMERIC]),
    };
    const TEXT: [Type; 5] = [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::UNKNOWN];
    match scalar {
        Scalar::Null | Scalar::Text(_) => true,
        Scalar::Boolean(_) => is(&[Type::BOOL]),
        Scalar::Int2(value) => whole((*value).into()),
        Scalar::Int4(value) => whole((*value).into()),
        Scalar::Int8(value) => whole(*value),
        Scalar::Float4(_) | Scalar::Float8(_) => is(&[Type::FLOAT4, Type::FLOAT8, Type::NUMERIC]),
        Scalar::Numeric(_) => {
            is(&[Type::NUMERIC, Type::FLOAT4, Type::FLOAT8, Type::INT2, Type::INT4, Type::INT8])
        }
        Scalar::Bytea(_) => is(&[Type::BYTEA]),
        Scalar::Uuid(_) => is(&[Type::UUID]) || is(&TEXT),
        Scalar::Json(_) => is(&[Type::JSON, Type::JSONB]) || is(&TEXT),
        Scalar::Date(_) => is(&[Type::DATE, Type::TIMESTAMP, Type::TIMESTAMPTZ]),
        Scalar::Time(_) => is(&[Type::TIME]),
        Scalar::Timestamp(_) => is(&[Type::TIMESTAMP]),
        Scalar::Timestamptz(_) => is(&[Type::TIMESTAMPTZ]),
        Scalar::Interval(_) => is(&[Type::INTERVAL]),
    }
}

fn name(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Boolean(_) => "a boolean".to_owned(),
        Scalar::Int2(n) => format!("the number {n}"),
        Scalar::Int4(n) => format!("the number {n}"),
        Scalar::Int8(n) => format!("the number {n}"),
        Scalar::Float4(_) | Scalar::Float8(_) => "a floating-point number".to_owned(),
        Scalar::Numeric(_) => "a numeric".to_owned(),
        Scalar::Text(_) => "a text".to_owned(),
        Scalar::Bytea(_) => "bytes".to_owned(),
        Scalar::Uuid(_) => "a uuid".to_owned(),
        Scalar::Json(_) => "JSON".to_owned(),
        Scalar::Date(_) => "a date".to_owned(),
        Scalar::Time(_) => "a time".to_owned(),
        Scalar::Timestamp(_) => "a timestamp".to_owned(),
        Scalar::Timestamptz(_) => "a timestamp with time zone".to_owned(),
        Scalar::Interval(_) => "an interval".to_owned(),
    }
}

fn text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => String::new(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Int2(value) => value.to_string(),
        Scalar::Int4(value) => value.to_string(),
        Scalar::Int8(value) => value.to_string(),
        // PostgreSQL reads `inf` and `NaN` as Rust writes them.
        Scalar::Float4(value) => value.to_string(),
        Scalar::Float8(value) => value.to_string(),
        Scalar::Numeric(text) | Scalar::Text(text) | Scalar::Uuid(text) | Scalar::Json(text) => text.clone(),
        Scalar::Bytea(bytes) => format!("\\x{}", hex::encode(bytes)),
        Scalar::Date(days) => calendar::date(*days),
        Scalar::Time(microseconds) => calendar::time(*microseconds),
        Scalar::Timestamp(microseconds) => calendar::timestamp(*microseconds, ""),
        Scalar::Timestamptz(microseconds) => calendar::timestamp(*microseconds, "+00"),
        Scalar::Interval(Interval { months, days, microseconds }) => {
            format!("{months} mons {days} days {microseconds} us")
        }
    }
}

/// `{{"a","b"},{NULL,"c"}}`.
fn literal(Array { lengths, items }: &Array) -> String {
    let mut out = String::new();
    let mut items = items.iter();
    nest(lengths, &mut items, &mut out);
    out
}

fn nest<'a>(lengths: &[u32], items: &mut impl Iterator<Item = &'a Scalar>, out: &mut String) {
    let Some((length, inner)) = lengths.split_first() else {
        if out.is_empty() {
            out.push_str("{}");
            return;
        }
        match items.next() {
            None | Some(Scalar::Null) => out.push_str("NULL"),
            Some(scalar) => quote(&text(scalar), out),
        }
        return;
    };
    out.push('{');
    for index in 0..*length {
        if index > 0 {
            out.push(',');
        }
        nest(inner, items, out);
    }
    out.push('}');
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(lengths: &[u32], items: Vec<Scalar>) -> Array {
        Array { lengths: lengths.to_vec(), items }
    }

    #[test]
    fn items_of_arrays_are_quoted() {
        let items = vec![Scalar::Text("a\"b\\c".into()), Scalar::Null, Scalar::Text("NULL".into())];
        assert_eq!(literal(&array(&[3], items)), r#"{"a\"b\\c",NULL,"NULL"}"#);
        let items = (1..=4).map(Scalar::Int4).collect();
        assert_eq!(literal(&array(&[2, 2], items)), r#"{{"1","2"},{"3","4"}}"#);
        assert_eq!(literal(&array(&[], vec![])), "{}");
        assert_eq!(literal(&array(&[0], vec![])), "{}");
    }

    #[test]
    fn lengths_have_to_match_the_items() {
        assert!(is_rectangular(&array(&[], vec![])));
        assert!(!is_rectangular(&array(&[2], vec![Scalar::Null])));
        assert!(!is_rectangular(&array(&[u32::MAX; 6], vec![])));
        assert!(!is_rectangular(&array(&[1; 7], vec![Scalar::Null])));
        assert!(!is_rectangular(&array(&[4_000_000_000, 0], vec![])));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let misfit = |scalar, ty| misfit(&Value::Scalar(scalar), &ty);
        assert_eq!(misfit(Scalar::Int8(40_000), Type::INT2).unwrap(), "the number 40000");
        assert_eq!(misfit(Scalar::Boolean(true), Type::TEXT).unwrap(), "a boolean");
        assert_eq!(misfit(Scalar::Int8(40_000), Type::INT4), None);
        assert_eq!(misfit(Scalar::Null, Type::UUID), None);
        assert_eq!(misfit(Scalar::Text("x".into()), Type::UUID), None);
        assert!(misfit(Scalar::Null, Type::INT4_ARRAY).is_none());
    }
}
