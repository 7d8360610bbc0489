//! The memory that a program's top level left behind, as what differs from a fresh instance's.

use bytes::{BufMut as _, Bytes, BytesMut};
use std::iter::repeat_n;

/// Bytes that are compared at once.
const BLOCK: usize = 32;

/// Bytes of a record's head: where its bytes belong, and how many they are.
const HEAD: usize = 8;

/// The most bytes of one record.
const MAX_RECORD: usize = 4096;

/// Bytes that are handed over at once: so much room does the engine make for them.
const PART: usize = 64 * 1024;

/// An image: what an instance of the engine is given in place of evaluating a program. The format is that of
/// `program.image-part`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    size: u32,
    records: Bytes,
}

impl Image {
    /// What differs between two memories of one engine. Both begin at `start`, in bytes; none where that cannot be.
    #[must_use]
    pub fn between(start: u32, fresh: &[u8], evaluated: &[u8]) -> Option<Self> {
        let size = usize::try_from(start).ok()?.checked_add(evaluated.len())?;
        let mut records = Records::default();
        let zeros = [0; BLOCK];
        // A memory that grew began as zeros.
        let before = fresh.chunks(BLOCK).chain(repeat_n(&zeros[..], evaluated.len() / BLOCK));
        let mut at = start;
        for (before, after) in before.zip(evaluated.chunks(BLOCK)) {
            if before.get(..after.len()) != Some(after) {
                records.add(at, after);
            }
            at = at.checked_add(u32::try_from(after.len()).ok()?)?;
        }
        Self::from_parts(u32::try_from(size).ok()?, records.finish())
    }

    /// An image from what [`size`](Self::size) and [`records`](Self::records) gave; none if it is not whole.
    #[must_use]
    pub fn from_parts(size: u32, records: Bytes) -> Option<Self> {
        let mut rest: &[u8] = &records;
        while !rest.is_empty() {
            let (offset, length) = head(rest)?;
            let end = usize::try_from(offset).ok()?.checked_add(length)?;
            rest = rest.get(HEAD + length..).filter(|_| end <= size as usize && length <= MAX_RECORD)?;
        }
        (size > 0).then_some(Self { size, records })
    }

    /// Bytes of memory that it needs.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Its bytes, each run of them after its place and its length.
    #[must_use]
    pub fn records(&self) -> &Bytes {
        &self.records
    }

    /// The next records from a byte on; nothing after the last.
    pub(super) fn part(&self, from: u32) -> Bytes {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.records.len());
        let mut end = from;
        while let Some((_, length)) = self.records.get(end..).and_then(head)
            && end + HEAD + length - from <= PART
        {
            end += HEAD + length;
        }
        self.records.slice(from..end)
    }
}

fn head(record: &[u8]) -> Option<(u32, usize)> {
    let (offset, rest) = record.split_first_chunk::<4>()?;
    let (length, _) = rest.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*offset), usize::try_from(u32::from_le_bytes(*length)).ok()?))
}

/// Joins blocks that touch.
#[derive(Default)]
struct Records {
    written: BytesMut,
    start: u32,
    run: Vec<u8>,
}

impl Records {
    fn add(&mut self, at: u32, block: &[u8]) {
        let end = u64::from(self.start) + self.run.len() as u64;
        if end != u64::from(at) || self.run.len() + block.len() > MAX_RECORD {
            self.write();
            self.start = at;
        }
        self.run.extend_from_slice(block);
    }

    fn write(&mut self) {
        if !self.run.is_empty() {
            self.written.put_u32_le(self.start);
            self.written.put_u32_le(self.run.len() as u32);
            self.written.put_slice(&self.run);
            self.run.clear();
        }
    }

    fn finish(mut self) -> Bytes {
        self.write();
        self.written.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u32 = 4096;

    fn memory(blocks: &[u8]) -> Vec<u8> {
        blocks.iter().flat_map(|byte| [*byte; BLOCK]).collect()
    }

    /// Puts an image in place, as the engine does.
    fn restored(image: &Image, fresh: &[u8]) -> Vec<u8> {
        let mut memory = fresh.to_vec();
        memory.resize(image.size() as usize - START as usize, 0);
        let mut next = 0;
        loop {
            let part = image.part(next);
            next += part.len() as u32;
            let mut rest: &[u8] = &part;
            while let Some((offset, length)) = head(rest) {
                let at = (offset - START) as usize;
                memory[at..at + length].copy_from_slice(&rest[HEAD..HEAD + length]);
                rest = &rest[HEAD + length..];
            }
            if part.is_empty() {
                return memory;
            }
        }
    }

    #[test]
    fn only_what_changed_is_kept() {
        let image = Image::between(START, &memory(&[1, 2, 3, 4]), &memory(&[1, 9, 8, 4])).unwrap();
        assert_eq!(image.records().len(), HEAD + 2 * BLOCK);
        assert_eq!(head(image.records()), Some((START + 32, 2 * BLOCK)));
    }

    #[test]
    fn an_image_makes_of_a_fresh_memory_what_it_was_taken_from() {
        let fresh: Vec<u8> = (0..200_000_u32).map(|i| (i / 7) as u8).collect();
        let mut evaluated = fresh.clone();
        evaluated.resize(fresh.len() + 70_000, 0);
        for at in (5..evaluated.len()).step_by(777) {
            evaluated[at] ^= 0x55;
        }
        evaluated[100_000..190_000].fill(3);
        evaluated[230_000] = 9;
        let image = Image::between(START, &fresh, &evaluated).unwrap();
        assert!(image.part(0).len() <= PART && image.records().len() > PART);
        assert_eq!(restored(&image, &fresh), evaluated);
        assert!(image.part(u32::MAX).is_empty());
    }

    #[test]
    fn memory_that_was_added_counts_where_it_is_not_zero() {
        let image = Image::between(START, &memory(&[1]), &memory(&[1, 0, 7])).unwrap();
        assert_eq!(head(image.records()), Some((START + 64, BLOCK)));
    }

    #[test]
    fn an_image_that_was_cut_or_lies_is_none() {
        assert_eq!(Image::from_parts(1, Bytes::from_static(b"cut")), None);
        let beyond = [[200, 0, 0, 0], [4, 0, 0, 0], [1; 4]].concat();
        assert_eq!(Image::from_parts(203, beyond.clone().into()), None);
        assert!(Image::from_parts(204, beyond.into()).is_some());
    }
}
