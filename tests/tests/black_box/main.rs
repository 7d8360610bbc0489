//! Black-box tests: the built binary, over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod admin_sessions;
mod ai;
mod api;
mod audits;
mod auth;
mod cache;
mod callers;
mod cli;
mod cli_doctor;
mod cli_history;
mod cli_javascript;
mod cli_new;
mod cli_platform;
mod cli_versions;
mod coverage;
mod credentials;
mod dashboard;
mod disconnect;
mod examples;
mod execution;
mod files;
mod functions;
mod functions_cleanup_logs;
mod functions_manage_bot;
mod functions_test_webhook;
mod grants;
mod guide;
mod history;
mod hostile;
mod http_semantics;
mod insforge;
mod insforge_sdk;
mod insforge_sdk_javascript;
mod javascript_crypto;
mod javascript_deploy;
mod javascript_errors;
mod javascript_fetch;
mod javascript_formats;
mod javascript_functions;
mod javascript_http;
mod javascript_limits;
mod javascript_node;
mod javascript_services;
mod javascript_web;
mod keyvalue;
mod limits;
mod log;
mod malformed;
mod modules;
mod openapi;
mod openapi_conformance;
mod otlp;
mod outbound;
mod own_origin;
mod platform_auth;
mod platform_bodies;
mod platform_records;
mod platform_upstream;
mod queue;
mod realtime;
mod recovery;
mod rest;
mod run_command;
mod save_page;
mod schedules;
mod secrets;
mod secrets_api;
mod serve;
mod sql;
mod storage;
mod storage_s3;
mod stored;
mod streaming;
mod tail;
mod telemetry;
mod tls_upstream;
mod traffic;
mod upstream;
mod versions;
mod write_limit;
