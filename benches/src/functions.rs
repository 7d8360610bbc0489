//! The functions in JavaScript that are measured, as text.

/// The answer that every server here gives, from script.
pub(crate) const HELLO: &str = include_str!("../functions/hello.js");

/// What a bundle has once for each of its modules; `$N` is the module's number.
const MODULE: &str = include_str!("../functions/module.js");

/// Modules of a bundle whose bytecode has some 10 KiB.
pub(crate) const MEDIUM: u32 = 8;

/// Modules of a bundle of 60 KB of source.
#[allow(dead_code, reason = "the load harness has no use for it")]
pub(crate) const LARGE: u32 = 52;

/// [`HELLO`] below so many modules, which a request evaluates and does not use: what bundled packages come to. `tag`
/// tells one bundle from another.
pub(crate) fn bundle(modules: u32, tag: &str) -> String {
    let mut text = format!("// {tag}\nconst registry = new Map();\n\n");
    for number in 0..modules {
        text.push_str(&MODULE.replace("$N", &number.to_string()));
        text.push('\n');
    }
    text.push_str(HELLO);
    text
}

/// The same, loaded and never evaluated.
#[allow(dead_code, reason = "as above")]
pub(crate) fn unused(modules: u32) -> String {
    let bundle = bundle(modules, "");
    format!("function unused(module) {{\n{bundle}}}\n\n{HELLO}")
}
