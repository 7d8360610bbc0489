//! `native.random`: what `Math.random` answers with. QuickJS's own seed is part of the engine's memory, the same in every
//! instance; this one is asked of the host when an instance first needs it.

use rquickjs::{Ctx, Function, Object, Result};
use std::cell::Cell;
use wasip2::random::random::get_random_u64;

thread_local! {
    static STATE: Cell<Option<[u64; 2]>> = const { Cell::new(None) };
}

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    native.set("random", Function::new(ctx.clone(), number)?.with_name("random")?)
}

/// A number from 0 up to 1, which it never is.
fn number() -> f64 {
    let [mut state, last] = STATE.get().unwrap_or_else(seed);
    // xorshift128+ (Vigna 2017), its shifts (23, 18, 5).
    state ^= state << 23;
    let next = state ^ last ^ (state >> 18) ^ (last >> 5);
    STATE.set(Some([last, next]));
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what an f64 has")]
    let number = (next.wrapping_add(last) >> 11) as f64;
    number / 9_007_199_254_740_992.0
}

/// All zeros would stay zeros.
fn seed() -> [u64; 2] {
    [get_random_u64(), get_random_u64() | 1]
}
