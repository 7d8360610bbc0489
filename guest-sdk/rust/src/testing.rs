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

use crate::{Request, Response, Result};
use std::cell::RefCell;
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

thread_local! {
    pub(crate) static FETCH: Slot<Fetch> = const { RefCell::new(None) };
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
