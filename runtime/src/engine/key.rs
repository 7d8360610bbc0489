//! What machine code depends on besides the module.

use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use wasmtime::Engine;

/// Names everything outside a module that decides its machine code: wasmtime's version, the compile settings and the
/// CPU's features. Code with another key is never loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineKey([u8; 32]);

impl EngineKey {
    /// The key of an engine on this machine.
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        let mut hasher = DigestHasher(Sha256::new_with_prefix(b"wasmforge engine key 1\0"));
        engine.precompile_compatibility_hash().hash(&mut hasher);
        cpu_features().hash(&mut hasher);
        Self(hasher.0.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 hexadecimal digits, for file names; the seal covers all of it.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.iter().take(8).map(|b| format!("{b:02x}")).collect()
    }
}

/// Feeds a `Hash` implementation into SHA-256, whose output is the same in every process.
struct DigestHasher(Sha256);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// The CPU features that Cranelift may use on x86-64; wasmtime infers them itself when it compiles, so a node with
/// fewer of them must not load what a node with more has compiled.
#[cfg(target_arch = "x86_64")]
fn cpu_features() -> String {
    macro_rules! features {
        ($($name:tt),*) => { [$(($name, std::is_x86_feature_detected!($name))),*] };
    }
    features!(
        "sse3",
        "ssse3",
        "sse4.1",
        "sse4.2",
        "popcnt",
        "avx",
        "avx2",
        "fma",
        "bmi1",
        "bmi2",
        "lzcnt",
        "avx512f",
        "avx512bitalg",
        "avx512dq",
        "avx512vl",
        "avx512vbmi",
        "cmpxchg16b"
    )
    .iter()
    .filter(|(_, present)| *present)
    .map(|(name, _)| format!("{name} "))
    .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> String {
    std::env::consts::ARCH.to_owned()
}
