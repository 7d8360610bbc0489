//! Values between a guest and PostgreSQL: results in its binary format, parameters in its text format.

mod calendar;
mod decode;
mod encode;
mod numeric;

pub(super) use decode::Codec;
pub(super) use encode::{Parameter, misfit};
