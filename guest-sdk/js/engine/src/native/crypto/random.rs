//! Random bytes, from the host, and nothing between: no generator whose state a snapshot could keep.

use crate::native::bytes::Bytes;
use rquickjs::{Ctx, Function, Object, Result, TypedArray};
use rsa::rand_core::{CryptoRng, Error, RngCore};

pub(super) fn register<'js>(ctx: &Ctx<'js>, crypto: &Object<'js>) -> Result<()> {
    crypto.set("fill", Function::new(ctx.clone(), fill)?)?;
    crypto.set("random", Function::new(ctx.clone(), |length: u32| Bytes(bytes(length as usize)))?)?;
    crypto.set("uuid", Function::new(ctx.clone(), uuid)?)
}

/// `length` random bytes.
pub(super) fn bytes(length: usize) -> Vec<u8> {
    wasip2::random::random::get_random_bytes(length as u64)
}

#[allow(unsafe_code, reason = "no safe call writes into an array of script's")]
fn fill(array: TypedArray<'_, u8>) {
    if let Some(mut place) = array.as_raw() {
        // SAFETY: the array is alive, and no script runs while it is written.
        let place = unsafe { place.as_mut() };
        place.copy_from_slice(&bytes(place.len()));
    }
}

/// A UUID of version 4 (RFC 9562).
fn uuid() -> String {
    let (high, low) = (wasip2::random::random::get_random_u64(), wasip2::random::random::get_random_u64());
    let high = high & !0xF000 | 0x4000;
    let low = low & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// The host's random numbers, for the crates that ask for a generator.
pub(super) struct HostRandom;

impl RngCore for HostRandom {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        wasip2::random::random::get_random_u64()
    }

    fn fill_bytes(&mut self, place: &mut [u8]) {
        place.copy_from_slice(&bytes(place.len()));
    }

    fn try_fill_bytes(&mut self, place: &mut [u8]) -> std::result::Result<(), Error> {
        self.fill_bytes(place);
        Ok(())
    }
}

impl CryptoRng for HostRandom {}
