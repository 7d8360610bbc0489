//! The network, logs, development.

use super::{Group, variable};

pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "The network, logs",
        before: "",
        variables: &[
            variable(
                "WASMFORGE_PRIVATE_HOSTS",
                "list",
                "none",
                "hosts that functions may reach although their addresses are private, separated by commas: `db.internal:8080, *.svc.local, 10.0.0.5`; see the [security model](security.md#outbound-http)",
            ),
            variable(
                "WASMFORGE_ALLOW_PRIVATE_NETWORK",
                "flag",
                "off",
                "functions may reach private addresses, whatever the host",
            ),
            variable(
                "WASMFORGE_DEV",
                "flag",
                "off",
                "callers see why a function failed: traps, build errors. Not for production",
            ),
            variable(
                "WASMFORGE_LOG_FORMAT",
                "`json`, `pretty`",
                "`json` for `serve`",
                "the form of lines, of both streams",
            ),
            variable(
                "LOGS_DIR",
                "path",
                "none",
                "the folder in which `function.logs.jsonl` is written for InsForge's backend to read",
            ),
            variable(
                "WASMFORGE_LOG_FILE_MIB",
                "MiB",
                "`64`",
                "size after which that file is begun anew; one older file is kept",
            ),
            variable(
                "WASMFORGE_HISTORY_RETENTION_HOURS",
                "hours",
                "`168`",
                "how long invocations, log lines and statistics are kept",
            ),
            variable(
                "WASMFORGE_HISTORY_RETENTION_LINES",
                "rows",
                "`1000000`",
                "log lines that are kept at most, the newest",
            ),
            variable(
                "WASMFORGE_HISTORY_RETENTION_INVOCATIONS",
                "rows",
                "`1000000`",
                "invocations that are kept at most, the newest",
            ),
            variable("RUST_LOG", "filter", "`warn,wasmforge=info`", "filter of the process's own log"),
            variable(
                "SSL_CERT_FILE",
                "path",
                "the system's",
                "roots for outbound TLS. Without any, `https` is refused",
            ),
            variable("SSL_CERT_DIR", "path", "the system's", "likewise"),
        ],
        after: "`wasmforge run` reads limits, caching and this table.",
    },
    Group {
        title: "Development",
        before: "`wasmforge dev` also reads:",
        variables: &[
            variable(
                "WASMFORGE_POSTGRES_BIN",
                "path",
                "found, or fetched",
                "the folder of `initdb` and `postgres`",
            ),
            variable("WASMFORGE_POSTGREST", "path", "found, or fetched", "the program `postgrest`"),
            variable(
                "WASMFORGE_CACHE",
                "path",
                "`$XDG_CACHE_HOME/wasmforge`, `~/.cache/wasmforge`",
                "where downloaded programs and imports are kept",
            ),
            variable("ROOT_ADMIN_USERNAME", "name", "made at the first start", "the administrator"),
            variable(
                "ROOT_ADMIN_PASSWORD",
                "text",
                "made at the first start",
                "the administrator's password",
            ),
            variable(
                "WASMFORGE_GUEST_RUSTC",
                "path",
                "rustup's",
                "see [The guests' toolchain](decisions/0015-guest-toolchain.md)",
            ),
            variable("WASMFORGE_GUEST_TOOLCHAIN", "name", "the default", "likewise"),
            variable("XDG_CACHE_HOME", "path", "`~/.cache`", "the folder above the cache"),
            variable("HOME", "path", "–", "the folder above that"),
            variable("PATH", "list", "–", "where programs are looked for"),
        ],
        after: "",
    },
];
