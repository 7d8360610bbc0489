//! From rows and values to whatever serde can read.

use super::{Array, Error, Interval, Row, Value};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

pub(super) fn row<T: DeserializeOwned>(row: Row) -> Result<T, Error> {
    T::deserialize(RowReader(row))
}

struct RowReader(Row);

impl RowReader {
    /// The value of the one column.
    fn only(self) -> Result<Value, Error> {
        let mut values = self.0.values.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(Error::Decode("the row has no columns".to_owned())),
            (Some(_), Some(_)) => {
                Err(Error::Decode("the row has several columns: read it as a tuple or a struct".to_owned()))
            }
        }
    }

    fn columns<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Row { columns, values } = self.0;
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        visitor.visit_map(Columns { left: names.into_iter().zip(values), current: None })
    }

    fn sequence<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.values.into_iter()))
    }
}

macro_rules! from_the_only_column {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.only()?.$method(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for RowReader {
    type Error = Error;

    from_the_only_column! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_option deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.columns(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.columns(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.columns(visitor)
    }

    /// A list is an array, which is one column's value.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.only()?.deserialize_seq(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let columns = self.0.values.len();
        if length != columns {
            return Err(Error::Decode(format!("the row has {columns} columns, and the tuple {length}")));
        }
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// The columns as a map's entries. An error gets the column's name.
struct Columns<I> {
    left: I,
    current: Option<(String, Value)>,
}

impl<'de, I: Iterator<Item = (String, Value)>> MapAccess<'de> for Columns<I> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.current = self.left.next();
        match &self.current {
            None => Ok(None),
            Some((name, _)) => seed.deserialize(name.as_str().into_deserializer()).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((name, value)) = self.current.take() else {
            return Err(Error::Decode("a value was asked for before its column".to_owned()));
        };
        seed.deserialize(value).map_err(|error| match error {
            Error::Decode(message) => Error::Decode(format!("column {name}: {message}")),
            other => other,
        })
    }
}

impl<'de> IntoDeserializer<'de, Error> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads JSON that a column holds.
fn json(text: &str) -> Result<serde_json::Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::Decode(error.to_string()))
}

fn not_json(error: serde_json::Error) -> Error {
    Error::Decode(error.to_string())
}

macro_rules! numbers {
    ($($method:ident: $type:ty => $visit:ident;)+) => {$(
        /// `numeric` is read as the number that is asked for; any other value is what it is.
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match &self {
                Self::Numeric(digits) => match digits.parse::<$type>() {
                    Ok(number) => visitor.$visit(number),
                    Err(_) => Err(Error::Decode(format!("{digits} is no {}", stringify!($type)))),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Int2(value) => visitor.visit_i16(value),
            Self::Int4(value) => visitor.visit_i32(value),
            Self::Int8(value) => visitor.visit_i64(value),
            Self::Float4(value) => visitor.visit_f32(value),
            Self::Float8(value) => visitor.visit_f64(value),
            Self::Numeric(text) | Self::Text(text) | Self::Uuid(text) => visitor.visit_string(text),
            Self::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Self::Json(text) => json(&text)?.deserialize_any(visitor).map_err(not_json),
            Self::Date(value) => visitor.visit_string(value.to_string()),
            Self::Time(value) => visitor.visit_string(value.to_string()),
            Self::Timestamp(value) => visitor.visit_string(value.to_string()),
            Self::TimestampTz(value) => visitor.visit_string(value.to_string()),
            Self::Interval(value) => visitor.visit_string(value.to_string()),
            Self::Array(array) => visitor.visit_seq(SeqDeserializer::new(outermost(array).into_iter())),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Date(date) => visitor.visit_i32(date.0),
            Self::Numeric(_) => self.deserialize_i64(visitor),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Time(time) => visitor.visit_i64(time.0),
            Self::Timestamp(time) => visitor.visit_i64(time.0),
            Self::TimestampTz(time) => visitor.visit_i64(time.0),
            Self::Numeric(_) => self.deserialize_i128(visitor),
            other => other.deserialize_any(visitor),
        }
    }

    numbers! {
        deserialize_i8: i64 => visit_i64;
        deserialize_i16: i64 => visit_i64;
        deserialize_u8: u64 => visit_u64;
        deserialize_u16: u64 => visit_u64;
        deserialize_u32: u64 => visit_u64;
        deserialize_u64: u64 => visit_u64;
        deserialize_i128: i64 => visit_i64;
        deserialize_u128: u64 => visit_u64;
        deserialize_f32: f64 => visit_f64;
        deserialize_f64: f64 => visit_f64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    /// JSON as text is asked for as text.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Json(text) => visitor.visit_string(text),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    /// Bytes are a list of numbers to those who ask for a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Json(text) => json(&text)?.deserialize_struct(name, fields, visitor).map_err(not_json),
            Self::Interval(Interval { months, days, microseconds }) => {
                let parts =
                    [("months", months.into()), ("days", days.into()), ("microseconds", microseconds)];
                visitor.visit_map(MapDeserializer::new(parts.into_iter()))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(label) => visitor.visit_enum(label.into_deserializer()),
            Self::Json(text) => json(&text)?.deserialize_enum(name, variants, visitor).map_err(not_json),
            other => other.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// The elements of an array; those of one with several dimensions are arrays.
fn outermost(Array { lengths, items }: Array) -> Vec<Value> {
    match lengths.split_first() {
        None | Some((_, [])) => items,
        Some((length, inner)) => {
            let length = usize::try_from(*length).unwrap_or(usize::MAX).max(1);
            let size = (items.len() / length).max(1);
            items
                .chunks(size)
                .map(|items| Value::Array(Array { lengths: inner.to_vec(), items: items.to_vec() }))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::{Array, Error, Interval, IntoValue, Rows, TimestampTz, Value};
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    fn read<T: DeserializeOwned>(values: Vec<(&str, Value)>) -> Result<T, Error> {
        let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        Rows::of(names).row(values).into_rows().remove(0).read()
    }

    fn one<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
        read(vec![("x", value)])
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mood {
        Happy,
        Sad,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pet {
        id: i64,
        name: String,
        weight: Option<f64>,
        tags: Vec<String>,
        mood: Mood,
        born: TimestampTz,
        data: serde_json::Value,
    }

    #[test]
    fn a_struct_is_read_by_the_names_of_its_fields() {
        let pet: Pet = read(vec![
            ("name", "Rex".into_value()),
            ("id", 7.into_value()),
            ("weight", Value::Numeric("2.50".into())),
            ("tags", vec!["a", "b"].into_value()),
            ("mood", "sad".into_value()),
            ("born", TimestampTz(5).into_value()),
            ("data", Value::Json(r#"{"a":[1]}"#.into())),
            ("ignored", Value::Null),
        ])
        .unwrap();
        assert_eq!((pet.id, pet.name.as_str(), pet.weight), (7, "Rex", Some(2.5)));
        assert_eq!((pet.tags.len(), pet.mood, pet.born), (2, Mood::Sad, TimestampTz(5)));
        assert_eq!(pet.data["a"][0], 1);
    }

    #[test]
    fn tuples_and_single_values_are_read_by_order() {
        let pair: (i64, Option<String>) = read(vec![("a", 1.into_value()), ("b", Value::Null)]).unwrap();
        assert_eq!(pair, (1, None));
        assert_eq!(one::<i64>(3i16.into_value()).unwrap(), 3);
        assert_eq!(one::<Option<i64>>(Value::Null).unwrap(), None);
        assert_eq!(one::<String>(TimestampTz(0).into_value()).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(one::<Vec<u8>>(vec![1u8, 2].into_value()).unwrap(), [1, 2]);
        assert_eq!(one::<u64>(Value::Numeric("12".into())).unwrap(), 12);
        assert_eq!(one::<i32>(Value::Numeric("-12".into())).unwrap(), -12);
        let span = Interval { months: 1, days: 2, microseconds: 3 };
        assert_eq!(one::<(Interval,)>(span.into_value()).unwrap(), (span,));
    }

    #[test]
    fn dimensions_are_lists_in_lists() {
        let items = (1..=6).map(|n| n.into_value()).collect();
        let array = Value::Array(Array { lengths: vec![2, 3], items });
        assert_eq!(one::<Vec<Vec<i32>>>(array).unwrap(), [[1, 2, 3], [4, 5, 6]]);
    }

    #[test]
    fn what_does_not_fit_is_said_with_its_column() {
        let error = read::<Pet>(vec![("id", "seven".into_value())]).unwrap_err().to_string();
        assert!(error.starts_with("column id: invalid type: string \"seven\""), "{error}");
        let error = read::<(i32, i32)>(vec![("a", 1.into_value())]).unwrap_err().to_string();
        assert_eq!(error, "the row has 1 columns, and the tuple 2");
        let error = read::<i32>(vec![("a", 1.into_value()), ("b", 1.into_value())]).unwrap_err().to_string();
        assert!(error.contains("several columns"), "{error}");
    }
}
