//! What the compiler process does with a source: read it, check it, have the engine compile it
//! and evaluate what can be evaluated ahead.

use super::artifact;
use super::bytecode::{self, exhausted};
use super::error::SourceError;
use super::frame::frame;
use super::image::image_of;
use super::instance::Problem;
use super::prepare::{Prepared, prepare};
use crate::engine::EngineProfile;
use std::path::Path;

/// Bytes of stack for reading a source: the parser calls itself for every level of nesting.
const STACK: usize = 512 * 1024 * 1024;

/// Bytes of address space that are reserved besides what a compile uses: the sandbox's memory with its guards, and the
/// stack.
pub(in crate::compile) const RESERVED: u64 = (16 << 30) + STACK as u64;

/// Why there is no program.
pub(in crate::compile) enum Failure {
    /// The source is at fault.
    Source(SourceError),
    /// The engine or the system is.
    Setup(String),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// Compiles a source with the engine whose machine code is at `code`.
pub(in crate::compile) fn compile(
    profile: EngineProfile,
    code: &Path,
    source: Vec<u8>,
) -> Result<Vec<u8>, Failure> {
    let code = code.to_owned();
    let thread = std::thread::Builder::new().stack_size(STACK);
    let work = thread.spawn(move || on_large_stack(profile, &code, source));
    let done = work.map_err(|error| Failure::Setup(error.to_string()))?.join();
    done.unwrap_or_else(|_| Err(Failure::Setup("it panicked".to_owned())))
}

fn on_large_stack(profile: EngineProfile, code: &Path, source: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let source = String::from_utf8(source).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        SourceError::whole(format!("The source is not UTF-8 (byte {at})"))
    })?;
    let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
    let setup = |error: wasmtime::Error| Failure::Setup(format!("{error:#}"));
    let Prepared { text, form, positions } = prepare(source)?;
    let engine = bytecode::load(profile, code).map_err(setup)?;
    match bytecode::compile(&engine, &text, form) {
        Ok(Ok(bytecode)) => {
            let image = image_of(&engine, &bytecode);
            artifact::encode(&bytecode, image.as_ref(), &positions)
                .map_err(|error| Failure::Setup(error.to_string()))
        }
        Ok(Err(Problem { message, line, column })) => {
            let at = positions.table().place(line, column);
            let frame = at.as_ref().filter(|at| at.file.is_none()).and_then(|at| frame(source, at));
            Err(SourceError { message, at, frame }.into())
        }
        Err(error) => Err(exhausted(&error).map_or_else(|| setup(error), Failure::Source)),
    }
}
