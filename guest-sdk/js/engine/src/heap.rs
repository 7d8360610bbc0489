//! Arranges the heap before its memory is kept.
//!
//! What a request writes costs its pages: each is copied when it is first written, and looked for afterwards. Building the
//! layer leaves holes all over the heap, and the allocator would fill those first. So they are taken, for good, and room
//! is left in one piece: what a request allocates is then side by side.

use rquickjs::{Ctx, Function, Object, Result, qjs};

/// Bytes of room that are left in one piece. A request that needs more grows the memory.
const ROOM: usize = 512 * 1024;

/// The largest block that QuickJS keeps in such a page, in bytes.
const SMALL: usize = 512;

/// The sizes of blocks that holes are filled with, in bytes, from the largest to the smallest that the allocator has.
const BLOCKS: [usize; 14] = [65536, 16384, 4096, 1024, 512, 256, 192, 128, 96, 64, 48, 32, 24, 8];

#[allow(unsafe_code, reason = "the allocator of C is declared by nothing else")]
unsafe extern "C" {
    /// The allocator of QuickJS, which is not Rust's.
    safe fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// `native.heap`: lets the layer part what every request touches from what few do.
pub(crate) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let heap = Object::new(ctx.clone())?;
    heap.set("arrange", Function::new(ctx.clone(), |ctx: Ctx<'_>| arrange(&ctx))?)?;
    native.set("heap", heap)
}

/// Fills the holes and leaves room.
pub(crate) fn arrange(ctx: &Ctx<'_>) {
    // At the end of the heap, or beyond it: what lies before this block is a hole.
    let end = take_and_free(ROOM);
    for size in BLOCKS {
        while take(size).addr() < end {}
    }
    // QuickJS keeps small blocks of one size together, in pages of its own.
    for size in (8..=SMALL).step_by(8) {
        while take_small(ctx, size).addr() < end {}
    }
    take_and_free(ROOM);
}

#[allow(unsafe_code, reason = "QuickJS's allocator has no other interface")]
fn take_small(ctx: &Ctx<'_>, size: usize) -> *mut std::ffi::c_void {
    // SAFETY: the context lives.
    unsafe { qjs::js_malloc(ctx.as_raw().as_ptr(), size as _) }
}

/// The compiler knows `malloc`, and leaves out what it thinks nobody reads.
fn take(size: usize) -> *mut u8 {
    std::hint::black_box(malloc(size))
}

/// The address of a block that was free, and is again.
#[allow(unsafe_code, reason = "the allocator of C has no other interface")]
fn take_and_free(size: usize) -> usize {
    let block = take(size);
    // SAFETY: it was allocated just now, and nobody has it.
    unsafe { free(block) };
    block.addr()
}
