//! The platform that a function runs on, as the function calls it.
//!
//! Some addresses are the platform's own: those of our listeners, and those that functions are given to call it at
//! (`INSFORGE_INTERNAL_URL`, `INSFORGE_BASE_URL`). A request to one of them never leaves the process where we serve
//! what it asks for; the rest goes to the configured backend over the pool. These addresses may be private: an operator
//! chose them.

use super::destination::{Destination, Host};
use crate::auth::Caller;
use crate::secrets::SecretSet;
use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::{HeaderName, Request, Response, Uri};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, Weak};
use tokio::time::Instant;
use wasmtime_wasi_http::WasiBody;

/// How many functions may call each other in a row: one call more is answered `508`.
pub const MAX_CALL_DEPTH: u32 = 8;

/// Tells a platform that a request comes from a function, and how deep in a chain of calls it is: a decimal number.
/// Only the host sets it, and only on requests to the platform's own addresses.
pub const CALL_DEPTH: HeaderName = HeaderName::from_static("x-wasmforge-call-depth");

/// The secrets that tell functions where the platform is.
const ADDRESSES: [&str; 2] = ["INSFORGE_INTERNAL_URL", "INSFORGE_BASE_URL"];

/// One call of a function to its platform.
pub struct Call {
    /// What it asks.
    pub request: Request<WasiBody>,
    /// Who asks; absent, whoever the request's headers name.
    pub caller: Option<Caller>,
    /// How many functions called each other to get here: 1 for the call of a function that was called from outside.
    pub depth: u32,
    /// When the time of the function that calls is over.
    pub deadline: Instant,
}

/// Why a call was not answered by the function that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// There is no active function of this name.
    #[error("there is no such function")]
    Unknown,
    /// There was no place to run it in time.
    #[error("there is no place to run the function")]
    Overloaded,
    /// It is one call too deep.
    #[error("functions call each other more than {MAX_CALL_DEPTH} deep")]
    TooDeep,
}

/// One of the platform's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Our functions listener.
    Functions,
    /// Our platform listener.
    Platform,
    /// Where functions are told that the platform is.
    Backend,
}

/// What answers calls within the process.
#[async_trait]
pub trait Dispatch: Send + Sync + 'static {
    /// Whether a request to `site` is answered here.
    fn serves(&self, site: Site, url: &Uri) -> bool;

    /// Answers a request to `site`, which it serves.
    async fn answer(&self, site: Site, call: Call) -> Response<WasiBody>;

    /// Invokes a function by its name.
    ///
    /// # Errors
    /// [`Undelivered`] where no guest of it ran.
    async fn invoke(&self, slug: &str, call: Call) -> Result<Response<WasiBody>, Undelivered>;
}

/// A process that serves.
pub struct Serving {
    /// What answers. It holds the capabilities in its turn, so that it is not held here.
    pub dispatch: Weak<dyn Dispatch>,
    /// The functions listener.
    pub functions: SocketAddr,
    /// The platform listener.
    pub platform: Option<SocketAddr>,
}

/// The platform's own addresses.
pub struct OwnOrigin {
    configured: Vec<Destination>,
    secrets: Arc<ArcSwap<SecretSet>>,
    named: Mutex<Option<Named>>,
    serving: OnceLock<Serving>,
}

/// The addresses that a set of secrets names.
struct Named {
    by: Arc<SecretSet>,
    destinations: Arc<[Destination]>,
}

impl OwnOrigin {
    /// The platform at these URLs, and at those that the secrets name. One that is no URL is nowhere.
    #[must_use]
    pub fn new<'a>(urls: impl IntoIterator<Item = &'a str>, secrets: Arc<ArcSwap<SecretSet>>) -> Arc<Self> {
        let configured = urls.into_iter().filter_map(destination).collect();
        Arc::new(Self { configured, secrets, named: Mutex::new(None), serving: OnceLock::new() })
    }

    /// Says that calls are answered from now on. Only the first word counts.
    pub fn serve(&self, serving: Serving) {
        let _ = self.serving.set(serving);
    }

    /// What answers within the process, if anything does.
    pub(crate) fn dispatch(&self) -> Option<Arc<dyn Dispatch>> {
        self.serving.get()?.dispatch.upgrade()
    }

    /// Which of the platform's addresses `destination` is.
    pub(super) fn site(&self, destination: &Destination) -> Option<Site> {
        if let Some(serving) = self.serving.get() {
            if is_listener(serving.functions, destination) {
                return Some(Site::Functions);
            }
            if serving.platform.is_some_and(|addr| is_listener(addr, destination)) {
                return Some(Site::Platform);
            }
        }
        let is_backend = self.configured.contains(destination) || self.named().contains(destination);
        is_backend.then_some(Site::Backend)
    }

    /// The addresses that the secrets in force name.
    fn named(&self) -> Arc<[Destination]> {
        let current = self.secrets.load_full();
        let mut named = self.named.lock();
        match &*named {
            Some(Named { by, destinations }) if Arc::ptr_eq(by, &current) => destinations.clone(),
            _ => {
                let values = ADDRESSES.iter().filter_map(|name| current.reserved(name));
                let destinations: Arc<[Destination]> = values.filter_map(destination).collect();
                *named = Some(Named { by: current.clone(), destinations: destinations.clone() });
                destinations
            }
        }
    }
}

