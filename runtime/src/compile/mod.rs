//! From a module's bytes to machine code that is ready to be instantiated.

mod error;

pub use error::BuildError;
