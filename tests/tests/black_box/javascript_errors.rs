//! Whatever goes wrong in a function in JavaScript: what its caller gets, what its author reads, and that nothing else
//! suffers. `tests/guests/script-errors`.

use serde_json::{Value, json};
use wasmforge_tests::{Answer, Run, Running, source};

async fn start() -> Running {
    Run::file(&source("script-errors")).start().await
}

/// The lines that an invocation wrote, as `(level, message)`, once it is over.
async fn lines(running: &Running, answer: &Answer) -> Vec<(String, String)> {
    let id = answer.invocation();
    running.call_line(&id).await;
    let lines = running.process.stdout.all();
    let parsed = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    parsed
        .filter(|line| line["invocationId"] == *id && line["outcome"].is_null())
        .map(|line| (text(&line["level"]), text(&line["message"])))
        .collect()
}

/// The one line that says what went wrong.
async fn complaint(running: &Running, answer: &Answer) -> (String, String) {
    let mut lines = lines(running, answer).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[tokio::test]
async fn each_fault_has_its_status_and_its_message() {
    let running = start().await;
    for (fault, status, message) in [
        ("error", 500, "boom"),
        ("status", 418, "short and stout"),
        ("odd-status", 500, "odd"),
        ("string", 500, "Unknown error"),
        ("empty", 500, "Unknown error"),
        ("null", 500, "Worker execution error"),
        ("returns-undefined", 500, "Cannot read properties of undefined (reading 'status')"),
        ("returns-null", 500, "Cannot read properties of null (reading 'status')"),
        ("returns-object", 500, "response.text is not a function"),
        ("returns-string", 500, "response.text is not a function"),
        ("late-throw", 500, "Worker execution error"),
        ("unhandled-rejection", 500, "Worker execution error"),
        ("microtask", 500, "Worker execution error"),
    ] {
        let answer = running.get(&format!("/?{fault}")).await;
        assert_eq!(answer.code(), status, "{fault}: {answer:?}");
        assert_eq!(answer.json(), json!({ "error": message }), "{fault}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{fault}");
        let (level, _) = complaint(&running, &answer).await;
        assert_eq!(level, if status < 500 { "warn" } else { "error" }, "{fault}");
    }
    assert_eq!(running.get("/?handled-later").await.text(), "fine");
}

#[tokio::test]
async fn a_thrown_response_is_the_response() {
    let answer = start().await.get("/?response").await;
    assert_eq!((answer.code(), answer.header("x-own"), answer.text()), (409, Some("yes"), "mine"));
}

#[tokio::test]
async fn an_error_after_the_response_is_in_the_log_alone() {
    let running = start().await;
    for (fault, message) in [("throw-after-response", "too late"), ("rejected-wait", "work failed")] {
        let answer = running.get(&format!("/?{fault}")).await;
        assert_eq!((answer.code(), answer.text()), (200, "answered"), "{fault}");
        let (level, line) = complaint(&running, &answer).await;
        assert!(level == "error" && line.contains(message), "{fault}: {line}");
    }
}

#[tokio::test]
async fn who_prevents_a_rejection_from_being_reported_goes_on() {
    let running = start().await;
    let answer = running.get("/?prevented-rejection").await;
    assert_eq!(answer.text(), "fine");
    assert_eq!(lines(&running, &answer).await, []);
}

#[tokio::test]
async fn a_promise_that_nothing_can_settle_is_answered_at_once() {
    let running = start().await;
    let answer = running.get("/?never").await;
    assert_eq!(answer.code(), 500);
    let message = "Function never answered: it waits for a promise that nothing is left to settle";
    assert_eq!(answer.json(), json!({ "error": message }));
}

#[tokio::test]
async fn the_log_has_the_authors_lines_and_no_others() {
    let running = start().await;
    let file = running.get("/?stack-text").await.text().to_owned();
    let answer = running.get("/?stack").await;
    let (_, line) = complaint(&running, &answer).await;
    let frames: Vec<_> = line.lines().collect();
    assert_eq!(frames[0], "Uncaught OrderError: no tea");
    assert!(frames[1].starts_with("    at failDeeply (") && frames[1].contains(":13:"), "{line}");
    assert!(frames.iter().any(|frame| frame.starts_with("    at handle (")), "{line}");
    assert_eq!(frames.len(), 4, "only the author's frames: {line}");
    assert!(file.starts_with("OrderError: no tea\n    at failDeeply ("), "{file}");
    let (_, line) = complaint(&running, &running.get("/?thrown-within").await).await;
    assert!(!line.contains("native") && !line.contains(" parse"), "{line}");
}

#[tokio::test]
async fn a_cause_is_told_with_its_error() {
    let running = start().await;
    let (_, line) = complaint(&running, &running.get("/?cause").await).await;
    assert!(
        line.starts_with("Uncaught Error: outer\n") && line.contains("\nCaused by: TypeError: inner\n"),
        "{line}"
    );
}

#[tokio::test]
async fn an_error_can_be_reported_without_failing() {
    let running = start().await;
    let answer = running.get("/?report").await;
    assert_eq!(answer.text(), "fine");
    let (level, line) = complaint(&running, &answer).await;
    assert!(level == "error" && line.contains("reported"), "{line}");
}

#[tokio::test]
async fn the_console_writes_to_the_log_at_its_levels() {
    let running = start().await;
    let answer = running.get("/?console").await;
    let lines = lines(&running, &answer).await;
    let levels: Vec<_> = lines.iter().map(|(level, _)| level.as_str()).collect();
    assert_eq!(levels, ["debug", "info", "info", "warn", "error", "trace", "error"]);
    assert_eq!(lines[0].1, "debug line");
    assert_eq!(lines[1].1, "plain { a: [ 1, { b: [Map] } ] } 10n null");
    assert!(lines[4].1.starts_with("RangeError: shown\n    at console ("), "{lines:?}");
    assert!(lines[5].1.starts_with("Trace: traced\n    at console ("), "{lines:?}");
    assert_eq!(lines[6].1, "Assertion failed: not equal");
}
