//! What a function may be granted.

use serde::Deserialize;

/// The value of `storage` in a function's `capabilities`. Without one: every bucket, as the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageGrant {
    /// Whom it may act for.
    #[serde(default, rename = "as")]
    pub identity: GrantedIdentity,
    /// The buckets that it may use; every one where nothing is said.
    #[serde(default)]
    pub buckets: Option<Vec<String>>,
}

/// Whom a function may act for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantedIdentity {
    /// The sender of the request only.
    #[default]
    Caller,
    /// The platform, too.
    Service,
}

impl StorageGrant {
    /// Whether it covers a bucket.
    pub(super) fn allows(&self, bucket: &str) -> bool {
        self.buckets.as_ref().is_none_or(|buckets| buckets.iter().any(|granted| granted == bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_it_is_every_bucket_as_the_caller() {
        let grant: StorageGrant = serde_json::from_str("{}").unwrap();
        assert_eq!(grant, StorageGrant::default());
        assert!(grant.allows("any") && grant.identity == GrantedIdentity::Caller);
    }

    #[test]
    fn buckets_are_named_exactly() {
        let grant: StorageGrant = serde_json::from_str(r#"{"as":"service","buckets":["a"]}"#).unwrap();
        assert!(grant.allows("a") && !grant.allows("A") && !grant.allows("ab"));
        assert_eq!(grant.identity, GrantedIdentity::Service);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for grant in
            [r#"{"as":"root"}"#, r#"{"bucket":["a"]}"#, r#"{"buckets":"a"}"#, "true", r#"{"buckets":[1]}"#]
        {
            assert!(serde_json::from_str::<StorageGrant>(grant).is_err(), "{grant}");
        }
    }
}
