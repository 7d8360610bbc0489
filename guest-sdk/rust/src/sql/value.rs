//! Values of PostgreSQL's types.

use super::time::{Date, Interval, Time, Timestamp, TimestampTz};

/// A parameter, or a column of a row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// `bool`.
    Bool(bool),
    /// `int2`.
    Int2(i16),
    /// `int4`.
    Int4(i32),
    /// `int8`.
    Int8(i64),
    /// `float4`.
    Float4(f32),
    /// `float8`.
    Float8(f64),
    /// `numeric`, in decimal digits.
    Numeric(String),
    /// `text` and its like, enumerated types, and the text form of every type that has no case here. As a parameter it
    /// fits every type: PostgreSQL reads it.
    Text(String),
    /// `bytea`.
    Bytes(Vec<u8>),
    /// `uuid`, as text.
    Uuid(String),
    /// `json` or `jsonb`, as text.
    Json(String),
    /// `date`.
    Date(Date),
    /// `time`.
    Time(Time),
    /// `timestamp`.
    Timestamp(Timestamp),
    /// `timestamptz`.
    TimestampTz(TimestampTz),
    /// `interval`.
    Interval(Interval),
    /// An array.
    Array(Array),
}

/// An array of any number of dimensions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// The length of each dimension, the outermost first.
    pub lengths: Vec<u32>,
    /// All elements, the last dimension fastest.
    pub items: Vec<Value>,
}

/// JSON as a parameter: any value that serde can write.
///
/// ```
/// # use wasmforge_sdk::sql;
/// let query = sql::query("INSERT INTO events (body) VALUES ($1)").bind(sql::Json(&[1, 2, 3]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// What can be bound to a parameter.
pub trait IntoValue {
    /// The value.
    fn into_value(self) -> Value;
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, IntoValue::into_value)
    }
}

impl<T: serde::Serialize> IntoValue for Json<T> {
    /// What serde cannot write becomes an empty text, which is no JSON and which PostgreSQL refuses.
    fn into_value(self) -> Value {
        Value::Json(serde_json::to_string(&self.0).unwrap_or_default())
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl IntoValue for std::borrow::Cow<'_, str> {
    fn into_value(self) -> Value {
        Value::Text(self.into_owned())
    }
}

impl IntoValue for &String {
    fn into_value(self) -> Value {
        Value::Text(self.clone())
    }
}

impl IntoValue for &[u8] {
    fn into_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl IntoValue for bytes::Bytes {
    fn into_value(self) -> Value {
        Value::Bytes(self.into())
    }
}

impl IntoValue for Vec<u8> {
    fn into_value(self) -> Value {
        Value::Bytes(self)
    }
}

impl IntoValue for std::time::SystemTime {
    fn into_value(self) -> Value {
        Value::TimestampTz(self.into())
    }
}

/// The types that have a case of their own. A list of them is an array.
macro_rules! values {
    ($($type:ty => |$value:ident| $case:expr;)+) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Value {
                let $value = self;
                $case
            }
        }

        impl IntoValue for Vec<$type> {
            fn into_value(self) -> Value {
                list(self)
            }
        }

        impl IntoValue for Vec<Option<$type>> {
            fn into_value(self) -> Value {
                list(self)
            }
        }
    )+};
}

values! {
    bool => |value| Value::Bool(value);
    i16 => |value| Value::Int2(value);
    i32 => |value| Value::Int4(value);
    i64 => |value| Value::Int8(value);
    u16 => |value| Value::Int4(value.into());
    u32 => |value| Value::Int8(value.into());
    f32 => |value| Value::Float4(value);
    f64 => |value| Value::Float8(value);
    String => |value| Value::Text(value);
    serde_json::Value => |value| Value::Json(value.to_string());
    Date => |value| Value::Date(value);
    Time => |value| Value::Time(value);
    Timestamp => |value| Value::Timestamp(value);
    TimestampTz => |value| Value::TimestampTz(value);
    Interval => |value| Value::Interval(value);
}

impl IntoValue for Vec<&str> {
    fn into_value(self) -> Value {
        list(self)
    }
}

impl IntoValue for Vec<Vec<u8>> {
    fn into_value(self) -> Value {
        list(self)
    }
}

fn list<T: IntoValue>(items: Vec<T>) -> Value {
    let items: Vec<_> = items.into_iter().map(IntoValue::into_value).collect();
    let lengths = match u32::try_from(items.len()) {
        Ok(0) | Err(_) => Vec::new(),
        Ok(length) => vec![length],
    };
    Value::Array(Array { lengths, items })
}
