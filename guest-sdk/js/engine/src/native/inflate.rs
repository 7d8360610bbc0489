//! Decompression of zlib and raw deflate that knows whether the data came to its end.

use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Write};

/// Room that is made for output at a time, in bytes.
const ROOM: usize = 32 * 1024;

pub(super) struct Inflate {
    state: Decompress,
    ended: bool,
    /// What was decompressed, until it is taken.
    pub(super) output: Vec<u8>,
}

impl Inflate {
    /// With the header and the checksum of zlib, or without.
    pub(super) fn new(zlib: bool) -> Self {
        Self { state: Decompress::new(zlib), ended: false, output: Vec::new() }
    }

    /// Whether all of the data was there.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

impl Write for Inflate {
    /// Takes all of the input, unless the data ends within it.
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while !self.ended {
            self.output.reserve(ROOM);
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let rest = input.get(taken..).unwrap_or_default();
            let status = self.state.decompress_vec(rest, &mut self.output, FlushDecompress::None);
            let status = status.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            taken += usize::try_from(self.state.total_in() - before_in).unwrap_or(rest.len());
            self.ended = status == Status::StreamEnd;
            let idle = self.state.total_in() == before_in && self.state.total_out() == before_out;
            if idle || (taken == input.len() && self.output.len() < self.output.capacity()) {
                break;
            }
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
