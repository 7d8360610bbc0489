//! Why a module cannot be run.

use super::javascript::SourceError;
use std::path::PathBuf;

/// Why no machine code could be made of a module. The text is written for the function's author.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BuildError {
    /// The module is larger than the operator allows.
    #[error("the module has {size} bytes; at most {limit} are accepted")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The operator's limit.
        limit: u64,
    },
    /// The bytes are not a WebAssembly binary at all.
    #[error("not a WebAssembly module: {0}")]
    NotWasm(String),
    /// A core module, which has no typed interface.
    #[error(
        "this is a core WebAssembly module; a function is a component that exports wasi:http. Build it for the target wasm32-wasip2"
    )]
    CoreModule,
    /// A command component, which has no request handler.
    #[error(
        "this component exports wasi:cli/run but no HTTP handler; export wasi:http/incoming-handler (run it once with `wasmforge run`)"
    )]
    Command,
    /// A component without a handler.
    #[error("this component exports no HTTP handler; it exports {found}")]
    NoHandler {
        /// What it exports instead.
        found: String,
    },
    /// The component wants something that the runtime does not offer.
    #[error("the component imports {0}, which this runtime does not provide")]
    UnknownImport(String),
    /// The validator or the compiler refuses it.
    #[error("the module does not compile: {0}")]
    Invalid(String),
    /// The JavaScript or TypeScript cannot be read.
    #[error("{0}")]
    Source(Box<SourceError>),
    /// This server has no JavaScript engine: no fault of the function.
    #[error(
        "JavaScript cannot be run: {} cannot be read ({reason}); put wasmforge-js.wasm beside the program, or say in WASMFORGE_JS_ENGINE where it is",
        path.display()
    )]
    NoJavaScript {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Compiling it takes more time than the operator allows.
    #[error("compiling the module took more than {0} of CPU time")]
    TooSlow(String),
    /// Compiling it takes more memory than the operator allows.
    #[error("compiling the module took more memory than the {0} MiB that are allowed")]
    TooMuchMemory(u64),
    /// The compiler process could not be run: no fault of the module.
    #[error("the compiler could not be run: {0}")]
    Compiler(String),
    /// The module's bytes could not be read: no fault of the module.
    #[error("{0}")]
    Store(String),
}

impl BuildError {
    /// Whether the module itself is at fault, so that trying again is of no use.
    #[must_use]
    pub fn is_fault_of_module(&self) -> bool {
        !matches!(self, Self::Compiler(_) | Self::Store(_) | Self::NoJavaScript { .. })
    }
}
