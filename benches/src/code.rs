//! What is deployed, and functions that differ: the same code under another hash.

use crate::functions::{HELLO, MEDIUM, bundle};
use crate::install::Installation;
use anyhow::Result;
use clap::ValueEnum;

/// What a function is made of.
pub(crate) enum Code {
    /// A WebAssembly component.
    Component(Vec<u8>),
    /// JavaScript, as text.
    Source(String),
}

impl Code {
    /// Its size in bytes, as it is deployed.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Component(bytes) => bytes.len(),
            Self::Source(text) => text.len(),
        }
    }
}

/// What the functions of a measurement are written in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Components, from Rust.
    Rust,
    /// Sources for the engine that all of them share.
    #[value(name = "javascript")]
    JavaScript,
}

impl Language {
    /// As tables say it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "components",
            Self::JavaScript => "JavaScript",
        }
    }

    /// A function that answers the hello; `tag` tells it from its like.
    pub(crate) fn hello(self, installation: &Installation, tag: &str) -> Result<Code> {
        match self {
            Self::Rust => Ok(Code::Component(distinct(&installation.guest_bytes("hello")?, tag))),
            Self::JavaScript => Ok(Code::Source(format!("// {tag}\n{HELLO}"))),
        }
    }

    /// One of many functions that are resident at once. In JavaScript it has a usual size, as its size is all that it
    /// has of its own.
    pub(crate) fn resident(self, installation: &Installation, tag: &str) -> Result<Code> {
        match self {
            Self::Rust => self.hello(installation, tag),
            Self::JavaScript => Ok(Code::Source(bundle(MEDIUM, tag))),
        }
    }

    /// A function named `wait`, and the path by which it waits so many milliseconds.
    pub(crate) fn waiter(self, installation: &Installation, ms: u128) -> Result<(Code, String)> {
        match self {
            Self::Rust => {
                let probe = Code::Component(installation.guest_bytes("probe")?);
                Ok((probe, format!("/wait?do=sleep&ms={ms}")))
            }
            Self::JavaScript => Ok((Code::Source(WAIT.to_owned()), format!("/wait?ms={ms}"))),
        }
    }
}

/// Waits as long as its query says, then answers.
const WAIT: &str = include_str!("../functions/wait.js");

/// The id of a custom section, which every WebAssembly reader skips (Core Specification §5.5.3, Component Model
/// binary format).
const CUSTOM: u8 = 0;

/// `component` with a custom section at its end that holds `tag`.
fn distinct(component: &[u8], tag: &str) -> Vec<u8> {
    let name = "bench";
    let mut section = leb128(name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(tag.as_bytes());
    let mut out = component.to_vec();
    out.push(CUSTOM);
    out.extend_from_slice(&leb128(section.len()));
    out.extend_from_slice(&section);
    out
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_stands_in_a_custom_section() {
        assert_eq!(distinct(b"\0asm", "7"), b"\0asm\x00\x07\x05bench7");
        let long = "x".repeat(200);
        let out = distinct(b"", &long);
        assert_eq!(out[..3], [CUSTOM, 0xce, 0x01]);
        assert_eq!(out.len(), 3 + 1 + 5 + 200);
    }
}
