//! From source to bytecode, and from bytecode to a program that runs.

use crate::bindings::{Form, Problem, program};
use crate::{engine, image};
use rquickjs::{Array, CatchResultExt, CaughtError, Ctx, Error, Module, Persistent, Result, Value, qjs};
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
pub(crate) fn evaluate(bytecode: Vec<u8>) -> std::result::Result<(), Problem> {
    let bytecode: &'static [u8] = bytecode.leak();
    image::capture();
    engine::turn(|ctx, _| {
        let program = load(ctx, bytecode).catch(ctx).map_err(|error| problem(&error))?;
        EVALUATED.set(Some(Persistent::save(ctx, program)));
        Ok(())
    })?;
    image::capture();
    Ok(())
}

/// The instance's program: as its image has it, else evaluated now.
pub(crate) fn of_instance<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    match EVALUATED.take() {
        Some(program) => program.restore(ctx),
        None => load(ctx, program::bytecode().leak()),
    }
}

/// Evaluates a compiled program: a script's function, or a module's namespace beside the promise of its
/// evaluation.
pub(crate) fn load<'js>(ctx: &Ctx<'js>, bytecode: &'static [u8]) -> Result<Value<'js>> {
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
    // SAFETY: the server hands over only what `compile` made and it sealed.
    let module = unsafe { Module::load(ctx.clone(), code)? };
    let (module, evaluated) = module.eval()?;
    let pair = Array::new(ctx.clone())?;
    pair.set(0, module.namespace()?)?;
    pair.set(1, evaluated)?;
    Ok(pair.into_value())
}
