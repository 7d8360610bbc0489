//! Stand-ins for the platform's services, for tests of handlers on the host.
//!
//! A fake is in force on its thread until the guard is dropped:
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{Response, block_on, fetch, testing};
//!
//! let _fake = testing::fetch(|request| {
//!     assert_eq!(request.uri(), "https://example.com/");
//!     Ok(Response::new("hello".into()))
//! });
//! assert!(block_on(fetch("https://example.com/")).is_ok());
//! ```

pub use crate::host::sql::Statement;

use crate::auth::{self, Identity, User};
use crate::host::storage::Objects;
use crate::{Request, Response, Result, functions, rest, sql};
use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::thread::LocalKey;

/// Where the fake of one service stands.
pub(crate) type Slot<F> = RefCell<Option<Rc<F>>>;

/// A fake that is in force; dropping it puts back what was there before.
#[must_use = "a fake ends when its guard is dropped"]
pub struct Fake(Option<Box<dyn FnOnce()>>);

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(restore) = self.0.take() {
            restore();
        }
    }
}

/// Puts a fake in its place.
pub(crate) fn install<F: ?Sized + 'static>(slot: &'static LocalKey<Slot<F>>, fake: Rc<F>) -> Fake {
    let before = slot.replace(Some(fake));
    Fake(Some(Box::new(move || {
        slot.set(before);
    })))
}

/// The fake in force.
pub(crate) fn fake<F: ?Sized>(slot: &'static LocalKey<Slot<F>>) -> Option<Rc<F>> {
    slot.with_borrow(Clone::clone)
}

type Fetch = dyn Fn(Request) -> Result<Response>;
type Auth = dyn Fn(Option<&str>) -> Result<Identity, auth::Error>;
type Users = dyn Fn(&str) -> Option<User>;
type Rest = dyn Fn(Request) -> Result<Response, rest::Error>;

type Functions = dyn Fn(&str, Request) -> Result<Response, functions::Error>;

type Sql = dyn Fn(&Statement) -> std::result::Result<sql::Rows, sql::Error>;

thread_local! {
    pub(crate) static SQL: Slot<Sql> = const { RefCell::new(None) };
    pub(crate) static FETCH: Slot<Fetch> = const { RefCell::new(None) };
    pub(crate) static AUTH: Slot<Auth> = const { RefCell::new(None) };
    pub(crate) static USERS: Slot<Users> = const { RefCell::new(None) };
    pub(crate) static PUBLISHED: RefCell<Vec<Published>> = const { RefCell::new(Vec::new()) };
    pub(crate) static FUNCTIONS: Slot<Functions> = const { RefCell::new(None) };
    pub(crate) static REST: Slot<Rest> = const { RefCell::new(None) };
    pub(crate) static ASSETS: Slot<Path> = const { RefCell::new(None) };
    pub(crate) static STORAGE: Slot<Objects> = const { RefCell::new(None) };
    pub(crate) static STORAGE_BY_DEFAULT: Rc<Objects> = Rc::default();
}

/// The lines that this thread has logged since it was last asked.
#[must_use]
pub fn logged() -> Vec<crate::log::Line> {
    crate::host::logged()
}

type Ai = dyn Fn(crate::ai::Request) -> Result<crate::ai::Answer, crate::ai::Error>;

thread_local! {
    pub(crate) static AI: Slot<Ai> = const { RefCell::new(None) };
}

/// Answers in the place of language models.
pub fn ai(
    answer: impl Fn(crate::ai::Request) -> Result<crate::ai::Answer, crate::ai::Error> + 'static,
) -> Fake {
    install(&AI, Rc::new(answer))
}

/// Answers outbound requests.
pub fn fetch(answer: impl Fn(Request) -> Result<Response> + 'static) -> Fake {
    install(&FETCH, Rc::new(answer))
}

/// Answers calls of other functions, which are told apart by their names.
pub fn functions(answer: impl Fn(&str, Request) -> Result<Response, functions::Error> + 'static) -> Fake {
    install(&FUNCTIONS, Rc::new(answer))
}

/// Answers requests to PostgREST. A request's extension [`rest::Identity`] tells whom it would be from.
pub fn rest(answer: impl Fn(Request) -> Result<Response, rest::Error> + 'static) -> Fake {
    install(&REST, Rc::new(answer))
}

/// Says whom a credential speaks for: the caller's with `None`, and what is given to [`auth::verify`] with `Some`.
pub fn auth(check: impl Fn(Option<&str>) -> Result<Identity, auth::Error> + 'static) -> Fake {
    install(&AUTH, Rc::new(check))
}

/// Finds users by their ids.
pub fn users(find: impl Fn(&str) -> Option<User> + 'static) -> Fake {
    install(&USERS, Rc::new(find))
}

/// A message that was published on this thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub id: String,
    /// Its channel.
    pub channel: String,
    /// Its event.
    pub event: String,
    /// Its payload.
    pub payload: Value,
}

/// Takes the messages that were published on this thread so far.
#[must_use]
pub fn published() -> Vec<Published> {
    PUBLISHED.take()
}

/// An empty storage. Without one, a thread's objects are kept in memory until it ends.
///
/// ```
/// # use wasmforge_sdk as wasmforge;
/// use wasmforge::{block_on, storage, testing};
///
/// let _fake = testing::storage();
/// assert!(block_on(storage::bucket("b").head("k")).is_err());
/// ```
pub fn storage() -> Fake {
    install(&STORAGE, Rc::<Objects>::default())
}

/// Answers statements for the database, those of transactions too; a transaction's end is the statement `COMMIT` or
/// `ROLLBACK`.
///
/// ```
/// # use wasmforge_sdk as wasmforge;
/// use wasmforge::{block_on, sql, testing};
///
/// let _database = testing::sql(|statement| match statement.text.as_str() {
///     "DELETE FROM notes" => Ok(sql::Rows::affected(3)),
///     other => panic!("{other}"),
/// });
/// assert_eq!(block_on(sql::query("DELETE FROM notes").execute()), Ok(3));
/// ```
pub fn sql(answer: impl Fn(&Statement) -> std::result::Result<sql::Rows, sql::Error> + 'static) -> Fake {
    install(&SQL, Rc::new(answer))
}

/// Assets in a folder of the host.
///
/// ```
/// # use wasmforge_sdk as wasmforge;
/// use wasmforge::{files, testing};
///
/// let _fake = testing::assets("tests/assets");
/// assert!(files::assets().ends_with("tests/assets"));
/// ```
pub fn assets(folder: impl AsRef<Path>) -> Fake {
    install(&ASSETS, Rc::from(folder.as_ref()))
}
