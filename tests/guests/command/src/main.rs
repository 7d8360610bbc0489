//! A `wasi:cli/command` component, which `wasmforge run` runs to its end.
//!
//! It prints its arguments, one a line, then what it reads from stdin. `--exit N` exits with N where the host can tell codes
//! apart, and with a failure where it cannot.

use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> std::io::Result<u8> {
    let mut stdout = std::io::stdout().lock();
    let mut code = 0;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        writeln!(stdout, "{argument}")?;
        if argument == "--exit" {
            code = arguments.next().and_then(|code| code.parse().ok()).unwrap_or(1);
        }
    }
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    stdout.write_all(&input)?;
    Ok(code)
}
