//! From text to bytecode, by the engine's own compiler in its sandbox.

use super::error::SourceError;
use super::instance::{Deploying, Problem};
use crate::engine::EngineProfile;
use std::path::Path;
use wasmtime::component::{Component, ComponentType, Lower};
use wasmtime::{Engine, Trap};

/// How the engine reads a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
pub(super) enum Form {
    /// A script whose value is a function.
    #[component(name = "script")]
    Script,
    /// An ECMAScript module.
    #[component(name = "module")]
    Module,
}

/// The engine, from machine code that the server has checked.
pub(super) fn load(profile: EngineProfile, code: &Path) -> wasmtime::Result<Component> {
    let engine = Engine::new(&profile.config())?;
    // SAFETY: the server has checked the seal of this file, which lies in a folder that this user alone writes to and
    // where files are only ever renamed into place.
    #[allow(unsafe_code)]
    unsafe {
        Component::deserialize_file(&engine, code)
    }
}

/// Compiles `text` in an instance that can call nothing.
///
/// # Errors
/// The outer error is the engine's, unless [`exhausted`] says that it is the text's.
pub(super) fn compile(
    engine: &Component,
    text: &str,
    form: Form,
) -> wasmtime::Result<Result<Vec<u8>, Problem>> {
    let mut instance = Deploying::compiling(engine)?;
    let compile = instance.function::<(&str, Form), (Result<Vec<u8>, Problem>,)>("compile")?;
    let (compiled,) = compile.call(&mut instance.store, (text, form))?;
    Ok(compiled)
}

/// What a source asked too much of, where that is why the engine failed.
pub(super) fn exhausted(error: &wasmtime::Error) -> Option<SourceError> {
    match error.downcast_ref::<Trap>()? {
        Trap::StackOverflow => Some(SourceError::whole("The source is nested too deeply")),
        _ => Some(SourceError::whole("The source takes more memory to compile than is allowed")),
    }
}
