//! The registry and the admin API against a real PostgreSQL, which these tests start themselves.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod api_auth;
mod api_functions;
mod api_modules;
mod client;
mod empty_database;
mod insforge_database;
mod notices;
mod outages;
mod retention;
mod secrets;
mod server;
mod store;
mod support;
mod triggers;
mod unmodified;
