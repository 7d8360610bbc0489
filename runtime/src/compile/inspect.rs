//! What a module is, told from its first bytes and its top-level sections, before anything is compiled.

use super::BuildError;
use crate::engine::WasiVersion;
use wasmparser::{Encoding, Parser, Payload};

/// What a component exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentKind {
    /// A request handler.
    Handler(WasiVersion),
    /// A program that runs once, `wasi:cli/run`.
    Command(WasiVersion),
}

/// Tells what `module` is. Only the top level is read: nested modules are the compiler's to judge.
///
/// # Errors
/// [`BuildError`] says what was found instead of a component that can be run.
pub fn inspect(module: &[u8]) -> Result<ComponentKind, BuildError> {
    if !module.starts_with(b"\0asm") {
        return Err(BuildError::NotWasm(describe_foreign(module)));
    }
    kind_of(&Interfaces::of(module)?.exports)
}

/// What a component asks for and what it offers, at its top level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// The names of its imports.
    pub imports: Vec<String>,
    /// The names of its exports.
    pub exports: Vec<String>,
}

impl Interfaces {
    /// Reads the top level of a component.
    ///
    /// # Errors
    /// [`BuildError`] says what was found instead of a component.
    pub fn of(component: &[u8]) -> Result<Self, BuildError> {
        let mut found = Self::default();
        // How many modules and components the reader is within.
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(malformed)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(BuildError::CoreModule);
                }
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        found.imports.push(import.map_err(malformed)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        found.exports.push(export.map_err(malformed)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

fn malformed(error: wasmparser::BinaryReaderError) -> BuildError {
    BuildError::NotWasm(error.to_string())
}

fn kind_of(exports: &[String]) -> Result<ComponentKind, BuildError> {
    let has = |prefix: &str| exports.iter().any(|name| name.starts_with(prefix));
    if has("wasi:http/incoming-handler@0.2.") {
        return Ok(ComponentKind::Handler(WasiVersion::V02));
    }
    if has("wasi:http/handler@0.3.") {
        return Ok(ComponentKind::Handler(WasiVersion::V03));
    }
    if has("wasi:cli/run@0.2.") {
        return Ok(ComponentKind::Command(WasiVersion::V02));
    }
    if has("wasi:cli/run@0.3.") {
        return Ok(ComponentKind::Command(WasiVersion::V03));
    }
    let found = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
    Err(BuildError::NoHandler { found })
}

/// A guess at what else was uploaded, to spare its author one.
fn describe_foreign(bytes: &[u8]) -> String {
    let known: [(&[u8], &str); 6] = [
        (b"", "it is empty"),
        (b"\x7fELF", "it is a native executable, or machine code that is already compiled"),
        (b"PK", "it is a zip archive"),
        (b"\x1f\x8b", "it is gzip-compressed"),
        (b"(module", "it is WebAssembly text; assemble it first"),
        (b"(component", "it is WebAssembly text; assemble it first"),
    ];
    let found = known
        .iter()
        .find(|(magic, _)| if magic.is_empty() { bytes.is_empty() } else { bytes.starts_with(magic) });
    match found {
        Some((_, what)) => (*what).to_owned(),
        None => "it does not begin with \\0asm".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    const HANDLER_02: &str = r#"(component
        (component $c (export "f" (func 0)) (import "x" (func)))
        (core module)
        (instance $i)
        (export "wasi:http/incoming-handler@0.2.3" (instance $i)))"#;

    #[test]
    fn handlers_and_commands_are_told_apart_by_their_exports() {
        let export =
            |name: &str| wat(&format!(r#"(component (instance $i) (export "{name}" (instance $i)))"#));
        let kinds = [
            ("wasi:http/incoming-handler@0.2.0", ComponentKind::Handler(WasiVersion::V02)),
            ("wasi:http/handler@0.3.0", ComponentKind::Handler(WasiVersion::V03)),
            ("wasi:cli/run@0.2.6", ComponentKind::Command(WasiVersion::V02)),
            ("wasi:cli/run@0.3.0", ComponentKind::Command(WasiVersion::V03)),
        ];
        for (name, kind) in kinds {
            assert_eq!(inspect(&export(name)).unwrap(), kind);
        }
    }

    #[test]
    fn interfaces_are_those_of_the_top_level() {
        let nested =
            wat(r#"(component (component (import "inner" (func)) (export "e" (func 0))) (core module)
                (import "a:b/c@1.0.0" (instance $i)) (export "x:y/z@1.0.0" (instance $i)))"#);
        let expected =
            Interfaces { imports: vec!["a:b/c@1.0.0".into()], exports: vec!["x:y/z@1.0.0".into()] };
        assert_eq!(Interfaces::of(&nested).unwrap(), expected);
    }

    #[test]
    fn a_nested_module_does_not_make_a_component_a_core_module() {
        let nested =
            wat(&HANDLER_02.replace(r#"(component $c (export "f" (func 0)) (import "x" (func)))"#, ""));
        assert_eq!(inspect(&nested).unwrap(), ComponentKind::Handler(WasiVersion::V02));
    }

    #[test]
    fn everything_else_is_named() {
        let refused = |bytes: &[u8]| inspect(bytes).unwrap_err().to_string();
        assert!(refused(b"").contains("empty"));
        assert!(refused(b"PK\x03\x04").contains("zip"));
        assert!(refused(b"export default 1").contains("does not begin with"));
        assert!(refused(&wat("(module)")).contains("wasm32-wasip2"));
        assert!(refused(&wat("(component)")).contains("exports nothing"));
        assert!(
            refused(&wat(r#"(component (instance $i) (export "acme:x/y@1.0.0" (instance $i)))"#))
                .contains("acme:x/y")
        );
        let whole = wat(
            r#"(component (core module) (instance $i) (export "wasi:http/handler@0.3.0" (instance $i)))"#,
        );
        assert!(matches!(inspect(&whole[..whole.len() - 3]), Err(BuildError::NotWasm(_))));
    }
}
