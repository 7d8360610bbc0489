//! A value as serde reads it.

use super::super::{Array, Error, Interval, Value};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

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
