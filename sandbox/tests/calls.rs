//! What an invocation keeps of its calls.

use std::sync::Arc;
use wasmforge_sandbox::{CallKind, MAX_CALLS, Usage};

#[test]
fn every_call_counts_and_the_first_ones_are_kept() {
    let usage = Arc::new(Usage::default());
    for _ in 0..MAX_CALLS + 5 {
        usage.begin_call(CallKind::Sql, "SELECT").finish(true);
    }
    usage.begin_call(CallKind::Http, "GET example.com").finish(true);
    assert_eq!((usage.calls_of(CallKind::Sql), usage.calls_of(CallKind::Http)), (205, 1));
    assert_eq!(usage.host_calls(), 205);
    let calls = usage.take_calls();
    assert_eq!(calls.len(), MAX_CALLS);
    assert!(calls.iter().all(|call| call.ok && call.duration.is_some()));
}

#[test]
fn a_call_that_is_given_up_has_failed_and_one_that_runs_has_no_end() {
    let usage = Arc::new(Usage::default());
    drop(usage.begin_call(CallKind::Ai, "chat"));
    let running = usage.begin_call(CallKind::Ai, "chat");
    let calls = usage.take_calls();
    assert!(matches!(calls.as_slice(), [gone, open] if !gone.ok && gone.duration.is_some()
        && open.duration.is_none()));
    drop(running);
}

#[test]
fn a_long_name_is_cut_at_a_character() {
    let usage = Arc::new(Usage::default());
    usage.begin_call(CallKind::Ai, "é".repeat(100)).finish(true);
    assert_eq!(usage.take_calls()[0].name.len(), 120);
}
