//! What functions may keep under keys.

use super::{ConfigError, Variables};
use wasmforge_host_api::keyvalue::KeyValueLimits;

const KIB: u64 = 1024;

/// Reads `WASMFORGE_KEYVALUE_VALUE_KIB` and `WASMFORGE_KEYVALUE_MIB`.
pub(super) fn limits(vars: &Variables) -> Result<KeyValueLimits, ConfigError> {
    let KeyValueLimits { value, function } = KeyValueLimits::default();
    let kib = vars.parse::<u64>("WASMFORGE_KEYVALUE_VALUE_KIB", "a number of KiB")?;
    Ok(KeyValueLimits {
        value: kib.map_or(value, |kib| kib.saturating_mul(KIB)),
        function: vars.mib("WASMFORGE_KEYVALUE_MIB")?.unwrap_or(function),
    })
}
