//! An instance of the engine that serves the deploying of one function, and can call nothing.

use wasmtime::component::{Component, ComponentType, Instance, Lift, Linker, Lower, TypedFunc, WasmList};
use wasmtime::{Store, StoreContextMut, StoreLimits, StoreLimitsBuilder};

/// Bytes of memory that the instance may use.
const MEMORY: usize = 512 * 1024 * 1024;

/// The engine's interface.
const COMPILER: &str = "wasmforge:javascript/compiler@0.1.0";

/// What it asks of us.
const PROGRAM: &str = "wasmforge:javascript/program@0.1.0";

/// What is wrong with a program, in the engine's words.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// What the instance's host knows.
pub(super) struct State {
    limits: StoreLimits,
    bytecode: Vec<u8>,
    /// The memories that the instance handed over, each from its first byte on.
    pub(super) memories: Vec<(u32, Vec<u8>)>,
}

/// The instance.
pub(super) struct Deploying {
    pub(super) store: Store<State>,
    instance: Instance,
}

impl Deploying {
    /// An instance that compiles a text.
    pub(super) fn compiling(engine: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine.engine());
        linker.instance(PROGRAM)?.func_wrap("source-position", as_compiled)?;
        Self::new(engine, linker, Vec::new())
    }

    /// An instance that evaluates a program.
    pub(super) fn evaluating(engine: &Component, bytecode: &[u8]) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine.engine());
        let mut program = linker.instance(PROGRAM)?;
        program.func_wrap("bytecode", bytecode_of)?;
        program.func_wrap("keep-memory", keep_memory)?;
        Self::new(engine, linker, bytecode.to_vec())
    }

    /// The store's epoch deadline is never reached: the process has a limit of its own on CPU time, and whoever wants
    /// another sets it.
    fn new(engine: &Component, mut linker: Linker<State>, bytecode: Vec<u8>) -> wasmtime::Result<Self> {
        linker.define_unknown_imports_as_traps(engine)?;
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
        let mut store = Store::new(engine.engine(), State { limits, bytecode, memories: Vec::new() });
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = linker.instantiate(&mut store, engine)?;
        Ok(Self { store, instance })
    }

    /// A function of the interface `compiler`.
    pub(super) fn function<P, R>(&mut self, name: &str) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: wasmtime::component::ComponentNamedList + Lower,
        R: wasmtime::component::ComponentNamedList + Lift,
    {
        let compiler = self.instance.get_export_index(&mut self.store, None, COMPILER);
        let function = self.instance.get_export_index(&mut self.store, compiler.as_ref(), name);
        let function = function.ok_or_else(|| wasmtime::format_err!("the engine has no `{name}`"))?;
        self.instance.get_typed_func(&mut self.store, function)
    }
}

/// A position in the text that is compiled.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Position {
    file: String,
    line: u32,
    column: u32,
}

/// The engine maps the stack of a syntax error as it does any other; here it stays as it is.
fn as_compiled(
    _: StoreContextMut<'_, State>,
    (line, column): (u32, u32),
) -> wasmtime::Result<(Option<Position>,)> {
    Ok((Some(Position { file: "program".to_owned(), line, column }),))
}

fn bytecode_of(store: StoreContextMut<'_, State>, (): ()) -> wasmtime::Result<(Vec<u8>,)> {
    Ok((store.data().bytecode.clone(),))
}

fn keep_memory(
    mut store: StoreContextMut<'_, State>,
    (start, memory): (u32, WasmList<u8>),
) -> wasmtime::Result<()> {
    let memory = memory.as_le_slice(&store).to_vec();
    store.data_mut().memories.push((start, memory));
    Ok(())
}
