//! What the JavaScript engine asks of the server: the program that its instance is to run.
//!
//! All functions that are written in JavaScript share one component, the engine. An invocation's program is what makes
//! its instance that function's.

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit-javascript",
        inline: "package wasmforge:host; world javascript { import wasmforge:javascript/program@0.1.0; }",
        world: "wasmforge:host/javascript",
        imports: { default: trappable },
    });
}

mod image;

pub use image::Image;

use crate::{HasView, View, view};
use bindings::wasmforge::javascript::program;
use bytes::Bytes;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

/// A position in what an author wrote. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The author's file.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// The column in that line.
    pub column: u32,
}

/// Where the parts of a compiled program come from.
pub trait SourceMap: Send + Sync {
    /// The author's position for one of the compiled program, which is that of `function`; `None` where there is none.
    fn position(&self, function: &str, line: u32, column: u32) -> Option<Position>;
}

/// A function written in JavaScript, compiled.
pub struct Program {
    /// What the engine's compiler made of it.
    pub bytecode: Bytes,
    /// What its top level left behind, where it can be kept.
    pub image: Option<Image>,
    /// Where its parts come from.
    pub positions: Box<dyn SourceMap>,
}

/// A component other than the engine asks for a program.
#[derive(Debug, thiserror::Error)]
#[error("the interface wasmforge:javascript/program is the JavaScript engine's own")]
struct NoProgram;

impl View<'_> {
    fn program(&self) -> Result<Arc<Program>, NoProgram> {
        self.services.invocation().program.clone().ok_or(NoProgram)
    }
}

impl program::Host for View<'_> {
    fn bytecode(&mut self) -> wasmtime::Result<Vec<u8>> {
        Ok(self.program()?.bytecode.to_vec())
    }

    fn source_position(&mut self, line: u32, column: u32) -> wasmtime::Result<Option<program::Position>> {
        let position = self.program()?.positions.position(&self.services.invocation().slug, line, column);
        Ok(position.map(|Position { file, line, column }| program::Position { file, line, column }))
    }

    fn image_size(&mut self) -> wasmtime::Result<u32> {
        Ok(self.program()?.image.as_ref().map_or(0, Image::size))
    }

    fn image_part(&mut self, offset: u32) -> wasmtime::Result<Vec<u8>> {
        let program = self.program()?;
        Ok(program.image.as_ref().map_or_else(Vec::new, |image| image.part(offset).to_vec()))
    }

    fn keep_memory(&mut self, _start: u32, _memory: Vec<u8>) -> wasmtime::Result<()> {
        Err(NotDeploying.into())
    }
}

/// An instance that serves a request offers its memory.
#[derive(Debug, thiserror::Error)]
#[error("memory is kept when a function is deployed, not when it runs")]
struct NotDeploying;

/// Adds the interface.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    program::add_to_linker::<_, HasView>(linker, view)
}
