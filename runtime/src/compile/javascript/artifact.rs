//! A compiled program as bytes: its bytecode, its image and its positions. Each of the first two comes after its length in
//! 32 bits, little-endian; an image's pages come after the memory that it needs. Without an image both are 0.

use super::error::Place;
use super::positions::{Positions, Table};
use super::read::Language;
use bytes::{Buf as _, Bytes};
use std::sync::OnceLock;
use wasmforge_host_api::javascript::{Image, Position, Program, SourceMap};

/// Writes a program.
pub(super) fn encode(
    bytecode: &[u8],
    image: Option<&Image>,
    positions: &Positions,
) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    put(&mut bytes, bytecode)?;
    bytes.extend(image.map_or(0, Image::size).to_le_bytes());
    put(&mut bytes, image.map_or(&[], |image| image.records().as_ref()))?;
    bytes.extend(positions.encode()?);
    Ok(bytes)
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(part.len()).map_err(std::io::Error::other)?;
    bytes.extend(length.to_le_bytes());
    bytes.extend_from_slice(part);
    Ok(())
}

/// Reads a program. Its bytes are shared, and its positions are looked at when one is asked for.
pub(super) fn decode(mut bytes: Bytes) -> Option<Program> {
    let bytecode = take(&mut bytes)?;
    let size = number(&mut bytes)?;
    let image = Image::from_parts(size, take(&mut bytes)?);
    let positions = LazyPositions { encoded: bytes, table: OnceLock::new() };
    Some(Program { bytecode, image, positions: Box::new(positions) })
}

fn take(bytes: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(number(bytes)?).ok()?;
    (length <= bytes.len()).then(|| bytes.split_to(length))
}

fn number(bytes: &mut Bytes) -> Option<u32> {
    bytes.try_get_u32_le().ok()
}

struct LazyPositions {
    encoded: Bytes,
    table: OnceLock<Option<Table>>,
}

impl SourceMap for LazyPositions {
    fn position(&self, function: &str, line: u32, column: u32) -> Option<Position> {
        let read = || Positions::decode(&self.encoded).ok().map(|positions| positions.table());
        let table = self.table.get_or_init(read).as_ref()?;
        let Place { file, line, column } = table.place(line, column)?;
        let file = file.unwrap_or_else(|| match table.language {
            Language::JavaScript => format!("{function}.js"),
            Language::TypeScript => format!("{function}.ts"),
        });
        Some(Position { file, line, column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions() -> Positions {
        Positions { language: Language::TypeScript, lines: 1, shifts: Vec::new(), maps: Vec::new() }
    }

    #[test]
    fn a_program_is_read_as_it_was_written() {
        let record = [[0; 4], [4, 0, 0, 0], [7; 4]].concat();
        let image = Image::from_parts(65536, record.into());
        for image in [image, None] {
            let bytes = encode(b"code", image.as_ref(), &positions()).unwrap();
            let program = decode(bytes.into()).unwrap();
            assert_eq!((&program.bytecode[..], program.image), (&b"code"[..], image));
            let place = program.positions.position("f", 2, 1).unwrap();
            assert_eq!((place.file.as_str(), place.line, place.column), ("f.ts", 1, 1));
        }
    }

    #[test]
    fn a_program_that_was_cut_is_none() {
        let bytes = encode(b"code", None, &positions()).unwrap();
        for length in 0..4 + 4 + 8 {
            assert!(decode(Bytes::copy_from_slice(bytes.get(..length).unwrap())).is_none(), "{length}");
        }
    }
}
