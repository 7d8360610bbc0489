//! Looks for what another request left behind.
//!
//! `write=<text>` fills memory and statics with a pattern made from the text; `scan=<text>`, in a later request, looks for the
//! pattern in all of memory, and for anything but zero in memory that has just been grown and in statics. Both in one request
//! show that the scan finds what is there.
#![allow(unsafe_code, reason = "all of linear memory is read, whatever it belongs to")]

use crate::Call;
use core::arch::wasm32;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

const PAGE: usize = 65_536;
const PAGES_OF_A_MIB: usize = 16;
const WORD: usize = size_of::<u64>();

static STATICS: [AtomicU64; 4096] = [const { AtomicU64::new(0) }; 4096];

/// The pattern is never kept as it is, or a scan would find its own.
const MASK: u64 = 0x5a5a_a5a5_0ff0_f00f;

pub(crate) fn canary(call: Call) {
    let mib = call.query.size("mib", 64);
    let written = call.query.get("write").map(|text| write(masked(text), mib));
    let scanned = call.query.get("scan").map(|text| scan(masked(text), mib));
    call.reply.json(&json!({ "write": written, "scan": scanned }));
}

/// FNV-1a of the text, masked.
fn masked(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }) ^ MASK
}

fn write(masked: u64, mib: usize) -> serde_json::Value {
    for word in &STATICS {
        word.store(masked ^ MASK, Ordering::Relaxed);
    }
    let grown = grow(mib);
    for address in grown.clone().step_by(WORD) {
        // SAFETY: the range was grown just now and belongs to nobody else.
        unsafe { std::ptr::with_exposed_provenance_mut::<u64>(address).write_volatile(masked ^ MASK) };
    }
    json!({ "written": grown.len() + STATICS.len() * WORD })
}

fn scan(masked: u64, mib: usize) -> serde_json::Value {
    let statics = STATICS.iter().filter(|word| word.load(Ordering::Relaxed) != 0).count();
    let grown = grow(mib);
    let dirty = grown.clone().step_by(WORD).filter(|address| word(*address) != 0).count();
    let end = wasm32::memory_size::<0>() * PAGE;
    let found = (WORD..end).step_by(WORD).filter(|address| word(*address) ^ MASK == masked).count();
    json!({ "found": found, "dirty": dirty, "statics": statics, "grown": grown.len(), "scanned": end })
}

fn word(address: usize) -> u64 {
    // SAFETY: the address is aligned, not null, and within linear memory.
    unsafe { std::ptr::with_exposed_provenance::<u64>(address).read_volatile() }
}

/// The addresses of memory that is new; as much as was to be had.
fn grow(mib: usize) -> std::ops::Range<usize> {
    let first = wasm32::memory_size::<0>();
    for _ in 0..mib {
        if wasm32::memory_grow::<0>(PAGES_OF_A_MIB) == usize::MAX {
            break;
        }
    }
    first * PAGE..wasm32::memory_size::<0>() * PAGE
}
