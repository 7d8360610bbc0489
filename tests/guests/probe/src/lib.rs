//! The guest that does as it is told: `?do=<what>` picks what it does, other parameters say how.
//!
//! It is written against the raw `wasi:http` 0.2 bindings, so that nothing stands between a test and the sandbox. Answers
//! are JSON unless it says otherwise here.
//!
//! | module | `do=` |
//! |---|---|
//! | [`plain`] | `ok`, `status&code=`, `headers`, `set-cookies`, `binary`, `count`, `sleep&ms=`, `cpu&ms=`, `random`, `clock` |
//! | [`runaway`] | `spin`, `spin-hostcall`, `recurse`, `trap&message=`, `exit&code=`, `log-flood&mib=`, `log&line=` |
//! | [`memory`] | `grow`, `grow-and-hold&mib=&ms=`, `fill&mib=`, `leak&kind=fields/pollables/streams&n=`, `big-list&kind=argument/result/aliased&mib=` |
//! | [`answers`] | `no-response`, `error-response`, `body-then-trap`, `infinite-body`, `slow-body&chunks=&ms=`, `big-body&mib=`, `write-after-finish`, `wrong-content-length&declared=&sent=` |
//! | [`headers`] | `many-headers&n=`, `big-header&bytes=`, `bad-header` |
//! | [`requests`] | `echo`, `ignore-request-body`, `read-body-slowly&chunk=&ms=` |
//! | [`surroundings`] | `env`, `fs`, `net&addr=` |
//! | [`outbound`] | `fetch&url=&method=&header=`, `fetch-many&url=&n=&at-once=` |
//! | [`canary`] | `canary&write=&scan=&mib=` |

#![cfg(target_arch = "wasm32")]

mod answers;
mod canary;
mod headers;
mod memory;
mod outbound;
mod plain;
mod query;
mod reply;
mod requests;
mod runaway;
mod surroundings;

use query::Query;
use reply::Reply;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

/// What every behaviour gets.
struct Call {
    request: IncomingRequest,
    query: Query,
    reply: Reply,
}

struct Probe;

wasip2::http::proxy::export!(Probe);

impl Guest for Probe {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let query = Query::parse(path.split_once('?').map_or("", |(_, query)| query));
        behave(Call { request, query, reply: Reply::new(out) });
    }
}

fn behave(call: Call) {
    match call.query.text("do", "ok") {
        "ok" => plain::ok(call),
        "status" => plain::status(call),
        "headers" => plain::headers(call),
        "set-cookies" => plain::set_cookies(call),
        "binary" => plain::binary(call),
        "count" => plain::count(call),
        "sleep" => plain::sleep(call),
        "cpu" => plain::cpu(call),
        "random" => plain::random(call),
        "clock" => plain::clock(call),
        "spin" => runaway::spin(),
        "spin-hostcall" => runaway::spin_hostcall(),
        "recurse" => runaway::recurse(call),
        "trap" => runaway::trap(&call),
        "exit" => runaway::exit(&call),
        "log-flood" => runaway::log_flood(call),
        "log" => runaway::log(call),
        "grow" => memory::grow(call),
        "grow-and-hold" => memory::grow_and_hold(call),
        "fill" => memory::fill(&call),
        "leak" => memory::leak(call),
        "big-list" => memory::big_list(call),
        "no-response" => drop(call),
        "error-response" => answers::error_response(call),
        "body-then-trap" => answers::body_then_trap(call),
        "infinite-body" => answers::infinite_body(call),
        "slow-body" => answers::slow_body(call),
        "big-body" => answers::big_body(call),
        "write-after-finish" => answers::write_after_finish(call),
        "wrong-content-length" => answers::wrong_content_length(call),
        "many-headers" => headers::many(call),
        "big-header" => headers::big(call),
        "bad-header" => headers::bad(call),
        "echo" => requests::echo(call),
        "ignore-request-body" => requests::ignore(call),
        "read-body-slowly" => requests::read_slowly(call),
        "env" => surroundings::env(call),
        "fs" => surroundings::fs(call),
        "net" => surroundings::net(call),
        "fetch" => outbound::fetch(call),
        "fetch-many" => outbound::fetch_many(call),
        "canary" => canary::canary(call),
        unknown => {
            let message = format!("the probe does not know `{unknown}`");
            call.reply.send(400, &[], message.as_bytes());
        }
    }
}
