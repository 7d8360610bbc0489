//! From rows and values to whatever serde can read.

mod row;
mod value;

use super::{Error, Row};
use serde::de::DeserializeOwned;

pub(super) fn row<T: DeserializeOwned>(row: Row) -> Result<T, Error> {
    T::deserialize(row::RowReader(row))
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
