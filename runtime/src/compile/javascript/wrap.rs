//! What the engine compiles around an author's code: a function, or what a module has in reach besides.
//!
//! It takes one line before the code, so that columns stay as they are.

use super::bytecode::Form;
use super::read::Facts;

/// Lines before the author's first.
pub(super) const LINES: u32 = 1;

/// What the transformed code of decorators calls them by.
const HELPERS: &str = "babelHelpers";

/// Decorators as `experimentalDecorators` means them: the last is asked first, and each may replace what it decorates.
const DECORATORS: &str = "{\
    decorate(all,target,key,own){\
        const onClass=arguments.length<3;\
        let value=onClass?target:own===null?Object.getOwnPropertyDescriptor(target,key):own;\
        for(const decorator of [...all].reverse())\
            value=(onClass?decorator(value):decorator(target,key,value))||value;\
        if(!onClass&&value)Object.defineProperty(target,key,value);\
        return value},\
    decorateParam(index,decorator){return(target,key)=>decorator(target,key,index)},\
    decorateMetadata(){return()=>{}}}";

/// The text to be compiled.
pub(super) fn wrap(code: &str, facts: Facts) -> (String, Form) {
    let helpers = code.contains(HELPERS);
    match facts.module {
        true => (module(code, facts, helpers), Form::Module),
        false => (script(code, facts, helpers), Form::Script),
    }
}

/// A script is a function's body. Where it declares `module` or `exports` anew, it is that of a function within, as a
/// parameter cannot be declared anew.
fn script(code: &str, facts: Facts, helpers: bool) -> String {
    let (open, close) = match facts.own_common_js {
        true => ("(function(exports,module){return(function(){", "}).call(this)})"),
        false => ("(function(exports,module){", "})"),
    };
    match helpers {
        true => format!("(({HELPERS})=>{open}\n{code}\n{close})({DECORATORS})"),
        false => format!("{open}\n{code}\n{close}"),
    }
}

/// A module that assigns to `module.exports` has it, and exports what it assigned.
fn module(code: &str, facts: Facts, helpers: bool) -> String {
    let mut before = String::new();
    let mut after = "";
    if helpers {
        before.push_str(&format!("const {HELPERS}={DECORATORS};"));
    }
    if facts.common_js {
        before.push_str("const exports={},module={exports};");
        if !facts.default_export {
            after = "\nexport default typeof module.exports===\"function\"||typeof module.exports?.fetch===\"function\"\
                ?module.exports:module.exports?.default??exports.default;";
        }
    }
    format!("{before}\n{code}\n{after}")
}
