//! What functions log: lines with levels and fields, on standard output and in the table `functions.logs`.

use serde_json::{Value, json};
use wasmforge_tests::{Database, Guest, Node, Run, Running, Serve, component, in_time};

wasmforge_tests::twins!(example: "logging", "logging-js": a_line_carries_level_fields_function_version_and_invocation, settings_are_read_through_the_standard_interface);

const ORDER: &str = r#"{"sku":"tea","quantity":2}"#;

/// The lines of one invocation, once its call line is there.
async fn lines(function: &Running, invocation: &str) -> Vec<Value> {
    function.call_line(invocation).await;
    let lines = function.process.stdout.all();
    let parsed = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    parsed.filter(|line| line["invocationId"] == invocation && line["source"].is_string()).collect()
}

async fn a_line_carries_level_fields_function_version_and_invocation(guest: Guest) {
    let logging = guest.run().start().await;
    let answer = logging.post("/", ORDER).await;
    assert_eq!((answer.code(), answer.text()), (201, "2 × tea"));
    let lines = lines(&logging, &answer.invocation()).await;
    let told: Vec<_> = lines.iter().map(|line| (&line["level"], &line["message"], &line["fields"])).collect();
    assert_eq!(
        told,
        [
            (&json!("debug"), &json!("checking the order"), &json!({"limit": "10"})),
            (&json!("info"), &json!("2 of tea were ordered"), &json!({"sku": "tea", "quantity": "2"})),
        ]
    );
    for line in &lines {
        assert!(line["slug"].as_str().unwrap().starts_with("logging"), "{line}");
        assert_eq!(line["version"], 1, "{line}");
        assert_eq!(line["source"], "log", "{line}");
    }
}

async fn settings_are_read_through_the_standard_interface(guest: Guest) {
    let logging = guest.run().env("ORDER_LIMIT", "1").start().await;
    let answer = logging.post("/", ORDER).await;
    assert_eq!((answer.code(), answer.json()), (409, json!({"error": "at most 1 of one kind"})));
    let logging = guest.run().env("ORDER_LIMIT", "many").start().await;
    assert_eq!(logging.post("/", ORDER).await.code(), 500, "a setting that is no number");
}

#[tokio::test]
async fn wasi_logging_is_the_same_log() {
    let guest = Run::guest("wasi-logging").start().await;
    for (asked, level) in [
        ("trace", "trace"),
        ("debug", "debug"),
        ("info", "info"),
        ("warn", "warn"),
        ("error", "error"),
        ("critical", "error"),
    ] {
        let answer = guest.get(&format!("/?level={asked}&context=orders&message=hello")).await;
        let lines = lines(&guest, &answer.invocation()).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((&lines[0]["level"], &lines[0]["message"]), (&json!(level), &json!("hello")));
        assert_eq!(lines[0]["fields"], json!({"context": "orders"}));
    }
    let answer = guest.get("/?level=info&message=alone").await;
    assert_eq!(lines(&guest, &answer.invocation()).await[0].get("fields"), None);
}

/// A message and a field that try to look like a line of their own, and to drive a terminal.
const FORGED: &str = "%1b%5b2Ja%0a%7b%22level%22:%22error%22,%22slug%22:%22other%22%7d%0d%0ab";

#[tokio::test]
async fn no_text_forges_a_line_of_json() {
    let guest = Run::guest("wasi-logging").start().await;
    let answer = guest.get(&format!("/?level=info&context={FORGED}&message={FORGED}")).await;
    let lines = lines(&guest, &answer.invocation()).await;
    let text = "\u{1b}[2Ja\n{\"level\":\"error\",\"slug\":\"other\"}\r\nb";
    assert_eq!((&lines[0]["message"], &lines[0]["fields"]["context"]), (&json!(text), &json!(text)));
    let written = guest.process.stdout.all();
    assert!(
        !written.iter().any(|line| line.contains('\u{1b}') || line.starts_with("{\"level")),
        "{written:?}"
    );
}

