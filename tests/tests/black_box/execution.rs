//! What a guest gets, what it does not, and how its failures are told.

use crate::upstream::Upstream;
use bytes::Bytes;
use serde_json::json;
use wasmforge_tests::{Run, request};

#[tokio::test]
async fn every_request_gets_a_fresh_instance() {
    let probe = Run::guest("probe").start().await;
    for _ in 0..5 {
        assert_eq!(probe.does("count").await.json(), json!({ "count": 1 }));
    }
}

#[tokio::test]
async fn the_environment_is_what_was_given_and_nothing_of_the_hosts() {
    let probe = Run::guest("probe")
        .env("PLAIN", "value")
        .env("EQUALS", "a=b=c")
        .env("EMPTY", "")
        .env("UNICODE", "grüße")
        .var("JWT_SECRET", "of the host")
        .start()
        .await;
    let expected = json!({
        "env": { "PLAIN": "value", "EQUALS": "a=b=c", "EMPTY": "", "UNICODE": "grüße" },
        "args": [],
    });
    assert_eq!(probe.does("env").await.json(), expected);
}

#[tokio::test]
async fn a_guest_has_no_file_system() {
    let probe = Run::guest("probe").start().await;
    let outcomes = probe.does("fs").await.json();
    let outcomes = outcomes.as_object().unwrap();
    assert!(outcomes.len() >= 7);
    for (what, outcome) in outcomes {
        assert!(outcome["error"].is_string(), "{what}: {outcome}");
    }
}

#[tokio::test]
async fn a_guest_has_no_sockets() {
    let upstream = Upstream::silent().await;
    let probe = Run::guest("probe").allow_private_network().start().await;
    let addr = upstream.url("").replace("http://", "");
    let outcomes = probe.does(&format!("net&addr={addr}")).await.json();
    assert!(outcomes["tcp"]["error"].is_string(), "{outcomes}");
    assert!(outcomes["udp"]["error"].is_string(), "{outcomes}");
    assert_eq!(upstream.accepted(), 0);
}

#[tokio::test]
async fn clocks_run_and_every_instance_draws_its_own_random_numbers() {
    let probe = Run::guest("probe").start().await;
    let (first, second) = (probe.does("random").await.json(), probe.does("random").await.json());
    assert_ne!(first, second);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let clock = probe.does("clock").await.json();
    assert!(clock["wall"]["seconds"].as_u64().unwrap().abs_diff(now) < 60, "{clock}");
}

#[tokio::test]
async fn nothing_of_a_request_is_left_in_memory_for_the_next() {
    let probe = Run::guest("probe").start().await;
    let control = probe.does("canary&write=secret&scan=secret&mib=8").await.json();
    assert!(
        control["scan"]["found"].as_u64().unwrap() > 1_000_000,
        "the scan finds what is there: {control}"
    );
    for round in 0..8 {
        let written = probe.does(&format!("canary&write=secret{round}&mib=8")).await.json();
        assert!(written["write"]["written"].as_u64().unwrap() >= 8 * 1024 * 1024);
        let scan = probe.does(&format!("canary&scan=secret{round}&mib=8")).await.json()["scan"].clone();
        assert_eq!((&scan["found"], &scan["dirty"], &scan["statics"]), (&json!(0), &json!(0), &json!(0)));
        assert_eq!(scan["grown"], 8 * 1024 * 1024);
    }
}

#[tokio::test]
async fn a_component_of_wasi_0_3_is_served_like_one_of_0_2() {
    let hello = Run::guest("p3-hello").start().await;
    assert_eq!(hello.get("/").await.text(), "Hello from 0.3!");
    assert_eq!(hello.get("/?name=you").await.text(), "Hello, you!");
    assert_eq!(hello.does("sleep&ms=20").await.text(), "slept");
    assert_eq!(hello.does("slow-body&chunks=3&ms=5").await.text(), "chunk 0\nchunk 1\nchunk 2\n");
    let request = request("POST", "/some/path?do=headers").header("x-a", "1").body(Bytes::new()).unwrap();
    let seen = hello.send(request).await;
    let authority = hello.url("").replace("http://", "");
    assert!(seen.text().starts_with(&format!("POST {authority} /some/path?do=headers\n")), "{}", seen.text());
    assert!(seen.text().contains("x-a: 1\n"), "{}", seen.text());
}

