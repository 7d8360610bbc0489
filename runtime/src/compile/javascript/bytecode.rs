//! From source to bytecode, by the engine's own compiler in its sandbox.

use super::super::BuildError;
use super::form::is_module;
use super::instance::{Deploying, Problem};
use wasmtime::component::{Component, ComponentType, Lower};

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
enum Form {
    #[component(name = "script")]
    Script,
    #[component(name = "module")]
    Module,
}

/// Compiles `source` in an instance that can call nothing.
pub(super) async fn compile(engine: &Component, source: &str) -> Result<Vec<u8>, BuildError> {
    let compiled = match is_module(source) {
        true => call(engine, source, Form::Module).await,
        false => call(engine, &function(source), Form::Script).await,
    };
    let compiled = compiled.map_err(|error| BuildError::Source(format!("{error:#}")))?;
    compiled.map_err(|Problem { message, line, column }| {
        BuildError::Source(format!("{message} (line {line}, column {column})"))
    })
}

/// A script is a function's body.
fn function(body: &str) -> String {
    format!("(function (exports, module) {{{body}\n}})")
}

async fn call(engine: &Component, source: &str, form: Form) -> wasmtime::Result<Result<Vec<u8>, Problem>> {
    let mut instance = Deploying::new(engine).await?;
    let compile = instance.function::<(&str, Form), (Result<Vec<u8>, Problem>,)>("compile")?;
    let (compiled,) = compile.call_async(&mut instance.store, (source, form)).await?;
    Ok(compiled)
}