fn destination(url: &str) -> Option<Destination> {
    Destination::of(&url.trim().parse().ok()?).ok()
}

/// Whether a request to `destination` from this machine reaches the listener bound to `addr`.
fn is_listener(addr: SocketAddr, destination: &Destination) -> bool {
    let bound = addr.ip().to_canonical();
    let is_local = bound.is_loopback() || bound.is_unspecified();
    let is_host = match &destination.host {
        Host::Address(ip) => *ip == bound || (bound.is_unspecified() && ip.is_loopback()),
        Host::Name(name) => &**name == "localhost" && is_local,
    };
    is_host && !destination.tls && destination.port == addr.port()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;
    use zeroize::Zeroizing;

    fn secret(name: &str, value: &str, reserved: bool) -> Secret {
        Secret { name: name.into(), value: Zeroizing::new(value.into()), reserved }
    }

    fn own(urls: &[&str], secrets: Vec<Secret>) -> (Arc<OwnOrigin>, Arc<ArcSwap<SecretSet>>) {
        let secrets = Arc::new(ArcSwap::from_pointee(SecretSet::new(secrets)));
        (OwnOrigin::new(urls.iter().copied(), secrets.clone()), secrets)
    }

    fn site(own: &OwnOrigin, url: &str) -> Option<Site> {
        own.site(&destination(url).unwrap())
    }

    #[test]
    fn the_platform_is_where_the_operator_and_the_secrets_say() {
        let secrets = vec![secret("INSFORGE_BASE_URL", "https://app.example/x", true)];
        let (own, current) = own(&["http://insforge:7130", "no url"], secrets);
        assert_eq!(site(&own, "http://INSFORGE:7130/api"), Some(Site::Backend));
        assert_eq!(site(&own, "https://app.example/y"), Some(Site::Backend));
        for other in ["http://app.example/", "https://app.example:444/", "http://insforge/", "http://x/"] {
            assert_eq!(site(&own, other), None, "{other}");
        }
        let secrets = vec![secret("INSFORGE_BASE_URL", "https://moved.example", true)];
        current.store(Arc::new(SecretSet::new(secrets)));
        assert_eq!(site(&own, "https://moved.example/"), Some(Site::Backend));
        assert_eq!(site(&own, "https://app.example/"), None);
    }

    #[test]
    fn a_secret_that_is_not_the_platforms_names_no_platform() {
        let (own, _) = own(&[], vec![secret("INSFORGE_BASE_URL", "http://10.0.0.1", false)]);
        assert_eq!(site(&own, "http://10.0.0.1/"), None);
    }

    #[test]
    fn a_listener_is_itself_however_its_machine_is_called() {
        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (bound, url, is) in [
            ("127.0.0.1:7133", "http://127.0.0.1:7133/f", true),
            ("127.0.0.1:7133", "http://localhost:7133/f", true),
            ("127.0.0.1:7133", "http://127.0.0.2:7133/f", false),
            ("127.0.0.1:7133", "http://127.0.0.1:7134/f", false),
            ("127.0.0.1:7133", "https://127.0.0.1:7133/f", false),
            ("[::]:7133", "http://127.0.0.1:7133/f", true),
            ("[::]:7133", "http://[::1]:7133/f", true),
            ("0.0.0.0:7133", "http://localhost.:7133/f", true),
            ("0.0.0.0:7133", "http://10.0.0.1:7133/f", false),
            ("10.0.0.1:7133", "http://10.0.0.1:7133/f", true),
            ("10.0.0.1:7133", "http://localhost:7133/f", false),
        ] {
            assert_eq!(is_listener(addr(bound), &destination(url).unwrap()), is, "{url} at {bound}");
        }
    }
}
