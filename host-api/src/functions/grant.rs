//! Which functions a function may call.

use crate::GrantError;
use crate::http::OwnOrigin;
use serde::Deserialize;
use std::sync::Arc;

/// The longest name of a function.
const MAX_SLUG: usize = 255;

/// Which functions a function may call. Absent, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct FunctionsGrant {
    /// Their names.
    pub slugs: Option<Vec<String>>,
}

/// Which functions one version may call.
pub struct FunctionsConfigured {
    granted: Option<Vec<String>>,
    pub(super) platform: Arc<OwnOrigin>,
}

impl FunctionsConfigured {
    pub(super) fn new(grant: FunctionsGrant, platform: Arc<OwnOrigin>) -> Result<Self, GrantError> {
        if let Some(bad) = grant.slugs.iter().flatten().find(|slug| !is_slug(slug)) {
            return Err(GrantError::new("functions", format!("{bad:?} is no name of a function")));
        }
        Ok(Self { granted: grant.slugs, platform })
    }

    /// Whether the function `slug` may be called.
    #[must_use]
    pub fn grants(&self, slug: &str) -> bool {
        self.granted.as_ref().is_none_or(|granted| granted.iter().any(|name| name == slug))
    }
}

/// Whether a function can have this name.
pub(super) fn is_slug(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=MAX_SLUG).contains(&text.len()) && text.bytes().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arc_swap::ArcSwap;
    use serde_json::json;

    fn configured(grant: serde_json::Value) -> Result<FunctionsConfigured, String> {
        let grant: FunctionsGrant = serde_json::from_value(grant).map_err(|error| error.to_string())?;
        let platform = OwnOrigin::new([], Arc::new(ArcSwap::default()));
        FunctionsConfigured::new(grant, platform).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_holds_its_names_and_none_is_everything() {
        let some = configured(json!(["mailer", "audit_2"])).unwrap();
        assert!(some.grants("mailer") && some.grants("audit_2"));
        assert!(!some.grants("mail") && !some.grants("Mailer") && !some.grants(""));
        assert!(!configured(json!([])).unwrap().grants("mailer"));
        assert!(configured(json!(null)).unwrap().grants("mailer"));
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        for bad in [json!("mailer"), json!({"mailer": true}), json!([1]), json!(["a/b"]), json!([""])] {
            assert!(configured(bad.clone()).is_err(), "{bad}");
        }
    }
}
