//! The harness of the black-box tests: it starts the built binary, speaks HTTP to it and reads what it writes.
//!
//! A test knows only what a user can reach: the command line, the environment, sockets, output, and what the system
//! tells about a process. Everything is bounded by [`PATIENCE`]; what is not there by then fails the test.

// A harness fails by panicking, and every panic says what was waited for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness fails by panicking"
)]

mod api;
mod binary;
mod browser;
mod collector;
mod command_line;
mod events;
mod fernet;
mod guests;
mod http;
mod keys;
mod lines;
mod npm;
mod openai;
mod peer;
mod postgres;
mod postgrest;
mod process;
mod project;
mod raw;
mod run;
mod s3;
mod sdk_client;
mod serve;
mod telegram;
mod twins;
mod variants;
mod wait;

pub use api::Headers;
pub use binary::{Finished, Launch, Process, binary};
pub use browser::{ADMIN, browse};
pub use collector::{Collector, attribute};
pub use events::{Events, SentEvent};
pub use fernet::fernet_decrypt;
pub use guests::{assembled, component, named_guests, scratch, source, written};
pub use http::{Answer, Connection, Endpoint, Open, Upload, request};
pub use keys::{RsaKey, encrypt, encrypt_with, in_seconds, token, token_signed_with, unsigned_token};
pub use lines::Lines;
pub use npm::NpmRegistry;
pub use openai::{Asked, OpenAi};
pub use peer::{Peer, Received};
pub use postgres::{Database, Postgres};
pub use postgrest::Postgrest;
pub use process::Vitals;
pub use project::Project;
pub use raw::Raw;
pub use run::{CallLine, Run, Running};
pub use s3::S3;
pub use sdk_client::{Outcome, SdkClient};
pub use serve::{ANON_KEY, API_KEY, ENCRYPTION_KEY, JWT_SECRET, Node, Serve};
pub use telegram::Telegram;
pub use twins::Guest;
pub use variants::{answering, greeting, unseen};
pub use wait::{PATIENCE, eventually, in_time};
