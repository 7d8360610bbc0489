//! `native.modules`: the modules that programs find by name, without a file or a network behind them.

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Exception, Function, Module, Object, Result, Runtime, Value, qjs};
use std::ffi::CString;

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let modules = Object::new(ctx.clone())?;
    modules.set("define", Function::new(ctx.clone(), define)?)?;
    native.set("modules", modules)
}

/// Says which names there are to whoever imports another.
pub(super) fn set_loader(runtime: &Runtime) {
    runtime.set_loader(ByName, Absent);
}

/// Makes `values`, an object of exports, the module `name` of this context. It is evaluated here, so that an import of
/// it only links.
#[allow(unsafe_code, reason = "rquickjs defines native modules by a type each, not by a value")]
fn define<'js>(ctx: Ctx<'js>, name: String, values: Object<'js>) -> Result<()> {
    let raw = ctx.as_raw().as_ptr();
    let name = CString::new(name)?;
    // SAFETY: the context lives, the name is a C string that QuickJS copies.
    let module = unsafe { qjs::JS_NewCModule(raw, name.as_ptr(), Some(fill)) };
    if module.is_null() {
        return Err(Error::Exception);
    }
    for export in values.keys::<String>() {
        let export = CString::new(export?)?;
        // SAFETY: as above; `module` is not evaluated before all its exports are named.
        if unsafe { qjs::JS_AddModuleExport(raw, module, export.as_ptr()) } < 0 {
            return Err(Error::Exception);
        }
    }
    // SAFETY: the module owns the reference that is made here, and frees it.
    if unsafe { qjs::JS_SetModulePrivateValue(raw, module, qjs::JS_DupValue(raw, values.as_raw())) } < 0 {
        return Err(Error::Exception);
    }
    // SAFETY: the value is a reference to the module of its own, which `JS_EvalFunction` frees.
    let promise = unsafe {
        let value = qjs::JS_MKPTR(qjs::JS_TAG_MODULE, module.cast());
        qjs::JS_DupValue(raw, value);
        qjs::JS_EvalFunction(raw, value)
    };
    // SAFETY: a value of this context that nobody else frees.
    let promise = unsafe { Value::from_raw(ctx, promise) };
    if promise.is_exception() { Err(Error::Exception) } else { Ok(()) }
}

/// Gives a module's exports their values: what QuickJS calls when it evaluates the module.
#[allow(unsafe_code, reason = "called by QuickJS, with its own pointers")]
unsafe extern "C" fn fill(raw: *mut qjs::JSContext, module: *mut qjs::JSModuleDef) -> std::ffi::c_int {
    let Some(pointer) = std::ptr::NonNull::new(raw) else { return -1 };
    // SAFETY: QuickJS calls this with the module's living context.
    let ctx = unsafe { Ctx::from_raw(pointer) };
    // SAFETY: the private value is the object that `define` set; this makes a reference of its own.
    let values = unsafe { Value::from_raw(ctx, qjs::JS_GetModulePrivateValue(raw, module)) };
    match export_all(raw, module, &values) {
        Ok(()) => 0,
        Err(_) => -1,
    }
}

#[allow(unsafe_code, reason = "called with QuickJS's own pointers")]
fn export_all(raw: *mut qjs::JSContext, module: *mut qjs::JSModuleDef, values: &Value<'_>) -> Result<()> {
    let values = values.as_object().ok_or(Error::InvalidExport)?;
    for property in values.props::<String, Value>() {
        let (name, value) = property?;
        let name = CString::new(name)?;
        // SAFETY: the module owns the reference that is made here.
        let set = unsafe {
            let value = qjs::JS_DupValue(raw, value.as_raw());
            qjs::JS_SetModuleExport(raw, module, name.as_ptr(), value)
        };
        if set < 0 {
            return Err(Error::InvalidExport);
        }
    }
    Ok(())
}

/// Names are what they are: modules have no folders.
struct ByName;

impl Resolver for ByName {
    fn resolve<'js>(
        &mut self,
        _ctx: &Ctx<'js>,
        _base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        Ok(canonical(name))
    }
}

/// Node's modules go by their names alone, too, and the SDK by that of its package.
fn canonical(name: &str) -> String {
    const BARE: [&str; 12] = [
        "assert",
        "assert/strict",
        "buffer",
        "crypto",
        "events",
        "path",
        "path/posix",
        "process",
        "querystring",
        "url",
        "util",
        "util/types",
    ];
    if BARE.contains(&name) {
        format!("node:{name}")
    } else {
        name.strip_prefix("npm:").unwrap_or(name).to_owned()
    }
}

/// What QuickJS asks for a module that was not defined: there is none.
struct Absent;

impl Loader for Absent {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let message = format!(
            "Cannot find module '{name}': a function is one file; bundle what it imports into it before it is deployed"
        );
        Err(Exception::throw_type(ctx, &message))
    }
}
