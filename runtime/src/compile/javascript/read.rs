//! Reads a source: as JavaScript, else as TypeScript.

use super::error::SourceError;
use super::frame::error_at;
use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::{ParseOptions, Parser};
use oxc::semantic::{Scoping, SemanticBuilder};
use oxc::span::SourceType;
use oxc::str::Ident;
use oxc::syntax::module_record::ModuleRecord;
use serde::{Deserialize, Serialize};

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Language {
    JavaScript,
    TypeScript,
}

/// A source that was understood.
pub(super) struct Reading<'a> {
    /// Its syntax tree.
    pub(super) program: Program<'a>,
    /// Its names.
    pub(super) scoping: Scoping,
    /// What it is written in.
    pub(super) language: Language,
    /// What it is besides.
    pub(super) facts: Facts,
}

/// What decides how a source is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// It imports, exports, or awaits at its top level.
    pub(super) module: bool,
    /// It has a default export.
    pub(super) default_export: bool,
    /// It uses `module` or `exports` without declaring them.
    pub(super) common_js: bool,
    /// It declares a constant, a class or a `let` of one of those names.
    pub(super) own_common_js: bool,
}

/// Reads `source` as what it can be read as.
///
/// # Errors
/// Those of the reading that got furthest.
pub(super) fn read<'a>(allocator: &'a Allocator, source: &'a str) -> Result<Reading<'a>, SourceError> {
    let javascript = match read_as(allocator, source, SourceType::unambiguous()) {
        Ok(reading) => return Ok(reading),
        Err(error) => error,
    };
    let typescript = match read_as(allocator, source, SourceType::ts().with_unambiguous(true)) {
        Ok(reading) => return Ok(reading),
        Err(error) => error,
    };
    if read_as(allocator, source, SourceType::tsx().with_unambiguous(true)).is_ok() {
        return Err(typescript.jsx(source));
    }
    let best = if typescript.offset > javascript.offset { typescript } else { javascript };
    Err(error_at(source, best.offset, best.message))
}

/// Where a reading ended.
struct Stop {
    offset: usize,
    message: String,
}

impl Stop {
    fn first(errors: impl IntoIterator<Item = OxcDiagnostic>) -> Option<Self> {
        let stops = errors.into_iter().map(|error| {
            let offset = error.labels.first().map_or(0, |label| label.offset() as usize);
            let message = match &error.help {
                Some(help) => format!("{}. {help}", error.message),
                None => error.message.to_string(),
            };
            Self { offset, message }
        });
        stops.min_by_key(|stop| stop.offset)
    }

    fn jsx(self, source: &str) -> SourceError {
        let advice = "JSX is not run as it is: build the function with `wasmforge build`, or deploy it with \
                      `wasmforge deploy`, which does";
        error_at(source, self.offset, advice)
    }
}

fn read_as<'a>(allocator: &'a Allocator, source: &'a str, kind: SourceType) -> Result<Reading<'a>, Stop> {
    let reading = parse(allocator, source, kind)?;
    // `await (x)` alone may be a call in a script; nobody means that.
    let awaits = !reading.facts.module && has_unresolved(&reading.scoping, "await");
    match awaits.then(|| parse(allocator, source, kind.with_module(true))) {
        Some(Ok(module)) => Ok(module),
        _ => Ok(reading),
    }
}

fn parse<'a>(allocator: &'a Allocator, source: &'a str, kind: SourceType) -> Result<Reading<'a>, Stop> {
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(allocator, source, kind).with_options(options).parse();
    let errors = parsed.diagnostics.errors().cloned();
    if let Some(stop) = Stop::first(errors) {
        return Err(stop);
    }
    let program = parsed.program;
    let checked = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .with_enum_eval(kind.is_typescript())
        .with_excess_capacity(if kind.is_typescript() { 2.0 } else { 0.0 })
        .build(&program);
    if let Some(stop) = Stop::first(checked.diagnostics.errors().cloned()) {
        return Err(stop);
    }
    let scoping = checked.semantic.into_scoping();
    let facts = facts(&program, &parsed.module_record, &scoping);
    let language = if kind.is_typescript() { Language::TypeScript } else { Language::JavaScript };
    Ok(Reading { program, scoping, language, facts })
}

fn facts(program: &Program<'_>, record: &ModuleRecord<'_>, scoping: &Scoping) -> Facts {
    let exports = record.local_export_entries.iter().chain(&record.indirect_export_entries);
    let common_js = ["module", "exports"];
    Facts {
        module: program.source_type.is_module(),
        default_export: exports.into_iter().any(|entry| entry.export_name.is_default() && !entry.is_type),
        common_js: common_js.iter().any(|name| has_unresolved(scoping, name)),
        own_common_js: common_js.iter().any(|name| {
            let binding = scoping.get_root_binding(Ident::from(*name));
            binding.is_some_and(|symbol| scoping.symbol_flags(symbol).is_block_scoped())
        }),
    }
}

fn has_unresolved(scoping: &Scoping, name: &str) -> bool {
    scoping.root_unresolved_references().keys().any(|unresolved| unresolved.as_str() == name)
}
