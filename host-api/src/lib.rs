//! The host side of every capability that a function can be granted.
//!
//! One module per capability, each in three phases: *link* once per engine, *configure* once per deployed version,
//! *prepare* once per invocation that uses it. [`Capability`] is that contract, [`Capabilities`] composes them, and
//! [`Services`] is what one invocation holds.
//!
//! The interfaces that are not WASI's are the WIT package `wasmforge:platform` in `wit/`.

pub mod ai;
pub mod auth;
mod calls;
mod capability;
mod composition;
pub mod config;
mod context;
pub mod files;
pub mod functions;
pub mod http;
pub mod javascript;
pub mod keyvalue;
pub mod log;
mod pending;
pub mod realtime;
pub mod rest;
pub mod secrets;
mod services;
pub mod sql;
pub mod storage;
pub mod trace;

pub use capability::{Capability, GrantError};
pub use composition::{Capabilities, Configured};
pub use context::{InvocationContext, ServiceLimits};
pub use pending::Pending;
pub use services::{HasView, NotComposed, Services, View, view};
