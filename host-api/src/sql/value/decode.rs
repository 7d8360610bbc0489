//! Results: PostgreSQL's binary format, by type.

use super::numeric;
use crate::sql::wit::{Array, Interval, Scalar, Value};
use bytes::Buf;
use tokio_postgres::types::{Kind, Type};

/// Days and microseconds from 1970, where guests count from, to 2000, where PostgreSQL does.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;

/// The most dimensions that PostgreSQL's arrays have.
const MAX_DIMENSIONS: i32 = 6;

/// The server's bytes are not what their type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value cannot be read")]
pub(crate) struct Malformed;

/// How the values of a column are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytea,
    Uuid,
    Json,
    Jsonb,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Void,
    Array(Box<Self>),
}

impl Codec {
    /// The codec of a type; `None` for one that has to be asked for as text.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        match ty.kind() {
            Kind::Enum(_) => return Some(Self::Text),
            Kind::Domain(base) => return Self::of(base),
            Kind::Array(item) => return Self::of(item).map(|item| Self::Array(Box::new(item))),
            _ => {}
        }
        Some(match *ty {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID => Self::Oid,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Self::Text,
            Type::BYTEA => Self::Bytea,
            Type::UUID => Self::Uuid,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::Timestamptz,
            Type::INTERVAL => Self::Interval,
            Type::VOID => Self::Void,
            _ => return None,
        })
    }

    /// Reads one column; `None` is NULL.
    pub(crate) fn decode(&self, bytes: Option<&[u8]>) -> Result<Value, Malformed> {
        match (self, bytes) {
            (_, None) => Ok(Value::Scalar(Scalar::Null)),
            (Self::Array(item), Some(bytes)) => array(item, bytes).map(Value::Array),
            (codec, Some(bytes)) => codec.scalar(bytes).map(Value::Scalar),
        }
    }

    fn scalar(&self, mut bytes: &[u8]) -> Result<Scalar, Malformed> {
        let value = match self {
            Self::Bool => Scalar::Boolean(bytes.try_get_u8().map_err(malformed)? != 0),
            Self::Int2 => Scalar::Int2(bytes.try_get_i16().map_err(malformed)?),
            Self::Int4 => Scalar::Int4(bytes.try_get_i32().map_err(malformed)?),
            Self::Int8 => Scalar::Int8(bytes.try_get_i64().map_err(malformed)?),
            Self::Oid => Scalar::Int8(bytes.try_get_u32().map_err(malformed)?.into()),
            Self::Float4 => Scalar::Float4(bytes.try_get_f32().map_err(malformed)?),
            Self::Float8 => Scalar::Float8(bytes.try_get_f64().map_err(malformed)?),
            Self::Numeric => Scalar::Numeric(numeric::digits(bytes).ok_or(Malformed)?),
            Self::Text => Scalar::Text(text(bytes)?),
            Self::Bytea => Scalar::Bytea(bytes.to_vec()),
            Self::Uuid => Scalar::Uuid(uuid::Uuid::from_slice(bytes).map_err(malformed)?.to_string()),
            Self::Json => Scalar::Json(text(bytes)?),
            Self::Jsonb => match bytes.split_first() {
                Some((1, json)) => Scalar::Json(text(json)?),
                _ => return Err(Malformed),
            },
            Self::Date => Scalar::Date(date(bytes.try_get_i32().map_err(malformed)?)?),
            Self::Time => Scalar::Time(bytes.try_get_i64().map_err(malformed)?),
            Self::Timestamp => Scalar::Timestamp(moment(bytes.try_get_i64().map_err(malformed)?)?),
            Self::Timestamptz => Scalar::Timestamptz(moment(bytes.try_get_i64().map_err(malformed)?)?),
            Self::Interval => interval(bytes)?,
            Self::Void => Scalar::Null,
            Self::Array(_) => return Err(Malformed),
        };
        Ok(value)
    }
}

fn malformed<E>(_: E) -> Malformed {
    Malformed
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(malformed)
}

fn date(days: i32) -> Result<i32, Malformed> {
    match days {
        i32::MIN | i32::MAX => Ok(days),
        _ => days.checked_add(EPOCH_DAYS).ok_or(Malformed),
    }
}

fn moment(microseconds: i64) -> Result<i64, Malformed> {
    match microseconds {
        i64::MIN | i64::MAX => Ok(microseconds),
        _ => microseconds.checked_add(EPOCH_MICROSECONDS).ok_or(Malformed),
    }
}

fn interval(mut bytes: &[u8]) -> Result<Scalar, Malformed> {
    let microseconds = bytes.try_get_i64().map_err(malformed)?;
    let days = bytes.try_get_i32().map_err(malformed)?;
    let months = bytes.try_get_i32().map_err(malformed)?;
    Ok(Scalar::Interval(Interval { months, days, microseconds }))
}

/// Dimensions, whether there are NULLs, the item's type; per dimension its length and first index; then the items.
fn array(item: &Codec, mut bytes: &[u8]) -> Result<Array, Malformed> {
    let dimensions = bytes.try_get_i32().map_err(malformed)?;
    let (_nulls, _type) = (bytes.try_get_i32().map_err(malformed)?, bytes.try_get_u32().map_err(malformed)?);
    if !(0..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(Malformed);
    }
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        lengths.push(bytes.try_get_u32().map_err(malformed)?);
        bytes.try_get_i32().map_err(malformed)?;
    }
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let size = bytes.try_get_i32().map_err(malformed)?;
        let value = match usize::try_from(size) {
            Err(_) => Scalar::Null,
            Ok(size) => {
                let (value, rest) = bytes.split_at_checked(size).ok_or(Malformed)?;
                bytes = rest;
                item.scalar(value)?
            }
        };
        items.push(value);
    }
    Ok(Array { lengths, items })
}
