//! Whether a source imports what not every function has.

use crate::compile::is_builtin;
use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportExpression,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::{ParseOptions, Parser};
use oxc::span::SourceType;
use std::path::Path;

/// Bytes of stack for reading a source: the parser calls itself for every level of nesting.
const STACK: usize = 256 * 1024 * 1024;

/// Whether the file at `path` must be bundled. A source that cannot be read need not be: whoever compiles it says why.
pub(super) fn need_bundling(path: &Path, source: &str) -> bool {
    if path.extension().is_some_and(|extension| extension == "jsx" || extension == "tsx") {
        return true;
    }
    let kind = SourceType::from_path(path).unwrap_or_default();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, || has_foreign(source, kind)).ok()?.join().ok()
    })
    .unwrap_or_default()
}

fn has_foreign(source: &str, kind: SourceType) -> bool {
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, source, kind).with_options(options).parse();
    let mut imports = Imports { foreign: false };
    imports.visit_program(&parsed.program);
    imports.foreign
}

struct Imports {
    foreign: bool,
}

impl Imports {
    fn see(&mut self, specifier: &str) {
        self.foreign |= !is_builtin(specifier);
    }
}

impl<'a> Visit<'a> for Imports {
    fn visit_import_declaration(&mut self, declaration: &ImportDeclaration<'a>) {
        if !declaration.import_kind.is_type() {
            self.see(&declaration.source.value);
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
        // The engine has no `require`: a bundle has none either.
        self.foreign |= is_require && matches!(call.arguments.first(), Some(Argument::StringLiteral(_)));
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
}
