//! Makes JavaScript of TypeScript.

use super::error::SourceError;
use super::frame::error_at;
use super::imports;
use super::read::Reading;
use oxc::allocator::Allocator;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::transformer::{
    DecoratorOptions, HelperLoaderMode, HelperLoaderOptions, TransformOptions, Transformer,
};
use oxc_sourcemap::SourceMap;
use std::path::Path;

/// What a source is called in its map.
const NAME: &str = "source";

/// JavaScript, and where it comes from.
pub(super) struct Stripped {
    pub(super) code: String,
    pub(super) map: Option<SourceMap<'static>>,
}

/// Takes the types away, and writes what only TypeScript has in JavaScript: enums, namespaces, parameter properties,
/// decorators as `experimentalDecorators` has them.
///
/// # Errors
/// What cannot be written in JavaScript, and imports that the engine does not have. An import of types alone is gone
/// by then.
pub(super) fn strip<'a>(
    allocator: &'a Allocator,
    source: &str,
    reading: Reading<'a>,
) -> Result<Stripped, SourceError> {
    let Reading { mut program, scoping, .. } = reading;
    program.hashbang = None;
    let options = TransformOptions {
        decorator: DecoratorOptions { legacy: true, ..DecoratorOptions::default() },
        helper_loader: HelperLoaderOptions {
            mode: HelperLoaderMode::External,
            ..HelperLoaderOptions::default()
        },
        ..TransformOptions::default()
    };
    let transformed =
        Transformer::new(allocator, Path::new(NAME), &options).build_with_scoping(scoping, &mut program);
    if let Some(error) = transformed.diagnostics.errors().next() {
        let offset = error.labels.first().map_or(0, |label| label.offset() as usize);
        return Err(error_at(source, offset, error.message.to_string()));
    }
    let edits = imports::check(source, &program)?;
    imports::rename(allocator, &mut program, &edits);
    let options = CodegenOptions {
        source_map_path: Some(NAME.into()),
        comments: CommentOptions::disabled(),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).build(&program);
    Ok(Stripped { code: printed.code, map: printed.map.map(SourceMap::into_owned) })
}