#[tokio::test]
async fn no_text_drives_a_terminal() {
    let guest = Run::guest("wasi-logging").var("WASMFORGE_LOG_FORMAT", "pretty").start().await;
    guest.get(&format!("/?level=warn&context={FORGED}&message={FORGED}")).await;
    guest.process.stdout.containing(" GET wasi_logging 204 ").await;
    let written = guest.process.stdout.all();
    assert!(written[0].contains(" wasi_logging warn | \\u{1b}[2Ja"), "{written:?}");
    // What follows a line feed is indented, so it is seen to belong to the line before.
    assert_eq!(written[1], r#"  {"level":"error","slug":"other"}\u{d}"#);
    assert!(written[2].starts_with("  b context=\"\\u{1b}[2Ja\\n{"), "{written:?}");
    assert!(!written.iter().any(|line| line.contains('\u{1b}')), "{written:?}");
}

#[tokio::test]
async fn a_flood_is_cut_off_at_the_limit_with_a_marker() {
    let guest = Run::guest("wasi-logging").start().await;
    let flood = format!("/?level=info&times=5000&context=flood&message={}", "x".repeat(1000));
    let answer = guest.get(&flood).await;
    assert_eq!(answer.code(), 204, "{answer:?}");
    let lines = lines(&guest, &answer.invocation()).await;
    let size = |line: &Value| {
        let fields = line["fields"].as_object().into_iter().flatten();
        line["message"].as_str().unwrap().len()
            + fields.map(|(name, value)| name.len() + value.as_str().unwrap().len()).sum::<usize>()
    };
    let kept: usize = lines.iter().map(size).sum();
    assert!(kept > 200 * 1024 && kept <= 256 * 1024 + 100, "{kept}");
    let marker = lines.last().unwrap()["message"].as_str().unwrap();
    assert!(marker.contains("log truncated"), "{marker}");
    assert_eq!(lines.iter().filter(|line| line["message"] == marker).count(), 1);
    // The next invocation has a limit of its own.
    let answer = guest.get("/?level=info&message=after").await;
    assert_eq!(self::lines(&guest, &answer.invocation()).await[0]["message"], "after");
}

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

#[tokio::test]
async fn lines_are_kept_in_the_database() {
    let (database, mut node) = node().await;
    node.deploy("orders", std::fs::read(component("logging")).unwrap()).await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    let answer = node.functions.post("/orders", ORDER).await;
    node.functions.get("/probe?do=log&line=a%00b").await;
    let query = format!(
        "(SELECT json_agg(l ORDER BY id) FROM functions.logs l WHERE invocation_id = '{}')",
        answer.invocation()
    );
    let rows = in_time("the rows", async {
        loop {
            if let Some(rows) = database.text(&query).await {
                return rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    let rows: Value = serde_json::from_str(&rows.await).unwrap();
    let told =
        |row: &Value| json!([row["slug"], row["version"], row["level"], row["source"], row["message"]]);
    assert_eq!(told(&rows[0]), json!(["orders", 1, "debug", "log", "checking the order"]));
    assert_eq!(told(&rows[1]), json!(["orders", 1, "info", "log", "2 of tea were ordered"]));
    assert_eq!(rows[1]["fields"], json!({"sku": "tea", "quantity": "2"}));

    // What waits is written when the node stops, and a NUL costs no row.
    node.process.terminate();
    assert!(node.process.exit().await.success());
    let of_probe =
        "(SELECT count(*) FROM functions.logs WHERE slug = 'probe' AND source IN ('stdout', 'stderr'))";
    assert!(database.number(of_probe).await > 0);
}

#[tokio::test]
async fn a_function_may_keep_less() {
    let (_database, node) = node().await;
    node.deploy("orders", std::fs::read(component("logging")).unwrap()).await;
    let granted = node.update("orders", json!({"capabilities": {"log": {"level": "warn"}}})).await;
    assert_eq!(granted.code(), 200, "{granted:?}");
    let first = node.functions.post("/orders", ORDER).await;
    node.call_line(&first.invocation()).await;
    let refused = node.functions.post("/orders", r#"{"sku":"tea","quantity":11}"#).await;
    assert_eq!(refused.code(), 409);
    node.call_line(&refused.invocation()).await;
    let lines = node.process.stdout.all();
    assert!(lines.iter().any(|line| line.contains("an order was refused")));
    assert!(
        !lines.iter().any(|line| line.contains("were ordered") || line.contains("checking")),
        "{lines:?}"
    );
    let bad = node.update("orders", json!({"capabilities": {"log": {"level": "loud"}}})).await;
    assert_eq!(bad.code(), 400, "{bad:?}");
    assert!(bad.text().contains("log") && bad.text().contains("loud"), "{bad:?}");
}

#[tokio::test]
async fn lines_that_the_database_cannot_take_are_counted() {
    let (database, node) = node().await;
    node.deploy("orders", std::fs::read(component("logging")).unwrap()).await;
    database.execute("DROP TABLE functions.logs").await;
    node.functions.post("/orders", ORDER).await;
    let lost = async { while node.metric("wasmforge_log_rows_dropped_total").await < 2.0 {} };
    in_time("two lost lines", lost).await;
}
