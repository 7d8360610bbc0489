//! What a source imports, and whether every function has that.

use crate::compile::{SERVICES_MODULE, is_builtin};
use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportDeclarationSpecifier, ImportExpression,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::{ParseOptions, Parser};
use oxc::span::SourceType;
use std::path::Path;

/// Bytes of stack for reading a source: the parser calls itself for every level of nesting.
const STACK: usize = 256 * 1024 * 1024;

/// What a source imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// What stands behind `from`, and in `import()`, in their order; not what only has types.
    pub specifiers: Vec<String>,
    /// The names that are imported from the module of the platform's services.
    pub services: Vec<String>,
    /// Whether it calls `require` with a name.
    pub requires: bool,
}

impl Imports {
    /// What the source at `path` imports. Of one that cannot be read, nothing: whoever compiles it says why.
    #[must_use]
    pub fn of(path: &Path, source: &str) -> Self {
        let kind = SourceType::from_path(path).unwrap_or_default();
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, || Self::read(source, kind)).ok()?.join().ok()
        })
        .unwrap_or_default()
    }

    fn read(source: &str, kind: SourceType) -> Self {
        let allocator = Allocator::default();
        let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
        let parsed = Parser::new(&allocator, source, kind).with_options(options).parse();
        let mut imports = Self::default();
        imports.visit_program(&parsed.program);
        imports
    }

    fn see(&mut self, specifier: &str) {
        if !self.specifiers.iter().any(|seen| seen == specifier) {
            self.specifiers.push(specifier.to_owned());
        }
    }
}

/// Whether the file at `path` must be bundled.
pub(super) fn need_bundling(path: &Path, source: &str) -> bool {
    if path.extension().is_some_and(|extension| extension == "jsx" || extension == "tsx") {
        return true;
    }
    let imports = Imports::of(path, source);
    // The engine has no `require`: a bundle has none either.
    imports.requires || imports.specifiers.iter().any(|specifier| !is_builtin(specifier))
}

impl<'a> Visit<'a> for Imports {
    fn visit_import_declaration(&mut self, declaration: &ImportDeclaration<'a>) {
        if declaration.import_kind.is_type() {
            return;
        }
        let specifier = declaration.source.value.as_str();
        self.see(specifier);
        if specifier != SERVICES_MODULE {
            return;
        }
        for name in declaration.specifiers.iter().flatten() {
            match name {
                ImportDeclarationSpecifier::ImportSpecifier(name) if !name.import_kind.is_type() => {
                    self.services.push(name.imported.name().to_string());
                }
                _ => {}
            }
        }
    }

    fn visit_export_from_declaration(&mut self, declaration: &ExportFromDeclaration<'a>) {
        if !declaration.export_kind.is_type() {
            self.see(&declaration.source.value);
        }
    }

    fn visit_export_all_declaration(&mut self, declaration: &ExportAllDeclaration<'a>) {
        self.see(&declaration.source.value);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(literal) = &import.source {
            self.see(&literal.value);
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let is_require = matches!(&call.callee, Expression::Identifier(name) if name.name == "require");
        self.requires |= is_require && matches!(call.arguments.first(), Some(Argument::StringLiteral(_)));
        walk::walk_call_expression(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_function_has_needs_no_bundle() {
        for source in [
            "export default () => new Response('x');",
            "import { createClient } from 'npm:@insforge/sdk';\nimport { sql } from 'wasmforge';\nimport 'node:buffer';",
            "module.exports = async (request) => new Response('require(');",
            "import type { Row } from './types';\nexport default (row: Row) => row;",
            "this is no program (",
        ] {
            assert!(!need_bundling(Path::new("f.ts"), source), "{source}");
        }
    }

    #[test]
    fn everything_else_does() {
        for source in [
            "import x from './x';",
            "export * from 'npm:zod';",
            "export { a } from 'https://example.com/a.js';",
            "export default async () => (await import('jsr:@std/x')).y;",
            "const zod = require('zod');",
        ] {
            assert!(need_bundling(Path::new("f.ts"), source), "{source}");
        }
        assert!(need_bundling(Path::new("f.tsx"), "export default () => null;"));
    }
    #[test]
    fn imports_are_told_once_and_services_by_name() {
        let source = "import { sql, kv as store, type Row } from 'wasmforge';\nimport 'zod';\nimport('zod');";
        let imports = Imports::of(Path::new("f.ts"), source);
        assert_eq!(imports.specifiers, ["wasmforge", "zod"]);
        assert_eq!(imports.services, ["sql", "kv"]);
        assert!(!imports.requires);
    }
}
