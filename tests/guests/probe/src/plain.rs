//! Good behaviour.

use crate::Call;
use serde_json::json;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::random::random::get_random_bytes;

const MILLISECOND: u64 = 1_000_000;

pub(crate) fn ok(call: Call) {
    call.reply.send(200, &[("content-type", b"text/plain")], b"ok");
}

pub(crate) fn status(call: Call) {
    let code = call.query.number("code", 200);
    call.reply.send(u16::try_from(code).unwrap_or(500), &[], b"");
}

/// The request as the guest sees it.
pub(crate) fn headers(call: Call) {
    let fields = call.request.headers().entries();
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect();
    call.reply.json(&json!({
        "method": name(&call.request.method()),
        "scheme": call.request.scheme().map(|scheme| name(&scheme)),
        "authority": call.request.authority(),
        "path": call.request.path_with_query(),
        "headers": fields,
    }));
}

/// The name of a variant, in capitals.
fn name(variant: &impl std::fmt::Debug) -> String {
    format!("{variant:?}").rsplit("::").next().unwrap_or_default().to_uppercase()
}

pub(crate) fn set_cookies(call: Call) {
    let cookies: [(&str, &[u8]); 3] = [
        ("set-cookie", b"a=1; Path=/"),
        ("set-cookie", b"b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
        ("set-cookie", b"c=3; HttpOnly"),
    ];
    call.reply.send(200, &cookies, b"ok");
}

/// Every byte there is, in order.
pub(crate) fn binary(call: Call) {
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    call.reply.send(200, &[("content-type", b"application/octet-stream")], &bytes);
}

/// How many requests this instance has answered: 1, as long as every request gets a fresh one.
pub(crate) fn count(call: Call) {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let requests = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
    call.reply.json(&json!({ "count": requests }));
}

pub(crate) fn sleep(call: Call) {
    let ms = call.query.number("ms", 100);
    pause(ms);
    call.reply.json(&json!({ "slept": ms }));
}

pub(crate) fn pause(ms: u64) {
    monotonic_clock::subscribe_duration(ms.saturating_mul(MILLISECOND)).block();
}

/// Keeps a thread busy for about so long.
pub(crate) fn cpu(call: Call) {
    let ms = call.query.number("ms", 100);
    let end = monotonic_clock::now().saturating_add(ms.saturating_mul(MILLISECOND));
    let mut value = 1_u64;
    while monotonic_clock::now() < end {
        for _ in 0..100_000 {
            value = black_box(value.wrapping_mul(6_364_136_223_846_793_005).rotate_left(7));
        }
    }
    call.reply.json(&json!({ "burnt": ms, "value": value }));
}

pub(crate) fn random(call: Call) {
    call.reply.json(&json!({ "random": get_random_bytes(16) }));
}

pub(crate) fn clock(call: Call) {
    let now = wall_clock::now();
    call.reply.json(&json!({
        "wall": { "seconds": now.seconds, "nanoseconds": now.nanoseconds },
        "monotonic": monotonic_clock::now(),
    }));
}
