//! Where the positions of a compiled program come from.

use super::edit::{Shift, original_column};
use super::error::Place;
use super::read::Language;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use oxc_sourcemap::{SourceMap, Token};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{Read as _, Write as _};

/// Characters that are kept of the name of an author's file.
const MAX_FILE: usize = 300;

/// From the engine's positions back to the author's, step by step.
#[derive(Serialize, Deserialize)]
pub(super) struct Positions {
    /// What the author wrote in.
    pub(super) language: Language,
    /// Lines before the author's first.
    pub(super) lines: u32,
    /// What was replaced within lines.
    pub(super) shifts: Vec<Shift>,
    /// The maps of what was made from other files, the last step first.
    pub(super) maps: Vec<Map>,
}

/// One step, as JSON of the source map's format.
#[derive(Serialize, Deserialize)]
pub(super) struct Map {
    json: String,
    /// Whether its files are the author's; otherwise there is one, the source itself.
    names_files: bool,
}

impl Map {
    /// The map of a source that was printed anew.
    pub(super) fn printed(map: &SourceMap<'_>) -> Self {
        Self { json: reduced(map), names_files: false }
    }

    /// The map that somebody's bundler left in a source; `None` where it cannot be read.
    pub(super) fn bundled(json: &str) -> Option<Self> {
        let map = SourceMap::from_json_string(json).ok()?;
        Some(Self { json: reduced(&map), names_files: true })
    }
}

/// The map without names and without its files' text.
fn reduced(map: &SourceMap<'_>) -> String {
    let sources = map.get_sources().map(|source| {
        let name = source.chars().filter(|c| !c.is_control()).take(MAX_FILE);
        Cow::Owned(name.collect::<String>())
    });
    let mut tokens: Vec<_> = map.get_tokens().filter(|token| token.get_source_id().is_some()).collect();
    tokens.sort_by_key(|token| (token.get_dst_line(), token.get_dst_col()));
    let tokens = tokens.into_iter().map(|token| {
        let (line, column) = (token.get_dst_line(), token.get_dst_col());
        Token::new(line, column, token.get_src_line(), token.get_src_col(), token.get_source_id(), None)
    });
    SourceMap::new(None, Vec::new(), None, sources.collect(), Vec::new(), tokens.collect(), None)
        .to_json_string()
}

impl Positions {
    /// Writes them, compressed.
    pub(super) fn encode(&self) -> std::io::Result<Vec<u8>> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&serde_json::to_vec(self)?)?;
        encoder.finish()
    }

    /// Reads what [`Positions::encode`] wrote.
    pub(super) fn decode(bytes: &[u8]) -> std::io::Result<Self> {
        let mut json = Vec::new();
        DeflateDecoder::new(bytes).read_to_end(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }

    /// Makes them ready to be asked.
    pub(super) fn table(&self) -> Table {
        let maps = self.maps.iter().filter_map(|map| {
            let read = SourceMap::from_json_string(&map.json).ok()?;
            let tokens = read.get_tokens().collect();
            let files = map.names_files.then(|| read.get_sources().map(str::to_owned).collect());
            Some(Step { tokens, files })
        });
        Table {
            language: self.language,
            lines: self.lines,
            shifts: self.shifts.clone(),
            steps: maps.collect(),
        }
    }
}

/// [`Positions`], ready to be asked.
pub(super) struct Table {
    pub(super) language: Language,
    lines: u32,
    shifts: Vec<Shift>,
    steps: Vec<Step>,
}

struct Step {
    /// In the order of the lines and columns that they are found by.
    tokens: Vec<Token>,
    files: Option<Vec<String>>,
}

impl Table {
    /// The author's place for a line and a column of the compiled text. The engine counts both from 1, and columns in
    /// bytes.
    pub(super) fn place(&self, line: u32, column: u32) -> Option<Place> {
        let mut line = line.checked_sub(self.lines + 1)?;
        let mut column = original_column(&self.shifts, line, column.saturating_sub(1));
        let mut file = None;
        for step in &self.steps {
            let token = step.find(line, column)?;
            (line, column) = (token.get_src_line(), token.get_src_col());
            file = step.files.as_ref().and_then(|files| files.get(token.get_source_id()? as usize)).cloned();
        }
        Some(Place { file, line: line + 1, column: column + 1 })
    }
}

impl Step {
    fn find(&self, line: u32, column: u32) -> Option<&Token> {
        let place = |token: &Token| (token.get_dst_line(), token.get_dst_col());
        let after = self.tokens.partition_point(|token| place(token) <= (line, column));
        let before = after.checked_sub(1).and_then(|at| self.tokens.get(at));
        let on_line = |token: &&Token| token.get_dst_line() == line;
        before.filter(on_line).or_else(|| self.tokens.get(after).filter(on_line))
    }
}
