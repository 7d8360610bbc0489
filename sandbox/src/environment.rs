//! The variables that guests see.

use zeroize::Zeroizing;

/// The decrypted secrets, sorted by name.
///
/// Values are wiped from memory when the last invocation that uses them ends; they cannot be printed.
#[derive(Default)]
pub struct Environment {
    variables: Vec<(String, Zeroizing<String>)>,
}

impl Environment {
    /// Takes decrypted variables.
    #[must_use]
    pub fn new(mut variables: Vec<(String, Zeroizing<String>)>) -> Self {
        variables.sort_by(|a, b| a.0.cmp(&b.0));
        Self { variables }
    }

    /// The variables by name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.variables.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()?;
        self.variables.get(at).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}
