//! Which version of a function a request gets: the live one, one that shares its requests, or one that it names.

use super::error::InvokeError;
use super::{CallChain, Invoker};
use crate::registry::{AuthPolicy, Function, Lookup, StoreError, Version};
use crate::telemetry::InvocationId;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;
use std::sync::Arc;
use wasmforge_host_api::auth::Caller;

/// In a request the version that an administrator wants to run; in an answer the version that ran.
pub const VERSION: HeaderName = HeaderName::from_static("x-wasmforge-version");

/// What a caller is told apart by where two versions share the requests: the same text gets the same version, on every node.
pub const STICKY: HeaderName = HeaderName::from_static("x-wasmforge-sticky");

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A version that was found for a request.
pub(super) struct Selected {
    pub(super) function: Arc<Function>,
    /// Whether an administrator asked for this one and no other.
    pub(super) named: bool,
}

impl Invoker {
    /// Finds the version for a request. Takes out of its headers what only speaks of that.
    pub(super) async fn find(
        &self,
        id: InvocationId,
        slug: &str,
        chain: &CallChain,
        headers: &mut HeaderMap,
    ) -> Result<Selected, InvokeError> {
        if let Some(revalidate) = &self.revalidate {
            revalidate.revalidate(slug).await;
        }
        if let Some(wanted) = headers.remove(VERSION) {
            self.prove_admin(chain, headers)?;
            return Ok(Selected { function: self.named(slug, &wanted).await?, named: true });
        }
        match self.directory.choose(slug, |canary| draw(canary, id, chain, headers)) {
            Lookup::Found(function) => Ok(Selected { function, named: false }),
            Lookup::Unknown => Err(InvokeError::NotFound),
            Lookup::Unavailable => Err(InvokeError::RegistryUnavailable),
        }
    }

    /// Whether an administrator asks. A key in `x-api-key` is there for that alone: the function does not see it.
    fn prove_admin(&self, chain: &CallChain, headers: &mut HeaderMap) -> Result<(), InvokeError> {
        if chain.is_admitted {
            headers.remove(API_KEY);
            return Ok(());
        }
        let is_admin = |caller: &Caller| {
            let authorize = self.authorize.as_ref();
            authorize.is_some_and(|authorize| authorize.check(AuthPolicy::Service, caller).is_ok())
        };
        let proven = match (&chain.caller, headers.get(API_KEY)) {
            (Some(caller), _) => is_admin(caller),
            (None, None) => is_admin(&Caller::of(headers)),
            (None, Some(key)) => {
                let alone = HeaderMap::from_iter([(API_KEY, key.clone())]);
                let proven = is_admin(&Caller::of(&alone));
                headers.remove(API_KEY);
                proven
            }
        };
        if proven { Ok(()) } else { Err(InvokeError::NotAdmin) }
    }

    async fn named(&self, slug: &str, wanted: &HeaderValue) -> Result<Arc<Function>, InvokeError> {
        let version = wanted.to_str().ok().and_then(|text| text.trim().parse::<Version>().ok());
        let version = version.filter(|version| *version > 0);
        let version =
            version.ok_or(InvokeError::BadRequest("x-wasmforge-version is not a version's number"))?;
        if let Some(entry) = self.directory.entry(slug) {
            let canary = entry.canary.map(|share| share.function);
            let known = [Some(entry.live), canary].into_iter().flatten();
            if let Some(function) = known.into_iter().find(|function| function.version == version) {
                return Ok(function);
            }
        }
        match self.store.version(slug, version).await {
            Ok(Some(function)) => Ok(function),
            Ok(None) => Err(InvokeError::VersionNotFound(version)),
            Err(StoreError::Missing(_)) => Err(InvokeError::VersionGone(version)),
            Err(StoreError::Unsupported) => Err(InvokeError::VersionsUnsupported),
            Err(StoreError::Unavailable(_)) => Err(InvokeError::RegistryUnavailable),
        }
    }
}

