//! Rows, and how they are read into types.

use super::{Error, Value, decode};
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The name of its PostgreSQL type: `int4`, `_text`.
    pub type_name: String,
}

/// One row of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub(crate) columns: Rc<[Column]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The columns, in the order of the values.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The values, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The values alone.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The value of the first column of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.columns.iter().position(|column| column.name == name)?;
        self.values.get(index)
    }

    /// Reads the row: into a struct by the columns' names, into a tuple by their order, into anything else from the one
    /// column that there is.
    ///
    /// # Errors
    /// [`Error::Decode`] names the column that does not fit.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        decode::row(self)
    }
}

/// A whole result, as a stand-in of the database makes it: see [`testing::sql`](crate::testing::sql).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) affected: u64,
}

impl Rows {
    /// A result with these columns and no rows.
    #[must_use]
    pub fn of<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let column = |name: &str| Column { name: name.to_owned(), type_name: "unknown".to_owned() };
        Self { columns: columns.into_iter().map(column).collect(), ..Self::default() }
    }

    /// The same with one row more.
    #[must_use]
    pub fn row(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.rows.push(values.into_iter().collect());
        self.affected += 1;
        self
    }

    /// The result of a statement that changed so many rows and returned none.
    #[must_use]
    pub fn affected(rows: u64) -> Self {
        Self { affected: rows, ..Self::default() }
    }

    /// The columns, the rows, and how many rows the statement inserted, updated, deleted or returned.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Column>, Vec<Vec<Value>>, u64) {
        (self.columns, self.rows, self.affected)
    }

    pub(crate) fn into_rows(self) -> Vec<Row> {
        let columns: Rc<[Column]> = self.columns.into();
        let row = |values| Row { columns: columns.clone(), values };
        self.rows.into_iter().map(row).collect()
    }
}
