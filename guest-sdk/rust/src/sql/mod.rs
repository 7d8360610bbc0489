//! The database: statements with parameters, transactions, streamed rows.
//!
//! A statement runs as whoever sent the request, so that row-level security holds without a thought:
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{Request, Response, Result, response, sql};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Note {
//!     id: i64,
//!     text: String,
//! }
//!
//! async fn notes(_req: Request) -> Result<Response> {
//!     let notes: Vec<Note> =
//!         sql::query("SELECT id, text FROM notes WHERE text LIKE $1").bind("a%").fetch_all().await?;
//!     response::json(&notes)
//! }
//!
//! // In a test on the host, the test answers for the database.
//! let _database = wasmforge::testing::sql(|call| {
//!     assert_eq!(call.parameters, ["a%".into_value()]);
//!     Ok(sql::Rows::of(["id", "text"]).row([1i64.into_value(), "a note".into_value()]))
//! });
//! # use sql::IntoValue;
//! let answer = wasmforge::block_on(notes(Request::default())).unwrap();
//! assert_eq!(wasmforge::block_on(answer.into_body().text()).unwrap(), r#"[{"id":1,"text":"a note"}]"#);
//! ```
//!
//! - **Parameters** are bound with [`Query::bind`], never written into the statement. A text fits every type: PostgreSQL
//!   reads it.
//! - **Rows** are read into structs by the columns' names, into tuples by their order, and into anything else from the
//!   one column that there is. `numeric` is read as text or as a number; moments as [`TimestampTz`] and the like or
//!   as text in ISO 8601; JSON into any type; arrays into lists; enumerated types into enums.
//! - **One statement at a time.** Several that belong together are a [transaction](begin).
//! - **As the platform itself**: [`as_service`], for functions that are granted `"sql": "service"`.

mod decode;
mod error;
mod query;
mod row;
mod time;
mod transaction;
mod value;

pub use error::{DatabaseError, Error};
#[doc(hidden)]
pub use query::Batches;
pub use query::{Query, RowStream};
pub use row::{Column, Row, Rows};
pub use time::{Date, Interval, Time, Timestamp, TimestampTz};
pub use transaction::Transaction;
pub use value::{Array, IntoValue, Json, Value};

use crate::host::sql as host;
use query::Runner;

/// Who statements run as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Whoever sent the request.
    Caller,
    /// The platform itself, whom row-level security does not bind.
    Service,
}

/// A statement that runs as the caller.
///
/// ```
/// # use wasmforge_sdk::*;
/// # async fn example() -> Result<()> {
/// let name: Option<String> =
///     sql::query("SELECT name FROM pets WHERE id = $1").bind(7).fetch_optional().await?;
/// sql::query("UPDATE pets SET name = $2 WHERE id = $1").bind(7).bind("Rex").execute().await?;
///
/// let mut pets = sql::query("SELECT id, name FROM pets").fetch::<(i32, String)>()?;
/// while let Some((id, name)) = pets.next().await? {
///     println!("{id} {name}");
/// }
/// # Ok(()) }
/// ```
pub fn query(text: impl Into<String>) -> Query<'static> {
    Session(Identity::Caller).query(text)
}

/// Begins a transaction as the caller.
///
/// ```
/// # use wasmforge_sdk::*;
/// # async fn example() -> Result<()> {
/// let mut transfer = sql::begin().await?;
/// transfer.query("UPDATE accounts SET cents = cents - 100 WHERE id = $1").bind(1).execute().await?;
/// transfer.query("UPDATE accounts SET cents = cents + 100 WHERE id = $1").bind(2).execute().await?;
/// transfer.commit().await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`Error`], of the database.
pub async fn begin() -> Result<Transaction, Error> {
    Session(Identity::Caller).begin().await
}

/// The database as the platform itself: no row-level security. For functions that are granted `"sql": "service"`; to
/// others every statement is [`Error::NotGranted`].
///
/// ```
/// # use wasmforge_sdk::*;
/// # async fn example() -> Result<()> {
/// let all: i64 = sql::as_service().query("SELECT count(*) FROM notes").fetch_one().await?;
/// # Ok(()) }
/// ```
#[must_use]
pub fn as_service() -> Session {
    Session(Identity::Service)
}

/// The database as somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session(Identity);

impl Session {
    /// A statement.
    pub fn query(self, text: impl Into<String>) -> Query<'static> {
        Query::new(Runner::Alone(self.0), text)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`Error`], of the database.
    pub async fn begin(self) -> Result<Transaction, Error> {
        host::begin(self.0).await.map(Transaction::new)
    }
}
