//! Every limit: what it stops, what the caller and the log are told, and that nobody else notices.

use crate::upstream::Upstream;
use wasmforge_tests::{Answer, Run, Running, eventually, request};

const MIB: u64 = 1024 * 1024;

/// The record's outcome of an answer's invocation.
async fn outcome(running: &Running, answer: &Answer) -> String {
    let line = running.call_line(&answer.invocation()).await;
    line["outcome"].as_str().unwrap().to_owned()
}

/// Starts a request whose guest runs when this returns, and goes on for ten minutes.
async fn occupy(running: &Running) -> wasmforge_tests::Open {
    let slow = request("GET", "/?do=slow-body&chunks=2&ms=600000").body("").unwrap();
    let mut open = running.open(slow).await;
    open.at_least(1).await;
    open
}

#[tokio::test]
async fn a_guest_that_sleeps_past_the_wall_clock_limit_gets_504() {
    for guest in ["probe", "p3-hello"] {
        let running = Run::guest(guest).var("WORKER_TIMEOUT_MS", 300).start().await;
        let answer = running.does("sleep&ms=600000").await;
        assert_eq!(answer.failure(), (504, "TIMEOUT".into()));
        assert_eq!(answer.json()["error"], "Function timeout");
        assert_eq!(outcome(&running, &answer).await, "timeout");
        running.is_well().await;
    }
}

#[tokio::test]
async fn a_pending_fetch_ends_with_the_wall_clock_and_its_connection_is_closed() {
    let upstream = Upstream::silent().await;
    let probe = Run::guest("probe").var("WORKER_TIMEOUT_MS", 500).allow_private_network().start().await;
    let answer = probe.does(&format!("fetch&url={}", upstream.url("/"))).await;
    assert_eq!(answer.failure(), (504, "TIMEOUT".into()));
    assert_eq!(upstream.accepted(), 1);
    eventually("the outbound connection is closed", || (upstream.open() == 0).then_some(())).await;
}

#[tokio::test]
async fn a_guest_that_waits_for_a_body_that_never_comes_gets_504() {
    let probe = Run::guest("probe").var("WORKER_TIMEOUT_MS", 300).start().await;
    let mut raw = probe.raw().await;
    let head = "POST /?do=read-body-slowly&ms=0 HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf";
    assert!(raw.write(head).await);
    let answer = raw.read_until("}").await;
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("Function timeout"), "{answer}");
    probe.is_well().await;
}

#[tokio::test]
async fn busy_guests_end_at_the_cpu_limit_wherever_they_loop() {
    for (guest, what) in
        [("probe", "spin"), ("probe", "spin-hostcall"), ("probe", "fill&mib=1024"), ("p3-hello", "spin")]
    {
        let running = Run::guest(guest).var("WASMFORGE_CPU_MS", 200).start().await;
        let answer = running.does(what).await;
        assert_eq!(answer.failure(), (504, "CPU_LIMIT".into()), "{guest} {what}");
        let line = running.call_line(&answer.invocation()).await;
        assert_eq!(line["outcome"], "cpu_limit");
        assert!(line["cpuMicros"].as_u64().unwrap() >= 200_000, "{}", line.text);
        running.is_well().await;
    }
}

#[tokio::test]
async fn a_guest_that_loops_outside_its_handler_ends_at_the_cpu_limit() {
    for guest in ["start-spin", "realloc-spin", "post-return-spin"] {
        let running = Run::wat(guest).var("WASMFORGE_CPU_MS", 200).start().await;
        for _ in 0..2 {
            let answer = running.get("/").await;
            assert_eq!(answer.failure(), (504, "CPU_LIMIT".into()), "{guest}");
            assert_eq!(outcome(&running, &answer).await, "cpu_limit");
        }
    }
}

#[tokio::test]
async fn others_are_answered_while_guests_spin() {
    for what in ["spin", "spin-hostcall", "fill&mib=1024"] {
        let probe = Run::guest("probe").var("WASMFORGE_CPU_MS", 2000).start().await;
        let cores = std::thread::available_parallelism().unwrap().get();
        let spinning: Vec<_> = (0..=cores)
            .map(|_| {
                let (http, path) = (probe.http, format!("/?do={what}"));
                tokio::spawn(async move { http.get(&path).await })
            })
            .collect();
        for _ in 0..5 {
            probe.is_well().await;
        }
        assert!(spinning.iter().any(|spinner| !spinner.is_finished()), "{what}: the others had to wait");
        for spinner in spinning {
            assert_eq!(spinner.await.unwrap().failure(), (504, "CPU_LIMIT".into()), "{what}");
        }
    }
}

