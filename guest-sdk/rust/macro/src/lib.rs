//! guest-sdk/rust/macro
