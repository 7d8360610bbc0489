//! cli

pub mod confine;
pub mod dev;
