//! The memory that a program's top level leaves behind: taken once, when it is deployed, and put in place of evaluating it.
//!
//! A program whose top level asks the host for nothing does the same on every request. The server evaluates it once in an
//! instance that can call no host, compares the memory with that of a fresh one, and keeps what differs. Another
//! instance that is given that is where that one was.
//!
//! The stack is left out: both sides stand in a function of this module, whose frames hold nothing of the program.

use crate::bindings::program;
use std::alloc::{GlobalAlloc, Layout, System};
use std::arch::wasm32::{memory_grow, memory_size};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, compiler_fence};

/// Bytes of a page of WebAssembly's memory.
const WASM_PAGE: usize = 64 * 1024;

/// Bytes that come before those of a record. The source of the format is `program.image-part`.
const HEAD: usize = 8;

/// The most bytes that the host hands over at once.
const PART: usize = 64 * 1024;

/// Whether memory that the host asks for is behind the image. It is set in the image too, which is put over it.
static RESTORING: AtomicBool = AtomicBool::new(false);

/// Where that memory is.
static BEHIND: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code, reason = "a symbol of the linker's can be declared by nothing else")]
unsafe extern "C" {
    /// Where the stack ends and everything else begins; the linker defines it.
    static __global_base: u8;
}

/// Rust's memory. While an image is put in place nothing may be taken from the heap: the heap is what is replaced.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: it is the system's allocator, but for buffers that are as large as `restore` made room for and never freed.
#[allow(unsafe_code, reason = "an allocator is unsafe by its nature")]
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if RESTORING.load(Ordering::Relaxed) {
            return std::ptr::with_exposed_provenance_mut(BEHIND.load(Ordering::Relaxed));
        }
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

/// Hands the memory over to the host, as it is to be found by who restores it.
#[inline(never)]
#[allow(unsafe_code, reason = "all of the memory is read at once")]
pub(crate) fn capture() {
    let size = memory_size(0) * WASM_PAGE;
    BEHIND.store(size, Ordering::Relaxed);
    RESTORING.store(true, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
    let start = start();
    // SAFETY: the range is within the memory; nothing runs while the host reads it.
    program::keep_memory(u32::try_from(start).unwrap_or_default(), unsafe {
        std::slice::from_raw_parts(std::ptr::with_exposed_provenance(start), size - start)
    });
    RESTORING.store(false, Ordering::Relaxed);
}

/// Where the stack ends.
fn start() -> usize {
    (&raw const __global_base).expose_provenance()
}

/// Puts the program's image in place, if there is one.
#[inline(never)]
pub(crate) fn restore() -> bool {
    let size = usize::try_from(program::image_size()).unwrap_or_default();
    if size == 0 {
        return false;
    }
    let missing = (size + PART).saturating_sub(memory_size(0) * WASM_PAGE);
    memory_grow(0, missing.div_ceil(WASM_PAGE));
    BEHIND.store(size, Ordering::Relaxed);
    RESTORING.store(true, Ordering::Relaxed);
    let mut next = 0;
    loop {
        compiler_fence(Ordering::SeqCst);
        let part = program::image_part(next);
        if part.is_empty() {
            break;
        }
        next += u32::try_from(part.len()).unwrap_or_default();
        place(&part);
        std::mem::forget(part);
    }
    RESTORING.store(false, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
    true
}

#[inline(never)]
#[allow(unsafe_code, reason = "bytes are put where they were")]
fn place(mut part: &[u8]) {
    while let Some((head, rest)) = part.split_first_chunk::<HEAD>() {
        let [a, b, c, d, e, f, g, h] = *head;
        let address = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or_default();
        let length = usize::try_from(u32::from_le_bytes([e, f, g, h])).unwrap_or_default();
        let Some((bytes, rest)) = rest.split_at_checked(length) else { return };
        // SAFETY: the memory was grown to the image's size, within which its records are, and `part` is behind it.
        unsafe {
            std::ptr::copy_nonoverlapping(
                bytes.as_ptr(),
                std::ptr::with_exposed_provenance_mut(address),
                length,
            );
        }
        part = rest;
    }
}
