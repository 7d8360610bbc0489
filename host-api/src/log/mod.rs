//! Structured log lines of a function: `wasmforge:platform/log`, and `wasi:logging` for guests that know only that.
//!
//! Grant, under `log`: absent, every line is kept; `{"level": "warn"}`, those of that level and above. It does not
//! concern standard output and standard error.

mod line;

pub use line::{Level, LogSink};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host;
            world log { import wasmforge:platform/log@0.1.0; import wasi:logging/logging@0.1.0-draft; }",
        world: "wasmforge:host/log",
        imports: { default: trappable },
    });
}

use crate::{Capability, GrantError, HasView, InvocationContext, View, view};
use bindings::wasi::logging::logging;
use bindings::wasmforge::platform::log;
use serde::Deserialize;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

/// The capability.
pub struct Log;

/// Which lines are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGrant {
    /// The least level; absent, every line.
    pub level: Option<Level>,
}

/// The log of one invocation.
pub struct LogSession {
    least: Level,
    invocation: Arc<InvocationContext>,
}

impl LogSession {
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        if level >= self.least {
            self.invocation.log.log(level, message, fields);
        }
    }
}

impl Capability for Log {
    const KEY: &'static str = "log";
    type Grant = LogGrant;
    type Configured = Level;
    type Session = LogSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        log::add_to_linker::<_, HasView>(linker, view)?;
        logging::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: LogGrant) -> Result<Level, GrantError> {
        Ok(grant.level.unwrap_or(Level::Trace))
    }

    fn prepare(least: &Arc<Level>, invocation: &Arc<InvocationContext>) -> LogSession {
        LogSession { least: **least, invocation: invocation.clone() }
    }
}

impl log::Host for View<'_> {
    fn emit(&mut self, level: log::Level, message: String, fields: Vec<log::Field>) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Trace => Level::Trace,
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        let fields: Vec<_> = fields.into_iter().map(|field| (field.name, field.value)).collect();
        self.services.session::<Log>()?.log(level, &message, &fields);
        Ok(())
    }
}

impl logging::Host for View<'_> {
    /// The context becomes a field of that name, unless it is empty.
    fn log(&mut self, level: logging::Level, context: String, message: String) -> wasmtime::Result<()> {
        let level = match level {
            logging::Level::Trace => Level::Trace,
            logging::Level::Debug => Level::Debug,
            logging::Level::Info => Level::Info,
            logging::Level::Warn => Level::Warn,
            logging::Level::Error | logging::Level::Critical => Level::Error,
        };
        let context = (!context.is_empty()).then(|| ("context".to_owned(), context));
        self.services.session::<Log>()?.log(level, &message, context.as_slice());
        Ok(())
    }
}
