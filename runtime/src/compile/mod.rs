//! From a module's bytes to machine code that is ready to be instantiated.
//!
//! Machine code is looked for where it is quickest to have: loaded in this process (L1), on the local disk (L2), in
//! the database, where another node left it (L3), and last made by a compiler process.

mod child;
mod disk;
mod error;
mod inspect;
mod javascript;
mod loader;
mod seal;
mod worker;

pub use error::BuildError;
pub use inspect::{ComponentKind, Interfaces, inspect};
pub use javascript::{EngineFile, NODE_MODULES, Place, SDK_MODULE, SERVICES_MODULE, SourceError, is_builtin};
pub use loader::{Code, Loader};
pub use seal::local_seal;
pub use worker::{WorkerArgs, run as run_worker};
