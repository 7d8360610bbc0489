//! Functions that are written in JavaScript or TypeScript: one engine that they share, and bytecode for each.
//!
//! A source comes from anybody, so the compiler process reads it, and the engine's own compiler makes bytecode of it in
//! its sandbox there. Loading bytecode is trusting it: like machine code it is sealed wherever it is kept.

mod artifact;
mod builtin;
mod bytecode;
mod edit;
mod engine_file;
mod error;
mod frame;
mod image;
mod imports;
mod instance;
mod positions;
mod prepare;
mod programs;
mod read;
mod typescript;
pub(super) mod worker;
mod wrap;

pub use builtin::{NODE_MODULES, SDK_MODULE, SERVICES_MODULE, is_builtin};
pub use engine_file::EngineFile;
pub use error::{Place, SourceError};
pub(super) use programs::JavaScript;
