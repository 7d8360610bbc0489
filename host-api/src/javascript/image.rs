//! The memory that a program's top level left behind, as pages that differ from a fresh instance's.

use bytes::{BufMut as _, Bytes, BytesMut};

/// Bytes of a page.
const PAGE: usize = 4096;

/// Bytes of a page with the number before it.
const RECORD: usize = 4 + PAGE;

/// Pages that are handed over at once: so much room does the engine make for them.
const PAGES_AT_ONCE: usize = 16;

/// An image: what an instance of the engine is given in place of evaluating a program. The format is that of
/// `program.image-pages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    size: u32,
    records: Bytes,
}

impl Image {
    /// The pages in which two memories of one engine differ. Both begin at `start`, in bytes; none where that cannot be.
    #[must_use]
    pub fn between(start: u32, fresh: &[u8], evaluated: &[u8]) -> Option<Self> {
        let start = usize::try_from(start).ok().filter(|start| start % PAGE == 0)?;
        let size = u32::try_from(start.checked_add(evaluated.len())?).ok()?;
        let mut records = BytesMut::new();
        for (number, page) in (u32::try_from(start / PAGE).ok()?..).zip(evaluated.chunks(PAGE)) {
            let offset = usize::try_from(number).ok()? * PAGE - start;
            let same = match fresh.get(offset..offset + page.len()) {
                Some(before) => before == page,
                // A memory that grew began as zeros.
                None => page.iter().all(|byte| *byte == 0),
            };
            if !same && page.len() == PAGE {
                records.put_u32_le(number);
                records.put_slice(page);
            }
        }
        Some(Self { size, records: records.freeze() })
    }

    /// An image from what [`size`](Self::size) and [`records`](Self::records) gave; none if it is not whole.
    #[must_use]
    pub fn from_parts(size: u32, records: Bytes) -> Option<Self> {
        (size > 0 && records.len().is_multiple_of(RECORD)).then_some(Self { size, records })
    }

    /// Bytes of memory that it needs.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Its pages, each after its number.
    #[must_use]
    pub fn records(&self) -> &Bytes {
        &self.records
    }

    /// The next pages from the `first`-th on; nothing after the last.
    pub(super) fn pages(&self, first: u32) -> Bytes {
        let at = |page: usize| page.saturating_mul(RECORD).min(self.records.len());
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        self.records.slice(at(first)..at(first.saturating_add(PAGES_AT_ONCE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u32 = 4 * 4096;

    fn memory(pages: &[u8]) -> Vec<u8> {
        pages.iter().flat_map(|byte| [*byte; PAGE]).collect()
    }

    #[test]
    fn only_pages_that_changed_are_kept_with_their_numbers() {
        let image = Image::between(START, &memory(&[1, 2, 3]), &memory(&[1, 9, 3])).unwrap();
        assert_eq!(image.records().len(), RECORD);
        assert_eq!(image.records().get(..5), Some(&[5, 0, 0, 0, 9][..]));
        assert_eq!(image.size(), START + 3 * 4096);
    }

    #[test]
    fn memory_that_was_added_counts_where_it_is_not_zero() {
        let image = Image::between(START, &memory(&[1]), &memory(&[1, 0, 7])).unwrap();
        assert_eq!(image.records().len(), RECORD);
        assert_eq!(image.records().first(), Some(&6));
    }

    #[test]
    fn pages_are_handed_over_a_few_at_a_time_to_the_last() {
        let image = Image::between(START, &[], &memory(&[1; 20])).unwrap();
        assert_eq!(image.pages(0).len(), 16 * RECORD);
        assert_eq!(image.pages(16).len(), 4 * RECORD);
        assert!(image.pages(20).is_empty() && image.pages(u32::MAX).is_empty());
    }

    #[test]
    fn a_memory_that_begins_within_a_page_has_no_image() {
        assert_eq!(Image::between(START + 1, &[], &memory(&[1])), None);
    }

    #[test]
    fn an_image_that_was_cut_is_none() {
        assert_eq!(Image::from_parts(1, Bytes::from_static(b"cut")), None);
    }
}
