//! Guests that mean harm. Each is stopped, named in the log, and the next request is answered as ever.

use crate::upstream::Upstream;
use wasmforge_tests::{Launch, Run, assembled, eventually};

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn a_stack_that_overflows_is_a_trap() {
    let probe = Run::guest("probe").start().await;
    for _ in 0..3 {
        assert_eq!(probe.does("recurse").await.failure(), (500, "TRAP".into()));
    }
    probe.is_well().await;
}

#[tokio::test]
async fn leaked_handles_run_out() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let (idle, sockets) = (probe.process.vitals().resident(), probe.process.vitals().sockets());
    for kind in ["fields", "pollables", "streams"] {
        for _ in 0..5 {
            let answer = probe.does(&format!("leak&kind={kind}")).await;
            assert_eq!(answer.failure(), (500, "TRAP".into()), "{kind}");
        }
        // As many as a function has use for are no problem.
        assert_eq!(probe.does(&format!("leak&kind={kind}&n=1000")).await.code(), 200, "{kind}");
    }
    let vitals = probe.process.vitals();
    eventually("what was leaked is given back", || (vitals.resident() < idle + 48 * MIB).then_some(())).await;
    eventually("no socket is left", || (vitals.sockets() <= sockets).then_some(())).await;
}

#[tokio::test]
async fn a_list_of_a_gigabyte_does_not_reach_the_host() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let vitals = probe.process.vitals();
    let idle = vitals.resident();
    vitals.forget_peak();
    for what in ["big-list&kind=aliased&mib=1024", "big-list&kind=argument&mib=64"] {
        assert_eq!(probe.does(what).await.failure(), (500, "TRAP".into()), "{what}");
    }
    let peak = vitals.peak_resident().saturating_sub(idle);
    assert!(peak < 160 * MIB, "the server took {peak} bytes for them");
    probe.is_well().await;
}

#[tokio::test]
async fn a_guest_cannot_make_the_host_allocate_as_much_as_it_asks_for() {
    let probe = Run::guest("probe").start().await;
    // It would fit into the guest; the host makes it first.
    let answer = probe.does("big-list&kind=result&mib=48").await;
    assert_eq!(answer.failure().0, 500, "{answer:?}");
    probe.is_well().await;
}

#[tokio::test]
async fn response_headers_that_are_too_many_or_too_large_are_the_guests_failure() {
    let probe = Run::guest("probe").start().await;
    for what in [
        "many-headers&n=32769",
        "many-headers&n=100000",
        "big-header&bytes=1048576",
        "big-header&bytes=200000",
    ] {
        assert_eq!(probe.does(what).await.code(), 500, "{what}");
        probe.is_well().await;
    }
    let answer = probe.does("many-headers&n=50").await;
    assert_eq!((answer.code(), answer.header("x-49")), (200, Some("v")));
    assert_eq!(probe.does("big-header&bytes=4096").await.headers["x-big"].len(), 4096);
}

#[tokio::test]
async fn headers_that_are_no_headers_are_refused_to_the_guest() {
    let probe = Run::guest("probe").start().await;
    let outcomes = probe.does("bad-header").await.json();
    let outcomes = outcomes.as_object().unwrap();
    assert_eq!(outcomes.len(), 14);
    for (case, outcome) in outcomes {
        let expected = match case.as_str() {
            "non-ascii value" => "accepted",
            "host" | "connection" | "transfer-encoding" | "upgrade" | "keep-alive" => "forbidden",
            _ => "invalid syntax",
        };
        assert_eq!(outcome, expected, "{case}");
    }
}

#[tokio::test]
async fn a_gigabyte_of_log_is_not_kept() {
    let probe = Run::guest("probe").var("WASMFORGE_CPU_MS", 1000).start().await;
    probe.is_well().await;
    let idle = probe.process.vitals().resident();
    let answer = probe.does("log-flood&mib=1024").await;
    assert!(matches!(answer.code(), 200 | 504), "{answer:?}");
    let grown = probe.process.vitals().resident().saturating_sub(idle);
    assert!(grown < 48 * MIB, "{grown} bytes more");
    let written: usize = probe.process.stdout.all().iter().map(String::len).sum();
    assert!(written < 4 * 1024 * 1024, "{written} bytes of log");
    probe.is_well().await;
}

#[tokio::test]
async fn a_0_3_guest_cannot_make_the_host_buffer_what_it_likes() {
    let hello = Run::guest("p3-hello").start().await;
    assert_eq!(hello.get("/").await.code(), 200);
    let vitals = hello.process.vitals();
    let idle = vitals.resident();
    vitals.forget_peak();
    for _ in 0..3 {
        assert_eq!(hello.post("/?do=big-read&mib=64", "five!").await.text(), "5 bytes");
    }
    let peak = vitals.peak_resident().saturating_sub(idle);
    assert!(peak < 96 * MIB, "the server took {peak} bytes for it");
}

#[tokio::test]
async fn a_storm_of_cancelled_writes_is_survived() {
    let hello = Run::guest("p3-hello").var("WASMFORGE_CPU_MS", 3000).start().await;
    let answer = hello.does("cancel-storm&n=20000").await;
    assert!(answer.code() == 200 || answer.failure().1 == "CPU_LIMIT", "{answer:?}");
    let again = hello.get("/").await;
    assert_eq!(again.text(), "Hello from 0.3!");
}

#[tokio::test]
async fn writing_to_a_body_that_is_finished_does_no_harm() {
    let probe = Run::guest("probe").start().await;
    let (answer, _cut) = probe.does_until_cut("write-after-finish").await;
    assert!(answer.code() >= 500 || answer.text() == "before", "{answer:?}");
    probe.is_well().await;
}

#[tokio::test]
async fn a_storm_of_traps_leaves_nothing_behind() {
    let probe = Run::guest("probe").start().await;
    probe.is_well().await;
    let vitals = probe.process.vitals();
    let (threads, sockets) = (vitals.threads(), vitals.sockets());
    let storm: Vec<_> = (0..8)
        .map(|_| {
            let http = probe.http;
            tokio::spawn(async move {
                for _ in 0..25 {
                    assert_eq!(http.get("/?do=trap").await.code(), 500);
                }
            })
        })
        .collect();
    for gust in storm {
        gust.await.unwrap();
    }
    probe.is_well().await;
    assert!(vitals.threads() <= threads + 8, "{} threads, {threads} before", vitals.threads());
    eventually("no socket is left", || (vitals.sockets() <= sockets).then_some(())).await;
}

#[tokio::test]
async fn components_that_are_bombs_are_refused() {
    for guest in ["hundred-memories", "many-instances", "gc-bomb"] {
        let finished = Launch::new(["run"]).arg(assembled(guest)).finish().await;
        assert_eq!(finished.status.code(), Some(1), "{guest}: {finished:?}");
        let complaint =
            finished.stderr.lines().find(|line| line.starts_with("wasmforge: ")).unwrap_or_default();
        assert!(complaint.contains("cannot be run"), "{guest}: {finished:?}");
    }
}

#[tokio::test]
async fn private_addresses_are_not_reached_however_they_are_written() {
    let upstream = Upstream::echoing().await;
    let port = upstream.url("/").trim_end_matches('/').rsplit_once(':').unwrap().1.to_owned();
    let probe = Run::guest("probe").start().await;
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "10.0.0.1",
        "100.64.0.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "224.0.0.1",
        "example.com%40127.0.0.1",
    ] {
        let answer = probe.does(&format!("fetch&url=http://{host}:{port}/")).await;
        assert_eq!(answer.code(), 502, "{host}: {answer:?}");
    }
    assert_eq!(upstream.accepted(), 0);
}
