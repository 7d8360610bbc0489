//! Rows and values of PostgreSQL as JavaScript has them.

use super::bytes::{Bytes, integer};
use rquickjs::atom::Atom;
use rquickjs::{Array, Ctx, IntoJs, Object, Result, Value as Js, qjs};
use wasmforge_sdk::sql::{self, Column, Row, Rows, TimestampTz, Value};

/// A whole result: `{ rows, count }`.
pub(super) struct Whole(pub(super) Rows);

/// Some rows: an array of objects.
pub(super) struct Batch(pub(super) Vec<Row>);

impl<'js> IntoJs<'js> for Whole {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let (columns, rows, affected) = self.0.into_parts();
        let result = Object::new(ctx.clone())?;
        result.set("rows", objects(ctx, &columns, rows.into_iter())?)?;
        result.set("count", integer(ctx, i64::try_from(affected).unwrap_or(i64::MAX))?)?;
        Ok(result.into_value())
    }
}

impl<'js> IntoJs<'js> for Batch {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let columns = self.0.first().map(|row| row.columns().to_vec()).unwrap_or_default();
        Ok(objects(ctx, &columns, self.0.into_iter().map(Row::into_values))?.into_value())
    }
}

fn objects<'js>(
    ctx: &Ctx<'js>,
    columns: &[Column],
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<Array<'js>> {
    let name = |column: &Column| Atom::from_str(ctx.clone(), &column.name);
    let names = columns.iter().map(name).collect::<Result<Vec<_>>>()?;
    let objects = Array::new(ctx.clone())?;
    for (index, values) in rows.enumerate() {
        let object = Object::new(ctx.clone())?;
        for (name, value) in names.iter().zip(values) {
            object.set(name.clone(), one(ctx, value)?)?;
        }
        objects.set(index, object)?;
    }
    Ok(objects)
}

fn one<'js>(ctx: &Ctx<'js>, value: Value) -> Result<Js<'js>> {
    match value {
        Value::Bool(value) => value.into_js(ctx),
        Value::Int2(value) => value.into_js(ctx),
        Value::Int4(value) => value.into_js(ctx),
        Value::Int8(value) => integer(ctx, value),
        Value::Float4(value) => decimal(value).into_js(ctx),
        Value::Float8(value) => value.into_js(ctx),
        Value::Numeric(text) | Value::Text(text) | Value::Uuid(text) => text.into_js(ctx),
        Value::Bytes(bytes) => Bytes(bytes).into_js(ctx),
        Value::Json(text) => ctx.json_parse(text),
        Value::Date(date) => date.to_string().into_js(ctx),
        Value::Time(time) => time.to_string().into_js(ctx),
        Value::Timestamp(moment) => moment.to_string().into_js(ctx),
        Value::TimestampTz(moment) => date(ctx, moment),
        Value::Interval(interval) => interval.to_string().into_js(ctx),
        Value::Array(sql::Array { lengths, items }) => {
            Ok(nested(ctx, &lengths, &mut items.into_iter())?.into_value())
        }
        // NULL, and whatever type the interface gains: it was asked for by nobody.
        _ => Ok(Js::new_null(ctx.clone())),
    }
}

/// The number that one writes as the single-precision one is written: 0.1, not 0.10000000149.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

/// A `Date`, which is exact to the millisecond; what is no moment stays the text that it is.
#[allow(unsafe_code, reason = "the constructor is the author's to replace")]
fn date<'js>(ctx: &Ctx<'js>, moment: TimestampTz) -> Result<Js<'js>> {
    if matches!(moment.0, i64::MAX | i64::MIN) {
        return moment.to_string().into_js(ctx);
    }
    #[allow(clippy::cast_precision_loss, reason = "milliseconds that a date can hold are below 2^53")]
    let milliseconds = moment.0.div_euclid(1000) as f64;
    // SAFETY: the context lives; the value is new, and nobody else frees it.
    Ok(unsafe {
        let date = qjs::JS_NewDate(ctx.as_raw().as_ptr(), milliseconds);
        Js::from_raw(ctx.clone(), date)
    })
}

/// An array of arrays, as deep as there are dimensions.
fn nested<'js>(
    ctx: &Ctx<'js>,
    lengths: &[u32],
    items: &mut impl Iterator<Item = Value>,
) -> Result<Array<'js>> {
    let array = Array::new(ctx.clone())?;
    let Some((&length, inner)) = lengths.split_first() else { return Ok(array) };
    for index in 0..usize::try_from(length).unwrap_or_default() {
        match inner {
            [] => {
                let Some(item) = items.next() else { break };
                array.set(index, one(ctx, item)?)?;
            }
            inner => array.set(index, nested(ctx, inner, items)?)?,
        }
    }
    Ok(array)
}