#[tokio::test]
async fn failures_of_a_0_3_guest_are_told_like_those_of_0_2() {
    let hello = Run::guest("p3-hello").start().await;
    assert_eq!(hello.does("trap").await.failure(), (500, "TRAP".into()));
    assert_eq!(hello.does("error").await.failure(), (500, "GUEST_ERROR".into()));
    assert_eq!(hello.get("/").await.code(), 200);
}

#[tokio::test]
async fn each_failure_has_its_code_and_its_record() {
    let probe = Run::guest("probe").start().await;
    for (what, code, outcome) in [
        ("trap&message=over", "TRAP", "trap"),
        ("exit&code=3", "TRAP", "trap"),
        ("exit&code=0", "NO_RESPONSE", "guest_error"),
        ("recurse", "TRAP", "trap"),
        ("no-response", "NO_RESPONSE", "guest_error"),
        ("error-response", "GUEST_ERROR", "guest_error"),
    ] {
        let answer = probe.does(what).await;
        assert_eq!(answer.failure(), (500, code.into()), "{what}");
        let line = probe.call_line(&answer.invocation()).await;
        assert_eq!(
            (&line["outcome"], &line["status"]),
            (&json!(outcome), &json!(500)),
            "{what}: {}",
            line.text
        );
        assert!(line["error"].is_string(), "{what}: {}", line.text);
    }
    probe.is_well().await;
}

#[tokio::test]
async fn a_panics_message_is_in_the_functions_log() {
    let probe = Run::guest("probe").start().await;
    let answer = probe.does("trap&message=the+tea+is+cold").await;
    probe.call_line(&answer.invocation()).await;
    let lines = probe.guest_lines(&answer.invocation());
    assert!(lines.contains(&("stderr".into(), "the tea is cold".into())), "{lines:?}");
    let sdk = Run::guest("sdk-probe").start().await;
    let answer = sdk.does("panic").await;
    assert_eq!(answer.failure(), (500, "TRAP".into()));
    sdk.call_line(&answer.invocation()).await;
    let lines = sdk.guest_lines(&answer.invocation());
    assert!(lines.iter().any(|(_, line)| line.contains("panicked as it was told to")), "{lines:?}");
}

#[tokio::test]
async fn the_line_of_a_call_begins_with_the_six_keys_that_tools_read() {
    let probe = Run::guest("probe").start().await;
    let post = request("POST", "/?do=echo").body("12345").unwrap();
    let line = probe.call_line(&probe.send(post).await.invocation()).await;
    let keys = ["timestamp", "level", "slug", "method", "status", "duration"];
    let at = keys
        .map(|key| line.text.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}: {}", line.text)));
    assert!(line.text.starts_with("{\"timestamp\":\""), "{}", line.text);
    assert!(at.is_sorted(), "{}", line.text);
    assert!(line.text.find("\"invocationId\":").unwrap() > at[5], "{}", line.text);
    assert_eq!(line["level"], "info");
    assert_eq!(line["slug"], "probe");
    assert_eq!(line["method"], "POST");
    assert_eq!(line["status"], 200);
    assert!(line["duration"].as_str().unwrap().strip_suffix("ms").unwrap().parse::<u64>().is_ok());
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
    assert_eq!((&line["requestBytes"], &line["responseBytes"]), (&json!(5), &json!(5)));
    assert!(line["cpuMicros"].as_u64().unwrap() > 0);
    assert!(line["memoryBytes"].as_u64().unwrap() >= 65_536);
}

#[tokio::test]
async fn every_answer_names_another_invocation() {
    let probe = Run::guest("probe").start().await;
    let mut ids = std::collections::HashSet::new();
    for what in ["ok", "status&code=404", "trap", "no-response", "ok", "set-cookies"] {
        assert!(ids.insert(probe.does(what).await.invocation()));
    }
}

