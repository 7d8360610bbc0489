//! The modules that every function has.

/// The platform's SDK.
pub const SDK_MODULE: &str = "@insforge/sdk";

/// The services of the platform.
pub const SERVICES_MODULE: &str = "wasmforge";

/// The modules of Node that the engine has, without their prefix.
pub const NODE_MODULES: &[&str] = &[
    "assert",
    "assert/strict",
    "buffer",
    "crypto",
    "events",
    "path",
    "path/posix",
    "process",
    "querystring",
    "url",
    "util",
    "util/types",
];

/// Whether a specifier asks for one of them.
#[must_use]
pub fn is_builtin(specifier: &str) -> bool {
    canonical(specifier).is_some()
}

/// The engine's name for what a specifier asks for.
pub(super) fn canonical(specifier: &str) -> Option<String> {
    let bare = specifier.strip_prefix("npm:").unwrap_or(specifier);
    let is_sdk = bare.strip_prefix(SDK_MODULE).is_some_and(|rest| {
        let version = rest.strip_prefix('@');
        rest.is_empty() || (specifier != bare && version.is_some_and(|version| !version.contains('/')))
    });
    if is_sdk {
        return Some(SDK_MODULE.to_owned());
    }
    if specifier == SERVICES_MODULE {
        return Some(SERVICES_MODULE.to_owned());
    }
    let node = specifier.strip_prefix("node:").unwrap_or(specifier);
    NODE_MODULES.contains(&node).then(|| format!("node:{node}"))
}
