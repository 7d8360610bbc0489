//! Guests that do not come back, or not in an orderly way.

use crate::Call;
use serde_json::json;
use std::hint::black_box;
use std::io::Write;
use wasip2::clocks::monotonic_clock;

pub(crate) fn spin() {
    loop {
        black_box(());
    }
}

/// Spins in the host rather than in the guest: calls that are cheap, and a wait that is over before it begins.
pub(crate) fn spin_hostcall() {
    loop {
        black_box(monotonic_clock::now());
        monotonic_clock::subscribe_duration(0).block();
    }
}

pub(crate) fn recurse(call: Call) {
    call.reply.json(&json!({ "depth": descend(0) }));
}

/// Never returns, in a way that the compiler does not see.
#[allow(unconditional_recursion, reason = "the stack is to overflow")]
fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    descend(depth + 1) + frame.iter().sum::<u64>()
}

#[allow(clippy::panic, reason = "a trap is what was asked for")]
pub(crate) fn trap(call: &Call) {
    panic!("{}", call.query.text("message", "the probe trapped as it was told to"));
}

pub(crate) fn exit(call: &Call) {
    std::process::exit(i32::try_from(call.query.number("code", 3)).unwrap_or(3));
}

/// Writes so much to stdout, in lines of 100 bytes.
pub(crate) fn log_flood(call: Call) {
    let lines = call.query.number("mib", 1024) * 1024 * 1024 / 100;
    let line = [[b'x'; 99].as_slice(), b"\n"].concat();
    let mut stdout = std::io::stdout().lock();
    let written = (0..lines).take_while(|_| stdout.write_all(&line).is_ok()).count();
    call.reply.json(&json!({ "lines": written }));
}

/// Writes one text to stdout and to stderr, as it is: with whatever escapes and line breaks it has.
pub(crate) fn log(call: Call) {
    let text = call.query.text("line", "a line");
    let stdout = writeln!(std::io::stdout(), "{text}").is_ok();
    let stderr = writeln!(std::io::stderr(), "{text}").is_ok();
    call.reply.json(&json!({ "stdout": stdout, "stderr": stderr }));
}
