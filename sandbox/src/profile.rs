//! How code is compiled: one engine per kind of component.

use wasmtime::Config;

/// Bytes of native stack that a guest may use. Interpreters need it: the JavaScript engine spends more than half a KiB on
/// each call in a script.
const MAX_STACK: usize = 3 * 1024 * 1024;

/// Bytes of stack that an invocation has: the guest's, and that of the host's functions that it calls.
const STACK: usize = MAX_STACK + 1024 * 1024;

/// Which wasi:http a component exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WasiVersion {
    /// `wasi:http/incoming-handler@0.2`.
    V02,
    /// `wasi:http/handler@0.3`, which needs component-model concurrency.
    V03,
}

/// What distinguishes one engine from another. Machine code runs only on the engine that it was compiled for.
///
/// Concurrency support doubles the cost of a request and fuel costs up to half on call-heavy code, so functions that
/// need neither share an engine that has neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineProfile {
    /// Which wasi:http its components export.
    pub wasi: WasiVersion,
    /// Whether code counts instructions.
    pub metered: bool,
}

impl EngineProfile {
    /// Every profile there is.
    pub const ALL: [Self; 4] = [
        Self { wasi: WasiVersion::V02, metered: false },
        Self { wasi: WasiVersion::V03, metered: false },
        Self { wasi: WasiVersion::V02, metered: true },
        Self { wasi: WasiVersion::V03, metered: true },
    ];

    /// Its name on the compiler's command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.wasi, self.metered) {
            (WasiVersion::V02, false) => "wasi-0.2",
            (WasiVersion::V03, false) => "wasi-0.3",
            (WasiVersion::V02, true) => "wasi-0.2-fuel",
            (WasiVersion::V03, true) => "wasi-0.3-fuel",
        }
    }

    /// The profile with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Everything that decides what machine code is made. The compiler process and the server both start from here,
    /// so that their code is compatible.
    #[must_use]
    pub fn config(self) -> Config {
        let mut config = Config::new();
        config.epoch_interruption(true);
        config.consume_fuel(self.metered);
        config.concurrency_support(self.wasi == WasiVersion::V03);
        config.wasm_component_model_async(self.wasi == WasiVersion::V03);
        config.cranelift_opt_level(wasmtime::OptLevel::Speed);
        config.max_wasm_stack(MAX_STACK);
        config.async_stack_size(STACK);
        // A shared memory is not counted by the limiter, and nothing that targets WASI needs one.
        config.wasm_threads(false);
        // Garbage-collected heaps are memory that no guest language of ours asks for.
        config.wasm_function_references(false);
        config.wasm_gc(false);
        config.wasm_exceptions(false);
        config.gc_support(false);
        config
    }
}
