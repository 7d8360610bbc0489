//! Headers that say whom a request is from. The host says that, not the guest.

use http::header::{AUTHORIZATION, COOKIE, FORWARDED};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Whether PostgREST, a gateway before it or a policy that reads `request.headers` might take it for an identity.
fn tells_identity(name: &HeaderName) -> bool {
    *name == AUTHORIZATION
        || *name == COOKIE
        || *name == FORWARDED
        || matches!(name.as_str(), "apikey" | "x-api-key" | "x-real-ip")
        || name.as_str().starts_with("x-forwarded-")
}

/// Puts the host's word in the place of the guest's.
pub(super) fn identify(headers: &mut HeaderMap, authorization: HeaderValue) {
    let claimed: Vec<HeaderName> = headers.keys().filter(|name| tells_identity(name)).cloned().collect();
    for name in claimed {
        headers.remove(name);
    }
    headers.insert(AUTHORIZATION, authorization);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_claims_an_identity_gets_past() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "apikey",
            "x-api-key",
            "cookie",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-user",
            "x-real-ip",
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("stronger"));
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("strongest"));
        }
        for name in ["prefer", "range", "accept-profile", "content-profile", "content-type"] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("kept"));
        }
        identify(&mut headers, HeaderValue::from_static("Bearer ours"));
        assert_eq!(headers.get_all("authorization").iter().collect::<Vec<_>>(), ["Bearer ours"]);
        assert_eq!(headers.len(), 6, "{headers:?}");
        assert_eq!(headers["prefer"], "kept");
    }
}
