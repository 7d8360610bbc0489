//! Which grants code can make use of, told from what it imports.

use serde::Serialize;
use std::collections::BTreeSet;

/// The key of a grant, as `capabilities` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Grant {
    Ai,
    Auth,
    Files,
    Functions,
    Http,
    Keyvalue,
    Log,
    Realtime,
    Rest,
    Secrets,
    Sql,
    Storage,
}

/// Interfaces of components, without their versions, and the grant that decides on their calls.
const INTERFACES: [(&str, Grant); 15] = [
    ("wasi:http/outgoing-handler", Grant::Http),
    ("wasi:http/client", Grant::Http),
    ("wasi:cli/environment", Grant::Secrets),
    ("wasi:config/", Grant::Secrets),
    ("wasi:filesystem/preopens", Grant::Files),
    ("wasi:keyvalue/", Grant::Keyvalue),
    ("wasi:logging/", Grant::Log),
    ("wasmforge:platform/ai", Grant::Ai),
    ("wasmforge:platform/auth", Grant::Auth),
    ("wasmforge:platform/functions", Grant::Functions),
    ("wasmforge:platform/log", Grant::Log),
    ("wasmforge:platform/realtime", Grant::Realtime),
    ("wasmforge:platform/rest", Grant::Rest),
    ("wasmforge:platform/sql", Grant::Sql),
    ("wasmforge:platform/storage", Grant::Storage),
];

/// Names that the module `wasmforge` exports, and theirs.
const SERVICES: [(&str, Grant); 12] = [
    ("ai", Grant::Ai),
    ("auth", Grant::Auth),
    ("config", Grant::Secrets),
    ("env", Grant::Secrets),
    ("files", Grant::Files),
    ("functions", Grant::Functions),
    ("kv", Grant::Keyvalue),
    ("log", Grant::Log),
    ("realtime", Grant::Realtime),
    ("rest", Grant::Rest),
    ("sql", Grant::Sql),
    ("storage", Grant::Storage),
];

/// The grants of a component with these imports.
pub(super) fn of_component(imports: &[String]) -> BTreeSet<Grant> {
    let grant = |import: &String| {
        let interface = import.split('@').next().unwrap_or_default();
        let is = |name: &str| interface == name || name.ends_with('/') && interface.starts_with(name);
        INTERFACES.iter().find(|(name, _)| is(name)).map(|(_, grant)| *grant)
    };
    imports.iter().filter_map(grant).collect()
}

/// The grants of a source that imports these services. What it does with `fetch` and `Deno.env` is not to be seen there,
/// and every source has both.
pub(super) fn of_source(services: &[String]) -> BTreeSet<Grant> {
    let grant = |service: &String| SERVICES.iter().find(|(name, _)| name == service).map(|(_, grant)| *grant);
    services.iter().filter_map(grant).chain([Grant::Http, Grant::Secrets]).collect()
}

impl Grant {
    /// As `capabilities` has it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::Auth => "auth",
            Self::Files => "files",
            Self::Functions => "functions",
            Self::Http => "http",
            Self::Keyvalue => "keyvalue",
            Self::Log => "log",
            Self::Realtime => "realtime",
            Self::Rest => "rest",
            Self::Secrets => "secrets",
            Self::Sql => "sql",
            Self::Storage => "storage",
        }
    }

    /// What a function has that says nothing.
    pub(super) fn default(self) -> &'static str {
        match self {
            Self::Ai => "every model that the operator allows",
            Self::Auth => "the caller",
            Self::Files => "its assets, no scratch space",
            Self::Functions => "every function",
            Self::Http => "the public internet",
            Self::Keyvalue => "every bucket of its own",
            Self::Log => "every line",
            Self::Realtime => "every channel",
            Self::Rest | Self::Sql => "as the caller",
            Self::Secrets => "those that are not reserved",
            Self::Storage => "as the caller, every bucket",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn imports_say_which_grants_matter() {
        let imports = texts(&[
            "wasi:io/streams@0.2.6",
            "wasi:http/outgoing-handler@0.2.6",
            "wasmforge:platform/sql@0.1.0",
            "wasi:keyvalue/atomics@0.2.0-draft",
            "wasmforge:platform/sqlite@9.0.0",
        ]);
        assert_eq!(Vec::from_iter(of_component(&imports)), [Grant::Http, Grant::Keyvalue, Grant::Sql]);
        let grants = of_source(&texts(&["kv", "cors"]));
        assert_eq!(Vec::from_iter(grants), [Grant::Http, Grant::Keyvalue, Grant::Secrets]);
    }

    #[test]
    fn keys_are_those_of_the_wire() {
        for grant in INTERFACES.iter().chain(&SERVICES).map(|(_, grant)| *grant) {
            assert_eq!(serde_json::to_value(grant).unwrap(), grant.key());
        }
    }
}
