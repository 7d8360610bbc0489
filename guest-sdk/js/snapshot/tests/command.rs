//! The program from outside.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

#[test]
fn an_engine_that_is_not_there_is_named() {
    let temp = std::env::temp_dir();
    let engine = temp.join("there-is-no-such-engine.wasm");
    let mut snapshot = Command::new(env!("CARGO_BIN_EXE_wasmforge-js-snapshot"));
    snapshot.arg("--engine").arg(&engine).arg("--layer").arg(&engine).arg("--out").arg(temp.join("never"));
    let output = snapshot.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("there-is-no-such-engine.wasm"), "{message}");
}
