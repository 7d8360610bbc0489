//! The `wasmforge` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    wasmforge::cli::run()
}
