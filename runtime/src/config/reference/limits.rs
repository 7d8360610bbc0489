//! Limits of invocations, admission, compiling and caching.

use super::{Group, variable};

pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "Limits of an invocation",
        before: "\
A function's own `limits` replace the default, up to the maximum. A value over the maximum is cut down to it. A
maximum below the default is raised to it.",
        variables: &[
            variable("WORKER_TIMEOUT_MS", "ms", "`60000`", "`wallMs`: wall-clock time"),
            variable("WASMFORGE_MAX_WALL_MS", "ms", "`900000`", "its maximum"),
            variable("WASMFORGE_CPU_MS", "ms", "`10000`", "`cpuMs`: time on a thread"),
            variable("WASMFORGE_MAX_CPU_MS", "ms", "`300000`", "its maximum"),
            variable("WASMFORGE_FUEL", "instructions", "not counted", "`fuel`. It has no maximum"),
            variable("WASMFORGE_MEMORY_MIB", "MiB", "`128`", "`memoryMib`: all memories and tables together"),
            variable("WASMFORGE_MAX_MEMORY_MIB", "MiB", "`512`", "its maximum"),
            variable(
                "WASMFORGE_REQUEST_BODY_MIB",
                "MiB",
                "`100`",
                "`requestBodyMib`. Its maximum is 1024",
            ),
            variable(
                "WASMFORGE_RESPONSE_BODY_MIB",
                "MiB",
                "`100`",
                "`responseBodyMib`. Its maximum is 1024",
            ),
            variable(
                "WASMFORGE_FUNCTION_CONCURRENCY",
                "invocations",
                "`1000`",
                "`concurrency`: of one function at once. Its maximum is 1000",
            ),
        ],
        after: "\
Without a variable: `sqlRows`, rows of one SQL result, 100,000, at most 1,000,000; `sqlMib`, MiB of one SQL result and of
its parameters, 32, at most 256. Fixed: 256 KiB of log per invocation, 256 outbound requests, 32 of them at once. A
wall-clock limit covers waiting for a place, too. A function whose code counts fuel is compiled for another engine, at its
first call.",
    },
    Group {
        title: "Admission",
        before: "",
        variables: &[
            variable(
                "WASMFORGE_MAX_CONCURRENCY",
                "invocations",
                "`1000`",
                "how many run at once, of all functions; also the size of the pool",
            ),
            variable("WASMFORGE_QUEUE_DEPTH", "invocations", "`1000`", "how many wait"),
            variable("WASMFORGE_QUEUE_TIMEOUT_MS", "ms", "`10000`", "how long one waits"),
        ],
        after: "",
    },
    Group {
        title: "Compiling and caching",
        before: "",
        variables: &[
            variable(
                "WASMFORGE_JS_ENGINE",
                "path",
                "`wasmforge-js.wasm` beside the program",
                "the engine of JavaScript functions",
            ),
            variable(
                "WASMFORGE_CACHE_DIR",
                "path",
                "`$XDG_CACHE_HOME/wasmforge/code`, `~/.cache/wasmforge/code`, `/var/cache/wasmforge/code`",
                "machine code on disk (L2)",
            ),
            variable("WASMFORGE_CACHE_MIB", "MiB", "`4096`", "how large that folder may grow"),
            variable("WASMFORGE_LOADED_MIB", "MiB", "`1024`", "how much machine code stays loaded (L1)"),
            variable("WASMFORGE_MAX_MODULE_MIB", "MiB", "`64`", "the largest module"),
            variable(
                "WASMFORGE_COMPILE_CPU_MS",
                "ms",
                "`120000`",
                "CPU time of one compile, in whole seconds",
            ),
            variable("WASMFORGE_COMPILE_WALL_MS", "ms", "`120000`", "wall-clock time of one compile"),
            variable("WASMFORGE_COMPILE_MEMORY_MIB", "MiB", "`4096`", "address space of one compile"),
            variable("WASMFORGE_COMPILE_CONCURRENCY", "processes", "`2`", "compiles at once"),
            variable(
                "MAX_JSON_BODY_SIZE",
                "size",
                "`100mb`",
                "the largest JSON body of the admin API: bytes, or with `kb`, `mb`, `gb`",
            ),
        ],
        after: "",
    },
];
