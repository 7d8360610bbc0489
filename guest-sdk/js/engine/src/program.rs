//! From source to bytecode, and from bytecode to a program that runs.

use crate::bindings::{Form, Problem, program};
use crate::{engine, image};
use rquickjs::promise::PromiseState;
use rquickjs::{
    Array, CatchResultExt, CaughtError, Ctx, Error, Exception, Function, Object, Persistent, Result, Value,
    qjs,
};
use std::cell::RefCell;
use std::ffi::CString;

/// What frames of a program are called until they are mapped to the author's file.
pub(crate) const NAME: &str = "program";

/// The first byte of a compiled program.
const SCRIPT: u8 = 0;
const MODULE: u8 = 1;

/// Compiles a program. Nothing of it runs.
pub(crate) fn compile(source: &str, form: Form) -> std::result::Result<Vec<u8>, Problem> {
    engine::with(|ctx, _| {
        let compiled = match form {
            Form::Script => compile_raw(ctx, source, qjs::JS_EVAL_TYPE_GLOBAL, SCRIPT),
            Form::Module => compile_raw(ctx, source, qjs::JS_EVAL_TYPE_MODULE, MODULE),
        };
        compiled.catch(ctx).map_err(|error| problem(&error))
    })
}

/// rquickjs compiles modules only, and those are strict.
#[allow(unsafe_code, reason = "QuickJS's own interface; every pointer is checked, every value freed")]
fn compile_raw(ctx: &Ctx<'_>, source: &str, kind: u32, form: u8) -> Result<Vec<u8>> {
    let length = source.len();
    let source = CString::new(source)?;
    let name = CString::new(NAME)?;
    let flags = i32::try_from(kind | qjs::JS_EVAL_FLAG_COMPILE_ONLY).unwrap_or_default();
    let write =
        i32::try_from(qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE).unwrap_or_default();
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: the context lives; source and name are C strings that outlive the call.
    let object = unsafe { qjs::JS_Eval(raw, source.as_ptr(), length as _, name.as_ptr(), flags) };
    // SAFETY: as above.
    if unsafe { qjs::JS_IsException(object) } {
        return Err(Error::Exception);
    }
    let mut size = 0;
    // SAFETY: `object` is a value of this context.
    let buffer = unsafe { qjs::JS_WriteObject(raw, &raw mut size, object, write) };
    if buffer.is_null() {
        return Err(Error::Exception);
    }
    let size = usize::try_from(size).unwrap_or_default();
    let mut bytes = Vec::with_capacity(size + 1);
    bytes.push(form);
    // SAFETY: QuickJS wrote `size` bytes there, and gave them to us.
    unsafe {
        bytes.extend_from_slice(std::slice::from_raw_parts(buffer, size));
        qjs::js_free(raw, buffer.cast());
    }
    Ok(bytes)
}

fn problem(error: &CaughtError<'_>) -> Problem {
    let (line, column) = match error {
        CaughtError::Exception(exception) => position(&exception.stack().unwrap_or_default()),
        _ => (0, 0),
    };
    let message = match error {
        CaughtError::Exception(exception) => exception.message().unwrap_or_default(),
        other => other.to_string(),
    };
    Problem { message, line, column }
}

/// Reads `program:LINE:COLUMN` at the top of a syntax error's stack.
fn position(stack: &str) -> (u32, u32) {
    let at = stack.split_once("program:").map_or("", |(_, at)| at);
    let mut numbers = at.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

thread_local! {
    /// The program that was evaluated before the memory was kept.
    static EVALUATED: RefCell<Option<Persistent<Value<'static>>>> = const { RefCell::new(None) };
}

/// Evaluates a program's top level, and hands the memory over before and after. An instance that does so serves nothing
/// else.
pub(crate) fn evaluate() -> std::result::Result<(), Problem> {
    // Nothing of the program may be in memory yet, its bytecode neither, or an image would lack it.
    image::capture();
    let bytecode: &'static [u8] = program::bytecode().leak();
    engine::turn(|ctx, hooks| {
        let program = run(ctx, hooks, bytecode).catch(ctx).map_err(|error| problem(&error))?;
        EVALUATED.set(Some(Persistent::save(ctx, program)));
        Ok(())
    })?;
    engine::with(|ctx, _| is_settled(ctx).catch(ctx).map_err(|error| problem(&error)))?;
    image::capture();
    Ok(())
}

/// Whether nothing of the program's top level waits any more; else an error.
fn is_settled(ctx: &Ctx<'_>) -> Result<()> {
    let program = EVALUATED.with_borrow(Clone::clone).map(|program| program.restore(ctx)).transpose()?;
    let Some(program) = program.and_then(Value::into_object) else { return Ok(()) };
    let evaluated: Value<'_> = program.get("evaluated")?;
    if evaluated.is_undefined() || is_done(&evaluated) {
        return Ok(());
    }
    Err(Exception::throw_message(ctx, "the program's top level waits for something"))
}

/// The instance's program, evaluated as far as it goes without waiting: what the layer's `dispatch` takes.
pub(crate) fn of_instance<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>) -> Result<Value<'js>> {
    match EVALUATED.take() {
        Some(program) => program.restore(ctx),
        None => run(ctx, hooks, program::bytecode().leak()),
    }
}

