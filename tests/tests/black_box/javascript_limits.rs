//! Every limit stops a script as it stops a component: `tests/guests/script-limits`.

use serde_json::{Value, json};
use wasmforge_tests::{Run, Running, source};

fn script() -> Run {
    Run::file(&source("script-limits"))
}

async fn exceeds(running: &Running, what: &str) -> (u16, String) {
    let failure = running.get(&format!("/?{what}")).await.failure();
    running.is_well().await;
    failure
}

#[tokio::test]
async fn busy_scripts_end_at_the_cpu_limit_wherever_they_loop() {
    let running = script().var("WASMFORGE_CPU_MS", 300).start().await;
    for what in ["loop", "regex", "promises", "timers"] {
        assert_eq!(exceeds(&running, what).await, (504, "CPU_LIMIT".into()), "{what}");
    }
}

#[tokio::test]
async fn a_script_that_waits_ends_at_the_wall_clock_limit() {
    let running = script().var("WORKER_TIMEOUT_MS", 300).start().await;
    let answer = running.get("/?sleep").await;
    assert_eq!(answer.failure(), (504, "TIMEOUT".into()));
    assert_eq!(answer.json()["error"], "Function timeout");
    running.is_well().await;
}

#[tokio::test]
async fn a_script_that_wants_all_memory_ends_at_its_limit() {
    let running = script().start().await;
    for what in ["json", "array", "typed-array", "string"] {
        assert_eq!(exceeds(&running, what).await, (500, "MEMORY_LIMIT".into()), "{what}");
    }
}

#[tokio::test]
async fn a_script_may_catch_that_it_is_out_of_memory_and_go_on() {
    let running = script().start().await;
    let caught = running.get("/?caught-memory").await.json();
    assert_eq!((&caught[0], &caught[1]), (&json!("InternalError"), &json!("out of memory")));
    let mib = caught[2].as_u64().unwrap();
    assert!((64..128).contains(&mib), "{mib} MiB of 128");
}

#[tokio::test]
async fn fuel_runs_out() {
    let running = script().var("WASMFORGE_FUEL", 100_000_000).start().await;
    for what in ["loop", "regex", "promises"] {
        assert_eq!(exceeds(&running, what).await, (504, "FUEL_EXHAUSTED".into()), "{what}");
    }
}

#[tokio::test]
async fn recursion_without_end_is_a_range_error() {
    let running = script().start().await;
    let caught: Value = running.get("/?caught-recursion").await.json();
    assert_eq!(caught, json!(["RangeError", "Maximum call stack size exceeded"]));
    let answer = running.get("/?recursion").await;
    assert_eq!((answer.code(), answer.json()), (500, json!({ "error": "Maximum call stack size exceeded" })));
    running.is_well().await;
}

#[tokio::test]
async fn what_is_deep_and_has_an_end_is_no_recursion_without_end() {
    assert_eq!(script().start().await.get("/?nesting").await.json(), json!(["object", 400]));
}

#[tokio::test]
async fn nesting_without_end_stops_the_script_in_words_for_its_author() {
    let running = script().start().await;
    let answer = running.get("/?nested-json").await;
    assert_eq!(answer.failure(), (500, "TRAP".into()));
    let line = running.call_line(&answer.invocation()).await;
    assert_eq!(line["outcome"], "trap");
    assert!(line.text.contains("nested too deeply") && !line.text.contains("wasm"), "{}", line.text);
    running.is_well().await;
}
