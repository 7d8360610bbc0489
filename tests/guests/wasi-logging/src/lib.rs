//! Logs through the standard interface: `?level=critical&context=orders&message=hello`, and so often: `&times=1000`.

// What the macro writes is not ours to lint.
#[allow(unsafe_code, missing_docs, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../host-api/wit",
        inline: "package wasmforge:guest; world logging { import wasi:logging/logging@0.1.0-draft; }",
        world: "wasmforge:guest/logging",
        generate_all,
    });
}

use bindings::wasi::logging::logging::{Level, log};
use wasmforge::{Error, Request, RequestExt, Result};

#[wasmforge::handler]
fn main(req: Request) -> Result<()> {
    let text = |name| req.query(name).unwrap_or_default();
    let level = match &*text("level") {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        "critical" => Level::Critical,
        _ => return Err(Error::bad_request("no such level")),
    };
    let times = req.query("times").map_or(Ok(1), |times| times.parse::<u32>())?;
    for _ in 0..times {
        log(level, &text("context"), &text("message"));
    }
    Ok(())
}
