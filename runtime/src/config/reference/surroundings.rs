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
        title: "OpenTelemetry",
        before: "Nothing is exported unless it is said where to. See [telemetry](operators-guide.md#telemetry).",
        variables: &[
            variable(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "URL",
                "none",
                "the collector: traces go to `v1/traces` below it, metrics to `v1/metrics`",
            ),
            variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "URL", "below the collector", "where traces go"),
            variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "URL", "below the collector", "where metrics go"),
            variable(
                "OTEL_EXPORTER_OTLP_HEADERS",
                "`name=value,…`",
                "none",
                "headers of every export; values are percent-encoded",
            ),
            variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "`name=value,…`", "none", "the same for traces"),
            variable("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "`name=value,…`", "none", "the same for metrics"),
            variable("OTEL_EXPORTER_OTLP_PROTOCOL", "word", "`http/protobuf`", "no other is spoken"),
            variable("OTEL_EXPORTER_OTLP_TIMEOUT", "ms", "`10000`", "time of one export"),
            variable("OTEL_TRACES_EXPORTER", "`otlp`, `none`", "`otlp`", "`none`: no traces"),
            variable("OTEL_METRICS_EXPORTER", "`otlp`, `none`", "`otlp`", "`none`: no metrics"),
            variable("OTEL_METRIC_EXPORT_INTERVAL", "ms", "`60000`", "time between two exports of metrics"),
            variable(
                "OTEL_TRACES_SAMPLER",
                "word",
                "`parentbased_always_on`",
                "which traces are recorded: `always_on`, `always_off`, `traceidratio`, or one of them after `parentbased_`",
            ),
            variable(
                "OTEL_TRACES_SAMPLER_ARG",
                "0 to 1",
                "`1`",
                "the part of traces that `traceidratio` records",
            ),
            variable("OTEL_SERVICE_NAME", "name", "`wasmforge`", "the resource's `service.name`"),
            variable(
                "OTEL_RESOURCE_ATTRIBUTES",
                "`name=value,…`",
                "none",
                "other attributes of the resource",
            ),
            variable("OTEL_SDK_DISABLED", "`true`", "off", "nothing is exported"),
        ],
        after: "",
    },
    Group {
        title: "Development",
        before: "`wasmforge dev` makes up the keys and the administrator's account at its first start where none are given. It also reads:",
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
    Group {
        title: "The command line",
        before: "The [commands](command-line.md) about a server also read:",
        variables: &[
            variable(
                "WASMFORGE_URL",
                "URL",
                "`http://localhost:7130`",
                "the platform listener of the server, as `--url` names it",
            ),
            variable("NO_COLOR", "any", "none", "no colours on a terminal"),
            variable("TERM", "name", "the terminal's", "`dumb`: no colours"),
        ],
        after: "`ACCESS_API_KEY` is the key that they send.",
    },
];
