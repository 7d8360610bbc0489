//! What a source may import, and under which name the engine knows it.

use super::builtin::{NODE_MODULES, canonical};
use super::edit::Edit;
use super::error::SourceError;
use super::frame::error_at;
use oxc::allocator::Allocator;
use oxc::ast::ast::{
    ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration, ImportExpression, Program,
    StringLiteral,
};
use oxc::ast_visit::{Visit, VisitMut, walk, walk_mut};
use oxc::str::Str;
use std::collections::HashMap;

fn refusal(specifier: &str) -> String {
    let advice = if specifier.starts_with("node:") {
        format!("of Node's modules there are {}", NODE_MODULES.join(", "))
    } else {
        "bundle the function with `wasmforge build`, or deploy it with `wasmforge deploy`, which does"
            .to_owned()
    };
    let specifier: String = specifier.chars().take(200).collect();
    format!(
        "Cannot import {specifier:?}: a function may import \"wasmforge\", \"@insforge/sdk\" and modules of Node; {advice}"
    )
}

/// Checks every import, and names the ones to be written differently.
///
/// # Errors
/// The first import in the source that is none of the engine's.
pub(super) fn check(source: &str, program: &Program<'_>) -> Result<Vec<Edit>, SourceError> {
    let mut imports = Imports { edits: Vec::new(), refused: None };
    imports.visit_program(program);
    match imports.refused {
        Some((offset, specifier)) => Err(error_at(source, offset, refusal(&specifier))),
        None => Ok(imports.edits),
    }
}

struct Imports {
    edits: Vec<Edit>,
    refused: Option<(usize, String)>,
}

impl Imports {
    fn see(&mut self, literal: &StringLiteral<'_>) {
        let (start, end) = (literal.span.start as usize, literal.span.end as usize);
        match canonical(&literal.value) {
            Some(name) if name == literal.value.as_str() => {}
            Some(name) => self.edits.push(Edit { start, end, text: format!("\"{name}\"") }),
            None if self.refused.as_ref().is_none_or(|(first, _)| start < *first) => {
                self.refused = Some((start, literal.value.to_string()));
            }
            None => {}
        }
    }
}

impl<'a> Visit<'a> for Imports {
    fn visit_import_declaration(&mut self, declaration: &ImportDeclaration<'a>) {
        self.see(&declaration.source);
    }

    fn visit_export_from_declaration(&mut self, declaration: &ExportFromDeclaration<'a>) {
        self.see(&declaration.source);
    }

    fn visit_export_all_declaration(&mut self, declaration: &ExportAllDeclaration<'a>) {
        self.see(&declaration.source);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(literal) = &import.source {
            self.see(literal);
        }
        walk::walk_import_expression(self, import);
    }
}

/// Writes the engine's names into a syntax tree that is printed anew.
pub(super) fn rename<'a>(allocator: &'a Allocator, program: &mut Program<'a>, edits: &[Edit]) {
    let names = edits.iter().map(|edit| (edit.start, edit.text.trim_matches('"'))).collect();
    Renames { allocator, names }.visit_program(program);
}

struct Renames<'a, 'e> {
    allocator: &'a Allocator,
    /// The name for the literal that begins at a byte of the source.
    names: HashMap<usize, &'e str>,
}

impl<'a> VisitMut<'a> for Renames<'a, '_> {
    fn visit_string_literal(&mut self, literal: &mut StringLiteral<'a>) {
        if let Some(name) = self.names.get(&(literal.span.start as usize)) {
            literal.value = Str::from_str_in(name, &self.allocator);
            literal.raw = None;
        }
        walk_mut::walk_string_literal(self, literal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_module_has_one_name() {
        for specifier in
            ["@insforge/sdk", "npm:@insforge/sdk", "npm:@insforge/sdk@1.2.3", "npm:@insforge/sdk@latest"]
        {
            assert_eq!(canonical(specifier).as_deref(), Some("@insforge/sdk"), "{specifier}");
        }
        assert_eq!(canonical("buffer").as_deref(), Some("node:buffer"));
        assert_eq!(canonical("node:buffer").as_deref(), Some("node:buffer"));
        assert_eq!(canonical("wasmforge").as_deref(), Some("wasmforge"));
    }

    #[test]
    fn everything_else_is_not_there() {
        let specifiers = [
            "npm:zod",
            "zod",
            "jsr:@std/encoding",
            "https://example.com/zod.js",
            "./other.js",
            "node:fs",
            "fs",
            "npm:@insforge/sdk/admin",
            "@insforge/sdk-other",
            "npm:wasmforge",
            "",
            "data:text/javascript,1",
        ];
        for specifier in specifiers {
            assert_eq!(canonical(specifier), None, "{specifier}");
        }
    }
}
