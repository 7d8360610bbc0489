//! Where PostgREST is.

use crate::auth::Keys;
use crate::http::{
    Destination, DestinationError, HostPattern, Outbound, OutboundLimits, OutboundPolicy, OutboundSession,
};
use http::Uri;
use std::sync::Arc;

/// What stands behind the capability.
pub(super) struct Backend {
    pub(super) postgrest: Option<Postgrest>,
    pub(super) keys: Option<Arc<dyn Keys>>,
}

/// A PostgREST that an operator configured. It may have a private address; a policy that allows this one host and no
/// other is all that requests are sent under.
pub struct Postgrest {
    outbound: Outbound,
    policy: Arc<OutboundPolicy>,
    tls: bool,
    authority: String,
    path: String,
}

/// A base URL that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It is no URL.
    #[error("it is no URL")]
    NoUrl,
    /// It has a query.
    #[error("a base URL has no query")]
    Query,
    /// It names no host that can be connected to.
    #[error(transparent)]
    Destination(#[from] DestinationError),
}

impl Postgrest {
    /// A PostgREST at `base`, such as `http://postgrest:3000` or, behind a gateway, `https://db.example.com/rest/v1`.
    ///
    /// # Errors
    /// [`BaseUrlError`].
    pub fn at(base: &str, outbound: Outbound) -> Result<Self, BaseUrlError> {
        let url: Uri = base.parse().map_err(|_| BaseUrlError::NoUrl)?;
        if url.query().is_some() {
            return Err(BaseUrlError::Query);
        }
        let Destination { tls, host, port } = Destination::of(&url)?;
        let authority = format!("{host}:{port}");
        let host: HostPattern = authority.parse().map_err(|_| DestinationError::Host(authority.clone()))?;
        let policy =
            OutboundPolicy::public_internet().granting(vec![host.clone()]).with_private_hosts(vec![host]);
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(Self { outbound, policy: Arc::new(policy), tls, authority, path })
    }

    pub(super) fn session(&self, limits: OutboundLimits) -> OutboundSession {
        self.outbound.session(self.policy.clone(), limits)
    }

    pub(super) fn is_tls(&self) -> bool {
        self.tls
    }

    /// Host and port.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// What every path begins with, without a slash at its end.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base: &str) -> Result<(bool, String, String), BaseUrlError> {
        let postgrest = Postgrest::at(base, Outbound::builder().build().unwrap())?;
        Ok((postgrest.tls, postgrest.authority, postgrest.path))
    }

    #[test]
    fn a_base_url_is_taken_apart() {
        for (base, tls, authority, path) in [
            ("http://postgrest:3000", false, "postgrest:3000", ""),
            ("http://127.0.0.1:3000/", false, "127.0.0.1:3000", ""),
            ("http://[::1]:3000", false, "[::1]:3000", ""),
            ("https://db.example.com/rest/v1/", true, "db.example.com:443", "/rest/v1"),
        ] {
            assert_eq!(at(base).unwrap(), (tls, authority.to_owned(), path.to_owned()), "{base}");
        }
    }

    #[test]
    fn a_base_url_that_cannot_be_used_says_why() {
        assert_eq!(at("http://a b"), Err(BaseUrlError::NoUrl));
        assert_eq!(at("http://a/?b"), Err(BaseUrlError::Query));
        assert_eq!(at("ftp://a/"), Err(BaseUrlError::Destination(DestinationError::Scheme)));
        assert_eq!(
            at("http://user:password@a/"),
            Err(BaseUrlError::Destination(DestinationError::Credentials))
        );
    }
}
