//! Guests that want more memory than is good, in their own space and in the host's.

use crate::{Call, plain};
use core::arch::wasm32;
use serde_json::json;
use std::hint::black_box;
use wasip2::cli::stdin::get_stdin;
use wasip2::clocks::monotonic_clock;
use wasip2::http::types::Fields;
use wasip2::random::insecure::get_insecure_random_bytes;

const MIB: usize = 1024 * 1024;
const PAGES_OF_A_MIB: usize = 16;

/// Grows memory MiB by MiB until it is refused.
pub(crate) fn grow(call: Call) {
    let grown = (0_u64..).take_while(|_| wasm32::memory_grow::<0>(PAGES_OF_A_MIB) != usize::MAX).count();
    call.reply.json(&json!({ "grown_mib": grown, "pages": wasm32::memory_size::<0>() }));
}

/// Takes memory, touches all of it and keeps it for a while.
pub(crate) fn grow_and_hold(call: Call) {
    let mib = call.query.size("mib", 32);
    let mut held = Vec::new();
    let got = held.try_reserve_exact(mib * MIB).is_ok();
    if got {
        held.resize(mib * MIB, 1_u8);
    }
    plain::pause(call.query.number("ms", 0));
    call.reply.json(&json!({ "held_mib": black_box(&held).len() / MIB, "refused": !got }));
}

/// Fills memory again and again, with one bulk instruction each time.
pub(crate) fn fill(call: &Call) {
    let mut block = Vec::new();
    for mib in (1..=call.query.size("mib", 1024)).rev() {
        if block.try_reserve_exact(mib * MIB).is_ok() {
            break;
        }
    }
    block.resize(block.capacity(), 0_u8);
    for byte in (0..=u8::MAX).cycle() {
        black_box(&mut block).fill(byte);
    }
}

/// Takes handles and never gives them back.
pub(crate) fn leak(call: Call) {
    let n = call.query.number("n", 1 << 20);
    for _ in 0..n {
        match call.query.text("kind", "fields") {
            "pollables" => std::mem::forget(monotonic_clock::subscribe_duration(u64::MAX)),
            "streams" => std::mem::forget(get_stdin()),
            _ => std::mem::forget(Fields::new()),
        }
    }
    call.reply.json(&json!({ "leaked": n }));
}

/// Passes a very large list to a host call, or asks one for it.
pub(crate) fn big_list(call: Call) {
    let mib = call.query.size("mib", 1024);
    let outcome = match call.query.text("kind", "aliased") {
        "argument" => {
            Fields::new().append("x-big", &vec![b'x'; mib * MIB]).map_err(|error| error.to_string())
        }
        "result" => {
            let bytes = get_insecure_random_bytes(u64::try_from(mib * MIB).unwrap_or(u64::MAX));
            Err(format!("{} bytes", bytes.len()))
        }
        _ => aliased::set(mib).map_err(|code| format!("header error {code}")),
    };
    call.reply.json(&json!({ "accepted": outcome.is_ok(), "error": outcome.err() }));
}

/// A list of lists that is far larger than the memory it lies in, because every element is the same bytes.
mod aliased {
    #![allow(unsafe_code, reason = "the bindings copy each element: only a raw call can alias them")]

    use super::MIB;
    use wasip2::http::types::Fields;

    #[link(wasm_import_module = "wasi:http/types@0.2.12")]
    unsafe extern "C" {
        #[link_name = "[method]fields.set"]
        fn fields_set(
            fields: i32,
            name: *const u8,
            name_len: usize,
            values: *const [usize; 2],
            values_len: usize,
            result: *mut [u8; 2],
        );
    }

    /// Sets a header to `mib` values of 1 MiB each.
    pub(super) fn set(mib: usize) -> Result<(), u8> {
        let fields = Fields::new();
        let value = vec![b'x'; MIB];
        let values = vec![[value.as_ptr().addr(), value.len()]; mib];
        let name = "x-big";
        let mut result = [0; 2];
        // SAFETY: the arguments are the canonical lowering of `fields.set(name, values)`; all of them outlive the call.
        unsafe {
            let handle = i32::try_from(fields.handle()).unwrap_or_default();
            fields_set(handle, name.as_ptr(), name.len(), values.as_ptr(), values.len(), &raw mut result);
        }
        if result[0] == 0 { Ok(()) } else { Err(result[1]) }
    }
}