fn run<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>, bytecode: &'static [u8]) -> Result<Value<'js>> {
    let loaded = load(ctx, bytecode)?;
    let evaluate: Function<'js> = hooks.get("evaluate")?;
    evaluate.call((loaded,))
}

/// Loads a compiled program: a script's function, or a module's namespace beside the promise of its evaluation.
fn load<'js>(ctx: &Ctx<'js>, bytecode: &'static [u8]) -> Result<Value<'js>> {
    match bytecode.split_first() {
        Some((&SCRIPT, code)) => load_script(ctx, code),
        Some((&MODULE, code)) => load_module(ctx, code),
        _ => Err(Error::new_loading("the program is not bytecode")),
    }
}

#[allow(unsafe_code, reason = "bytecode can be loaded by no safe call")]
fn load_script<'js>(ctx: &Ctx<'js>, code: &'static [u8]) -> Result<Value<'js>> {
    let raw = ctx.as_raw().as_ptr();
    let flags = i32::try_from(qjs::JS_READ_OBJ_BYTECODE).unwrap_or_default();
    // SAFETY: the server hands over only what `compile` made and it sealed; the bytes live as long as the instance.
    let value =
        unsafe { qjs::JS_EvalFunction(raw, qjs::JS_ReadObject(raw, code.as_ptr(), code.len() as _, flags)) };
    // SAFETY: as above; the value is ours.
    if unsafe { qjs::JS_IsException(value) } {
        return Err(Error::Exception);
    }
    // SAFETY: a value of this context that nobody else frees.
    Ok(unsafe { Value::from_raw(ctx.clone(), value) })
}

#[allow(unsafe_code, reason = "bytecode can be loaded by no safe call")]
fn load_module<'js>(ctx: &Ctx<'js>, code: &'static [u8]) -> Result<Value<'js>> {
    let raw = ctx.as_raw().as_ptr();
    let flags = i32::try_from(qjs::JS_READ_OBJ_BYTECODE | qjs::JS_READ_OBJ_ROM_DATA).unwrap_or_default();
    // SAFETY: the server hands over only what `compile` made and it sealed; the bytes live as long as the instance.
    let module = unsafe { qjs::JS_ReadObject(raw, code.as_ptr(), code.len() as _, flags) };
    // SAFETY: the context holds what was read; imports are bound before anything runs.
    if unsafe { qjs::JS_IsException(module) || qjs::JS_ResolveModule(raw, module) < 0 } {
        return Err(Error::Exception);
    }
    // SAFETY: `module` is a resolved module of this context, which keeps it; each value is a reference of ours.
    let (evaluated, namespace) = unsafe {
        let evaluated = qjs::JS_EvalFunction(raw, qjs::JS_DupValue(raw, module));
        let namespace = qjs::JS_GetModuleNamespace(raw, qjs::JS_VALUE_GET_PTR(module).cast());
        (Value::from_raw(ctx.clone(), evaluated), Value::from_raw(ctx.clone(), namespace))
    };
    if evaluated.is_exception() || namespace.is_exception() {
        return Err(Error::Exception);
    }
    let pair = Array::new(ctx.clone())?;
    pair.set(0, namespace)?;
    if !is_done(&evaluated) {
        pair.set(1, evaluated)?;
    }
    Ok(pair.into_value())
}

/// Whether the promise of a module's evaluation is settled well: that of most, which await nothing.
fn is_done(evaluated: &Value<'_>) -> bool {
    evaluated.as_promise().is_some_and(|promise| promise.state() == PromiseState::Resolved)
}
