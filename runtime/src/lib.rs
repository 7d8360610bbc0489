//! Wasmforge: edge functions in WebAssembly sandboxes.
//!
//! The modules stand in the order in which a request, or a deploy, passes through them: a command starts the
//! process ([`cli`]), configured by its environment ([`config`]); listeners accept ([`server`]); an invocation is
//! looked up, admitted, instantiated and streamed out ([`invoke`]) on an [`engine`] from machine code that
//! [`compile`] made of what [`registry`] holds. [`platform`] serves the HTTP APIs beside invocation, [`queue`] and
//! [`schedule`] make the invocations that were asked for later, [`dev`] runs the local services, [`author`] makes of an
//! author's files what is deployed, [`client`] sends it there, [`telemetry`] tells what happened.

pub mod author;
pub mod cli;
pub mod client;
pub mod compile;
pub mod config;
pub mod dev;
pub mod engine;
pub mod invoke;
pub mod platform;
pub mod queue;
pub mod registry;
pub mod schedule;
pub mod server;
pub mod telemetry;
