//! Pages of this process, as the kernel counts them (`proc(5)`).

use anyhow::{Context as _, Result};
use std::fs;

/// Bytes of a page in KiB, on every machine that runs this.
const PAGE: f64 = 4.0;

/// The end of the name of a file of machine code, which a component's first memory is mapped from, too.
const IMAGE: &str = ".cwasm";

/// Page faults of this process that needed no input or output.
pub(crate) fn minor_faults() -> std::io::Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').map_or("", |(_, after_name)| after_name);
    // Field 10; the first here is field 3.
    let faults = fields.split_ascii_whitespace().nth(7).and_then(|field| field.parse().ok());
    faults.ok_or_else(|| std::io::Error::other("/proc/self/stat is not as documented"))
}

/// Pages that instances have written, or that were written for them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Written {
    /// Of the component's first memory: copied on the first write.
    pub(crate) copied: f64,
    /// Of what lies around that: stacks and heap, zero before.
    pub(crate) fresh: f64,
}

impl Written {
    /// Those of all instances that there are.
    pub(crate) fn now() -> Result<Self> {
        let smaps = fs::read_to_string("/proc/self/smaps")?;
        Self::parse(&smaps).context("/proc/self/smaps is not as documented")
    }

    /// What `count` more instances have written, each.
    pub(crate) fn since(self, before: Self, count: usize) -> Self {
        let each = |now: f64, before: f64| (now - before) / count as f64;
        Self { copied: each(self.copied, before.copied), fresh: each(self.fresh, before.fresh) }
    }

    fn parse(smaps: &str) -> Option<Self> {
        let mappings = mappings(smaps)?;
        let mut written = Self::default();
        for (at, mapping) in mappings.iter().enumerate() {
            if mapping.is_image {
                written.copied += mapping.anonymous / PAGE;
            } else if near_image(&mappings, at) {
                written.fresh += mapping.anonymous / PAGE;
            }
        }
        Some(written)
    }
}

/// A range of addresses. `anonymous` is in KiB.
struct Mapping {
    start: u64,
    end: u64,
    is_writable: bool,
    is_image: bool,
    anonymous: f64,
}

/// Whether a mapping belongs to the memory that an image is a part of: before and behind it, without a gap.
fn near_image(mappings: &[Mapping], at: usize) -> bool {
    let follows = |first: Option<&Mapping>, second: Option<&Mapping>| {
        let pair = first.zip(second);
        pair.is_some_and(|(first, second)| {
            first.end == second.start && first.is_writable && second.is_writable
        })
    };
    let (before, this, after) = (mappings.get(at.wrapping_sub(1)), mappings.get(at), mappings.get(at + 1));
    let behind = follows(before, this) && before.is_some_and(|mapping| mapping.is_image);
    behind || (follows(this, after) && after.is_some_and(|mapping| mapping.is_image))
}

/// `START-END rw-p OFFSET DEV INODE NAME`, and below it lines of which one is `Anonymous: N kB`.
fn mappings(smaps: &str) -> Option<Vec<Mapping>> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        let first = words.next()?;
        if let Some((start, end)) = first.split_once('-') {
            let is_writable = words.next()?.starts_with("rw");
            mappings.push(Mapping {
                start: u64::from_str_radix(start, 16).ok()?,
                end: u64::from_str_radix(end, 16).ok()?,
                is_writable,
                is_image: is_writable && line.ends_with(IMAGE),
                anonymous: 0.0,
            });
        } else if first == "Anonymous:" {
            mappings.last_mut()?.anonymous = words.next()?.parse().ok()?;
        }
    }
    Some(mappings)
}