#[tokio::test]
async fn what_a_guest_prints_is_attributed_and_cannot_forge_lines() {
    let probe = Run::guest("probe").start().await;
    let forged = "a%1b%5b2J%0a%7b%22slug%22:%22other%22,%22outcome%22:%22ok%22%7d%0dend";
    let answer = probe.does(&format!("log&line={forged}")).await;
    probe.call_line(&answer.invocation()).await;
    let expected = ["a\u{1b}[2J", "{\"slug\":\"other\",\"outcome\":\"ok\"}\rend"];
    let lines = probe.guest_lines(&answer.invocation());
    for source in ["stdout", "stderr"] {
        let of_source: Vec<_> =
            lines.iter().filter(|(s, _)| s == source).map(|(_, line)| line.as_str()).collect();
        assert_eq!(of_source, expected, "{source}");
    }
    for line in probe.process.stdout.all() {
        assert!(!line.contains('\u{1b}') && !line.contains('\r'), "{line:?}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["slug"], "probe");
    }
}

#[tokio::test]
async fn on_a_terminal_control_characters_are_shown_not_obeyed() {
    let probe = Run::guest("probe").var("WASMFORGE_LOG_FORMAT", "pretty").start().await;
    assert_eq!(probe.does("log&line=a%1b%5b2Jb%0dc").await.code(), 200);
    let line = probe.process.stdout.containing("stderr | ").await;
    assert!(line.contains("a\\u{1b}[2Jb\\u{d}c"), "{line:?}");
    assert!(!line.contains('\u{1b}'), "{line:?}");
}

#[tokio::test]
async fn work_after_the_response_goes_on() {
    let sdk = Run::guest("sdk-probe").start().await;
    let answer = sdk.does("after&ms=300").await;
    assert_eq!(answer.text(), "answered");
    let line = sdk.call_line(&answer.invocation()).await;
    assert_eq!(line["outcome"], "ok", "{}", line.text);
    assert_eq!(sdk.guest_lines(&answer.invocation()), [("stderr".into(), "after the response".into())]);
}

#[tokio::test]
async fn the_sdk_answers_errors_as_json_with_their_status() {
    let sdk = Run::guest("sdk-probe").start().await;
    let answer = sdk.does("error&status=418").await;
    assert_eq!((answer.code(), answer.text()), (418, r#"{"error":"as it was told to"}"#));
    assert_eq!(sdk.does("bad-status").await.code(), 500);
    assert_eq!(sdk.does("nothing-it-knows").await.code(), 400);
    let answer = sdk.does("connection-headers").await;
    assert_eq!((answer.text(), answer.header("x-kept")), ("ok", Some("1")));
    assert_eq!((answer.header("connection"), answer.header("keep-alive")), (None, None));
    assert_eq!(sdk.does("large&mib=4").await.body.len(), 4 * 1024 * 1024);
}

#[tokio::test]
async fn the_sdk_fetches_at_once_and_streams_both_ways() {
    let upstream = Upstream::echoing().await;
    let sdk = Run::guest("sdk-probe").allow_private_network().start().await;
    let both = sdk.does(&format!("join&url={}&url={}", upstream.url("/a"), upstream.url("/b"))).await;
    assert_eq!(both.text(), "GET /a\nGET /b\n");
    let uploaded = sdk.does(&format!("upload&url={}", upstream.url("/"))).await;
    let expected: String = (0..10).map(|chunk| format!("chunk {chunk}\n")).collect();
    assert_eq!(uploaded.text(), expected);
    let relayed = sdk.post(&format!("/?do=relay&url={}", upstream.url("/")), "as it is").await;
    assert_eq!(relayed.text(), "as it is");
}

#[tokio::test]
async fn a_guest_that_waits_for_nothing_ends_at_its_limit() {
    let sdk = Run::guest("sdk-probe").var("WORKER_TIMEOUT_MS", 500).start().await;
    let answer = sdk.does("deadlock").await;
    let (status, code) = answer.failure();
    assert!(matches!((status, code.as_str()), (504, "TIMEOUT") | (500, "TRAP")), "{answer:?}");
    assert_eq!(sdk.does("error&status=400").await.code(), 400);
}