#[tokio::test]
async fn waiting_is_no_cpu_time() {
    let probe = Run::guest("probe").var("WASMFORGE_CPU_MS", 200).start().await;
    assert_eq!(probe.does("sleep&ms=600").await.code(), 200);
}

#[tokio::test]
async fn fuel_runs_out_and_is_counted_the_same_every_time() {
    let probe = Run::guest("probe").var("WASMFORGE_FUEL", 3_000_000).start().await;
    let answer = probe.does("spin").await;
    assert_eq!(answer.failure(), (504, "FUEL_EXHAUSTED".into()));
    assert_eq!(outcome(&probe, &answer).await, "fuel_exhausted");
    let mut used = Vec::new();
    for _ in 0..3 {
        let answer = probe.does("set-cookies").await;
        assert_eq!(answer.code(), 200);
        used.push(probe.call_line(&answer.invocation()).await["fuel"].as_u64().unwrap());
    }
    assert!(used[0] > 0 && used[0] < 3_000_000, "{used:?}");
    assert!(used.iter().all(|fuel| *fuel == used[0]), "{used:?}");
}

#[tokio::test]
async fn fuel_runs_out_in_a_0_3_guest_too() {
    let hello = Run::guest("p3-hello").var("WASMFORGE_FUEL", 3_000_000).start().await;
    assert_eq!(hello.does("spin").await.failure(), (504, "FUEL_EXHAUSTED".into()));
    assert_eq!(hello.get("/").await.text(), "Hello from 0.3!");
}

#[tokio::test]
async fn without_fuel_none_is_counted() {
    let probe = Run::guest("probe").start().await;
    let line = probe.call_line(&probe.does("ok").await.invocation()).await;
    assert!(line["fuel"].is_null(), "{}", line.text);
}

#[tokio::test]
async fn memory_grows_to_its_limit_and_no_further() {
    for (mib, most) in [(16, 16), (128, 128)] {
        let probe = Run::guest("probe").var("WASMFORGE_MEMORY_MIB", mib).start().await;
        let answer = probe.does("grow").await;
        let pages = answer.json()["pages"].as_u64().unwrap();
        assert!(pages <= most * 16 && pages > (most - 4) * 16, "{pages} pages of {most} MiB");
        let line = probe.call_line(&answer.invocation()).await;
        assert!(line["memoryBytes"].as_u64().unwrap() <= most * MIB, "{}", line.text);
        probe.is_well().await;
    }
}

#[tokio::test]
async fn a_guest_that_fails_for_want_of_memory_is_told_so() {
    let probe = Run::guest("probe").var("WASMFORGE_MEMORY_MIB", 32).start().await;
    let answer = probe.does("big-list&kind=argument&mib=64").await;
    assert_eq!(answer.failure(), (500, "MEMORY_LIMIT".into()));
    assert_eq!(outcome(&probe, &answer).await, "memory_limit");
    let sdk = Run::guest("sdk-probe").start().await;
    assert_eq!(sdk.does("large&mib=256").await.failure(), (500, "MEMORY_LIMIT".into()));
    assert_eq!(sdk.does("large&mib=1").await.code(), 200);
}

#[tokio::test]
async fn the_memory_limit_is_on_all_memories_and_tables_together() {
    for guest in ["many-memories", "table-bomb"] {
        let running = Run::wat(guest).start().await;
        let answer = running.get("/").await;
        // The guest traps if it got more in sum; it returns without an answer if it did not.
        assert_eq!(answer.failure(), (500, "NO_RESPONSE".into()), "{guest}");
        let line = running.call_line(&answer.invocation()).await;
        let held = line["memoryBytes"].as_u64().unwrap();
        assert!(held <= 128 * MIB, "{guest}: {}", line.text);
    }
}