/// Which of a hundred a caller is of a canary, from 0 to 99: by [`STICKY`], else by the address that the request comes from.
///
/// A credential says less: all anonymous callers share one, and a signed-in user's changes every few minutes.
fn draw(canary: &Function, id: InvocationId, chain: &CallChain, headers: &HeaderMap) -> u8 {
    let place = Place::of(canary);
    if let Some(sticky) = headers.get(STICKY) {
        return place.of_caller(sticky.as_bytes());
    }
    // The first address is the client's, where proxies stand between.
    let forwarded = headers.get(FORWARDED_FOR).and_then(|list| list.as_bytes().split(|b| *b == b',').next());
    if let Some(client) = forwarded {
        return place.of_caller(client.trim_ascii());
    }
    match chain.peer {
        Some(IpAddr::V4(address)) => place.of_caller(&address.octets()),
        Some(IpAddr::V6(address)) => place.of_caller(&address.octets()),
        // A schedule or another function: nobody to be told apart.
        None => place.of_caller(id.uuid().as_bytes()),
    }
}

/// FNV-1a over what is hashed, which is the same on every node and in every release.
struct Place(u64);

impl Place {
    /// A canary's: each draws its callers anew, so that not the same ones try everything first.
    fn of(canary: &Function) -> Self {
        let place = Self(0xcbf2_9ce4_8422_2325).after(canary.slug.as_str().as_bytes());
        place.after(&canary.version.to_be_bytes())
    }

    fn after(self, bytes: &[u8]) -> Self {
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(bytes.iter().fold(self.0, mix))
    }

    fn of_caller(self, caller: &[u8]) -> u8 {
        let mut hash = self.after(caller).0;
        // MurmurHash3's last step: FNV alone spreads short texts that differ in their last letter badly.
        for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
            hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
        }
        ((hash ^ (hash >> 33)) % 100) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{FunctionKind, ModuleHash, Slug};

    fn canary(version: Version) -> Function {
        Function {
            slug: Slug::parse("f").unwrap(),
            version,
            kind: FunctionKind::Component,
            module: ModuleHash::of(b""),
            limits: Default::default(),
            auth: AuthPolicy::Public,
            grants: Default::default(),
        }
    }

    fn drawn(version: Version, headers: &[(&'static str, &str)], peer: Option<&str>) -> u8 {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let chain = CallChain { peer: peer.map(|peer| peer.parse().unwrap()), ..CallChain::default() };
        draw(&canary(version), InvocationId::new(), &chain, &headers.collect())
    }

    #[test]
    fn callers_are_spread_evenly_and_anew_for_each_canary() {
        let of = |version: Version| {
            move |user: u32| drawn(version, &[("x-wasmforge-sticky", &format!("user-{user}"))], None)
        };
        for percent in [1_u8, 10, 50, 90] {
            let chosen = (0..10_000).map(of(2)).filter(|place| *place < percent).count();
            let wanted = usize::from(percent) * 100;
            assert!(chosen.abs_diff(wanted) < 200, "{chosen} of 10000 for {percent} percent");
        }
        let both = (0..10_000).filter(|user| of(2)(*user) < 10 && of(3)(*user) < 10).count();
        assert!((20..200).contains(&both), "{both} of 10000 try both canaries, 100 would by chance");
    }

    #[test]
    fn the_header_goes_before_the_clients_address_and_that_before_the_proxys() {
        let sticky = ("x-wasmforge-sticky", "u");
        let by_header = drawn(2, &[sticky], None);
        assert_eq!(by_header, drawn(2, &[sticky, ("x-forwarded-for", "9.9.9.9")], Some("10.0.0.1")));
        let by_client = drawn(2, &[("x-forwarded-for", "9.9.9.9")], None);
        assert_eq!(by_client, drawn(2, &[("x-forwarded-for", " 9.9.9.9 , 10.0.0.7")], Some("10.0.0.1")));
        assert_eq!(drawn(2, &[], Some("10.0.0.1")), drawn(2, &[], Some("10.0.0.1")));
        assert_eq!(drawn(2, &[], Some("::1")), drawn(2, &[], Some("::1")));
    }
}
