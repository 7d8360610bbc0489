//! guest-sdk/rust