#[tokio::test]
async fn memory_that_guests_held_is_given_back() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let idle = probe.process.vitals().resident();
    let holding: Vec<_> = (0..6)
        .map(|_| {
            let http = probe.http;
            tokio::spawn(async move {
                http.get("/?do=grow-and-hold&mib=48&ms=300").await.json()["held_mib"].clone()
            })
        })
        .collect();
    for held in holding {
        assert_eq!(held.await.unwrap(), 48);
    }
    eventually("the memory is given back", || {
        let grown = probe.process.vitals().resident().saturating_sub(idle);
        (grown < 48 * MIB).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_log_is_cut_off_at_its_limit_with_a_marker() {
    let probe = Run::guest("probe").start().await;
    let answer = probe.does("log-flood&mib=8").await;
    assert_eq!(answer.code(), 200, "the guest is not disturbed: {answer:?}");
    probe.call_line(&answer.invocation()).await;
    let lines = probe.guest_lines(&answer.invocation());
    let (_, last) = lines.last().unwrap();
    assert!(last.contains("truncated"), "{last}");
    let kept: usize = lines.iter().map(|(_, line)| line.len() + 1).sum();
    assert!((200 * 1024..=257 * 1024).contains(&kept), "{kept} bytes");
    let next = probe.does("log&line=still+here").await;
    probe.call_line(&next.invocation()).await;
    assert_eq!(probe.guest_lines(&next.invocation()).len(), 2);
}

#[tokio::test]
async fn one_function_over_its_concurrency_gets_503_and_when_to_come_back() {
    let probe = Run::guest("probe")
        .var("WASMFORGE_FUNCTION_CONCURRENCY", 2)
        .var("WASMFORGE_QUEUE_DEPTH", 0)
        .start()
        .await;
    let (first, second) = (occupy(&probe).await, occupy(&probe).await);
    let refused = probe.does("ok").await;
    assert_eq!(refused.failure(), (503, "OVERLOADED".into()));
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(outcome(&probe, &refused).await, "overloaded");
    drop(first);
    probe.call_that("client_gone").await;
    probe.is_well().await;
    drop(second);
}

#[tokio::test]
async fn a_queue_holds_who_comes_too_early_until_there_is_a_place() {
    let probe =
        Run::guest("probe").var("WASMFORGE_MAX_CONCURRENCY", 1).var("WASMFORGE_QUEUE_DEPTH", 1).start().await;
    let first = occupy(&probe).await;
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let http = probe.http;
            tokio::spawn(async move { http.get("/?do=ok").await })
        })
        .collect();
    // One of the two waits; there is no room for the other.
    assert_eq!(probe.call_that("overloaded").await["status"], 503);
    drop(first);
    let mut statuses = Vec::new();
    for answer in waiting {
        statuses.push(answer.await.unwrap().code());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503]);
}

#[tokio::test]
async fn waiting_in_the_queue_ends_with_its_time() {
    let probe = Run::guest("probe")
        .var("WASMFORGE_MAX_CONCURRENCY", 1)
        .var("WASMFORGE_QUEUE_TIMEOUT_MS", 200)
        .start()
        .await;
    let first = occupy(&probe).await;
    assert_eq!(probe.does("ok").await.failure(), (503, "OVERLOADED".into()));
    drop(first);
    probe.call_that("client_gone").await;
    probe.is_well().await;
}

#[tokio::test]
async fn outbound_requests_of_one_invocation_are_counted() {
    let upstream = Upstream::echoing().await;
    let probe = Run::guest("probe").allow_private_network().start().await;
    let answer = probe.does(&format!("fetch-many&n=300&at-once=1&url={}", upstream.url("/"))).await;
    let outcomes = answer.json();
    assert_eq!(outcomes["200"], 256, "{outcomes}");
    let refused: u64 = outcomes
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "200")
        .map(|(_, n)| n.as_u64().unwrap())
        .sum();
    assert_eq!(refused, 44, "{outcomes}");
    assert_eq!(probe.call_line(&answer.invocation()).await["outboundRequests"], 256);
}

#[tokio::test]
async fn outbound_requests_of_one_invocation_at_once_are_limited() {
    let upstream = Upstream::echoing().await;
    let probe = Run::guest("probe").allow_private_network().start().await;
    let outcomes = probe.does(&format!("fetch-many&n=40&at-once=40&url={}", upstream.url("/"))).await.json();
    assert_eq!(outcomes["200"], 32, "{outcomes}");
    assert!(upstream.accepted() <= 32, "{} connections", upstream.accepted());
    // What is done makes room.
    let outcomes = probe.does(&format!("fetch-many&n=96&at-once=32&url={}", upstream.url("/"))).await.json();
    assert_eq!(outcomes["200"], 96, "{outcomes}");
}

#[tokio::test]
async fn a_limit_that_is_no_number_is_refused_by_name() {
    let probe = wasmforge_tests::component("probe");
    let finished =
        wasmforge_tests::Launch::new(["run"]).arg(probe).var("WASMFORGE_CPU_MS", "soon").finish().await;
    assert!(!finished.status.success());
    assert!(finished.stderr.contains("WASMFORGE_CPU_MS=\"soon\" is not a number"), "{}", finished.stderr);
}

#[tokio::test]
async fn the_next_request_is_not_charged_for_the_last() {
    let probe = Run::guest("probe").var("WASMFORGE_CPU_MS", 600).start().await;
    for _ in 0..4 {
        assert_eq!(probe.does("cpu&ms=200").await.code(), 200);
    }
}
