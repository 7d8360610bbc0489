//! Outbound HTTP: what a function reaches through `wasi:http`.
//!
//! - **Link**: nothing of our own. `wasi:http` comes from `wasmtime-wasi-http`, and its hook `send_request` is
//!   [`OutboundSession::send`].
//! - **Configure**, once per deployed version: an [`OutboundPolicy`] is made of the function's grant and of what the
//!   operator allows.
//! - **Prepare**, once per request: [`Outbound::session`] makes an [`OutboundSession`], which counts, caps and cancels.
//!
//! A request passes [`Destination::of`] (one reading of the URL), [`OutboundPolicy::admit`] (before DNS), the resolver,
//! [`OutboundPolicy::admit_address`] (every address, and only those that pass are dialled), and a check of the
//! connected peer. Connections are kept alive per policy and destination, so they were vetted by the policy that uses
//! them again. Redirects are the guest's to follow, and each hop passes here.
//!
//! The platform's own addresses ([`OwnOrigin`]) are told apart first: what we serve ourselves is answered within the
//! process, and the rest goes to the configured backend. Both count against the invocation's limits, and both carry
//! the depth of the chain of calls.
//!
//! | limit | value | the guest sees |
//! |---|---|---|
//! | requests in one invocation | 256, [`OutboundLimits::requests`] | `connection-limit-reached` |
//! | requests at once in one invocation | 32, [`OutboundLimits::concurrency`] | `connection-limit-reached` |
//! | connections of the process | 4096, [`OutboundBuilder::max_connections`] | `connection-limit-reached` |
//! | connecting: DNS, TCP, TLS | 10 s, or the request's own | `DNS-timeout`, `connection-timeout` |
//! | waiting for the response's head | 60 s after the request's last progress, or the request's own | `connection-read-timeout` |
//! | waiting for more of its body | 60 s, or the request's own | `connection-read-timeout` |
//! | header section, fields of a response | 64 KiB, 256 | `HTTP-response-header-section-size` (HTTP/2: `HTTP-protocol-error`) |
//! | any timeout that a request asks for | 900 s | – |

mod address;
mod client;
mod connect;
mod connection;
mod destination;
mod download;
mod endpoint;
mod errand;
mod error;
mod exchange;
mod hooks;
mod meter;
mod own_call;
mod own_origin;
mod policy;
mod pool;
mod report;
mod send;
mod socket;
mod tls;
mod upload;

pub use address::{NonPublic, classify, is_public};
pub use connect::{Resolve, SystemResolver};
pub use destination::{Destination, DestinationError, Host};
pub use endpoint::{EndpointError, OwnedEndpoint, PostError};
pub use errand::{ErrandError, Errands};
pub use hooks::{Hooks, Http, HttpConfigured, HttpGrant};
pub(crate) use meter::OpenRequest as HeldPlace;
pub use meter::{OutboundLimits, OutboundUsage};
pub(crate) use own_call::invoke as invoke_in_process;
pub use own_origin::{CALL_DEPTH, Call, Dispatch, MAX_CALL_DEPTH, OwnOrigin, Serving, Site, Undelivered};
pub use policy::{HostPattern, HostPatternError, OutboundPolicy, Refusal};
pub use send::{Outbound, OutboundBuilder, OutboundSession, RequestFuture, ResponseFuture};
