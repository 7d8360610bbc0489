//! From an author's source to the text that the engine compiles.

use super::bytecode::Form;
use super::edit::{Edit, apply};
use super::error::SourceError;
use super::imports;
use super::positions::{Map, Positions};
use super::read::{Language, Reading, read};
use super::typescript::strip;
use super::wrap::{self, wrap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oxc::allocator::Allocator;

/// What stands before the map that a bundler left in a source.
const MAP: &str = "//# sourceMappingURL=data:application/json";

/// The text for the engine's compiler.
pub(super) struct Prepared {
    pub(super) text: String,
    pub(super) form: Form,
    pub(super) positions: Positions,
}

/// Reads a source, checks what it imports, and makes of it what the engine compiles.
///
/// # Errors
/// [`SourceError`], with its place.
pub(super) fn prepare(source: &str) -> Result<Prepared, SourceError> {
    let allocator = Allocator::default();
    let reading = read(&allocator, source)?;
    let (facts, language) = (reading.facts, reading.language);
    let bundled = inline_map(source);
    let (code, shifts, printed) = match language {
        Language::TypeScript => {
            let stripped = strip(&allocator, source, reading)?;
            let (code, shifts) = apply(&stripped.code, Vec::new());
            (code, shifts, stripped.map.as_ref().map(Map::printed))
        }
        Language::JavaScript => {
            let (code, shifts) = apply(source, edits(source, &reading)?);
            (code, shifts, None)
        }
    };
    let maps =
        printed.into_iter().chain(bundled.and_then(|map| map.json()).and_then(|json| Map::bundled(&json)));
    let positions = Positions { language, lines: wrap::LINES, shifts, maps: maps.collect() };
    let (text, form) = wrap(&code, facts);
    Ok(Prepared { text, form, positions })
}

/// What is written differently in JavaScript that is otherwise left as it is.
fn edits(source: &str, reading: &Reading<'_>) -> Result<Vec<Edit>, SourceError> {
    let mut edits = imports::check(source, &reading.program)?;
    if let Some(hashbang) = &reading.program.hashbang {
        let start = hashbang.span.start as usize;
        edits.push(Edit { start, end: start + "#!".len(), text: "//".to_owned() });
    }
    if let Some(map) = inline_map(source) {
        // Only the engine would read it, and in vain.
        edits.push(Edit { start: map.start, end: source.len(), text: String::new() });
    }
    Ok(edits)
}

/// The map that a bundler left at a source's end.
struct InlineMap<'a> {
    start: usize,
    url: &'a str,
}

fn inline_map(source: &str) -> Option<InlineMap<'_>> {
    let start = source.rfind(MAP)?;
    let rest = source.get(start + MAP.len()..)?;
    let begins_line = source.get(..start).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
    let is_last = rest.trim_end().lines().count() <= 1;
    (begins_line && is_last).then(|| InlineMap { start, url: rest.trim_end() })
}

impl InlineMap<'_> {
    fn json(&self) -> Option<String> {
        let (_, encoded) = self.url.split_once(";base64,")?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    }
}
