//! The author's tools: what a function's file becomes before a server sees it.
//!
//! A file that imports what every function has is deployed as it is. One that imports more (files beside it, npm's
//! packages, addresses) is bundled here, on the author's machine, by esbuild in Node; [`prepare`] decides. [`types`]
//! runs the project's own TypeScript compiler.

mod bundle;
mod error;
mod esbuild;
mod imports;
mod prepare;
mod types;

pub use bundle::Bundler;
pub use error::{AuthorError, Problem};
pub use imports::Imports;
pub use prepare::{Prepared, index_of, is_source, prepare, slug_of};
pub use types::types;
