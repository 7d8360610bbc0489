//! From source to bytecode, by the engine's own compiler in its sandbox.

use super::super::BuildError;
use super::form::is_module;
use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower};
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder};

/// Bytes of memory that the compiler may use.
const MEMORY: usize = 512 * 1024 * 1024;

/// The engine's interface.
const COMPILER: &str = "wasmforge:javascript/compiler@0.1.0";

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
enum Form {
    #[component(name = "script")]
    Script,
    #[component(name = "module")]
    Module,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Problem {
    message: String,
    line: u32,
    column: u32,
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
    let mut linker: Linker<StoreLimits> = Linker::new(engine.engine());
    linker.define_unknown_imports_as_traps(engine)?;
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
    let mut store = Store::new(engine.engine(), limits);
    store.limiter(|limits| limits);
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = linker.instantiate_async(&mut store, engine).await?;
    let compiler = instance.get_export_index(&mut store, None, COMPILER);
    let compile = instance.get_export_index(&mut store, compiler.as_ref(), "compile");
    let compile = compile.ok_or_else(|| wasmtime::format_err!("the engine has no compiler"))?;
    let compile =
        instance.get_typed_func::<(&str, Form), (Result<Vec<u8>, Problem>,)>(&mut store, compile)?;
    let (compiled,) = compile.call_async(&mut store, (source, form)).await?;
    Ok(compiled)
}
