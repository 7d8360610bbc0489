//! What operators see: metrics, rows of invocations, lines of the log.

use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Node, Serve, answering, component, in_time};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_CPU_MS", 300).start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    (database, node)
}

async fn does(node: &Node, what: &str) -> Answer {
    node.functions.get(&format!("/probe?do={what}")).await
}

/// The row of one invocation, once it is written.
async fn row(database: &Database, invocation: &str) -> Value {
    let query = format!("(SELECT to_json(i) FROM functions.invocations i WHERE id = '{invocation}')");
    let text = in_time("the invocation's row", async {
        loop {
            if let Some(text) = database.text(&query).await {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    serde_json::from_str(&text.await).unwrap()
}

#[tokio::test]
async fn every_call_is_counted_by_function_and_outcome() {
    let database = Database::create().await;
    // Without the engine of JavaScript, which would be loaded beside the functions.
    let node = Serve::over(&database).var("WASMFORGE_JS_ENGINE", "/nowhere").start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    node.deploy("other", answering(204)).await;
    for _ in 0..3 {
        does(&node, "ok").await;
    }
    node.status_of("other").await;
    let last = does(&node, "trap&message=x").await;
    node.functions.get("/nope").await;
    node.call_line(&last.invocation()).await;

    let calls = async |slug: &str, outcome: &str| {
        let name = format!(r#"wasmforge_invocations_total{{slug="{slug}",outcome="{outcome}"}}"#);
        node.metric(&name).await
    };
    assert_eq!((calls("probe", "ok").await, calls("probe", "trap").await), (3.0, 1.0));
    assert_eq!((calls("other", "ok").await, calls("nope", "not_built").await), (1.0, 0.0));
    for histogram in ["wasmforge_invocation_duration_seconds", "wasmforge_invocation_cpu_seconds"] {
        assert_eq!(node.metric(&format!(r#"{histogram}_count{{slug="probe"}}"#)).await, 4.0, "{histogram}");
        assert!(node.metric(&format!(r#"{histogram}_sum{{slug="probe"}}"#)).await > 0.0, "{histogram}");
        assert_eq!(node.metric(&format!(r#"{histogram}_bucket{{slug="probe",le="+Inf"}}"#)).await, 4.0);
    }
    assert_eq!(node.code_loads("compiler").await + node.code_loads("disk").await, 2);
    assert_eq!(node.code_loads("memory").await, 5, "every call found its code in memory");
    assert_eq!(node.metric("wasmforge_functions").await, 2.0);
    assert_eq!(node.metric("wasmforge_components_loaded").await, 2.0);
    assert_eq!(node.metric("wasmforge_queue_depth").await, 0.0);
    assert_eq!(node.metric("wasmforge_instances_live").await, 0.0);
}

#[tokio::test]
async fn metrics_are_prometheus_text_and_every_name_is_explained() {
    let (_database, node) = node().await;
    does(&node, "ok").await;
    let line = does(&node, "ok").await.invocation();
    node.call_line(&line).await;
    let answer = node.platform().get("/metrics").await;
    assert_eq!(
        (answer.code(), answer.header("content-type")),
        (200, Some("text/plain; version=0.0.4; charset=utf-8"))
    );
    let text = answer.text();
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let mut count = 0;
    for name in names {
        assert!(name.starts_with("wasmforge_"), "{name}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} is not explained");
        count += 1;
    }
    assert!(count >= 8, "{text}");
    assert_eq!(node.functions.get("/metrics").await.code(), 404, "the functions listener has functions only");
}

#[tokio::test]
async fn running_and_waiting_calls_are_shown_as_they_are() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_MAX_CONCURRENCY", 2).start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    let mut connections = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..5 {
        let mut connection = node.functions.http1().await;
        let (_body, answer) = connection.upload(wasmforge_tests::request("POST", "/probe?do=sleep&ms=20000"));
        calls.push(tokio::spawn(answer));
        connections.push(connection);
    }
    let shown = async {
        while (node.metric("wasmforge_instances_live").await, node.metric("wasmforge_queue_depth").await)
            != (2.0, 3.0)
        {}
    };
    in_time("two running and three waiting", shown).await;
    drop(connections);
    let gone = async {
        while (node.metric("wasmforge_instances_live").await, node.metric("wasmforge_queue_depth").await)
            != (0.0, 0.0)
        {}
    };
    in_time("nobody running or waiting", gone).await;
}

#[tokio::test]
async fn every_call_becomes_a_row_with_what_it_took() {
    let (database, node) = node().await;
    let posted = node.functions.post("/probe?do=echo", "twelve bytes").await;
    let recorded = row(&database, &posted.invocation()).await;
    for (column, value) in [
        ("slug", json!("probe")),
        ("version", json!(1)),
        ("method", json!("POST")),
        ("status", json!(200)),
        ("outcome", json!("ok")),
        ("request_bytes", json!(12)),
        ("response_bytes", json!(posted.body.len())),
        ("host_calls", json!(0)),
        ("error", Value::Null),
    ] {
        assert_eq!(recorded[column], value, "{column}: {recorded}");
    }
    assert!(recorded["peak_memory"].as_i64().unwrap() > 65_536, "{recorded}");

    let busy = does(&node, "cpu&ms=100").await;
    let recorded = row(&database, &busy.invocation()).await;
    assert!(recorded["cpu_us"].as_i64().unwrap() >= 50_000, "{recorded}");
    assert!(recorded["duration_us"].as_i64() >= recorded["cpu_us"].as_i64(), "{recorded}");
    let idle = does(&node, "sleep&ms=200").await;
    let recorded = row(&database, &idle.invocation()).await;
    assert!(recorded["duration_us"].as_i64().unwrap() >= 200_000, "{recorded}");
    assert!(recorded["cpu_us"].as_i64().unwrap() < 100_000, "waiting is no CPU time: {recorded}");
}

#[tokio::test]
async fn every_way_to_fail_has_its_outcome_in_the_row() {
    let (database, node) = node().await;
    database.write_source("script", "const x = ;").await;
    node.answers_soon("script", 500).await;
    let cases = [
        ("/probe?do=trap&message=on-purpose", 500, "trap", Some("unreachable")),
        ("/probe?do=spin", 504, "cpu_limit", Some("CPU")),
        ("/probe?do=grow", 200, "ok", None),
        ("/probe?do=no-response", 500, "guest_error", Some("no response")),
        ("/probe?do=status&code=500", 500, "ok", None),
        ("/script", 500, "not_built", Some("Unexpected token")),
    ];
    for (path, status, outcome, error) in cases {
        let answer = node.functions.get(path).await;
        assert_eq!(answer.code(), status, "{path}: {answer:?}");
        let recorded = row(&database, &answer.invocation()).await;
        assert_eq!((&recorded["outcome"], &recorded["status"]), (&json!(outcome), &json!(status)), "{path}");
        match error {
            Some(word) => assert!(recorded["error"].as_str().unwrap().contains(word), "{path}: {recorded}"),
            None => assert_eq!(recorded["error"], Value::Null, "{path}"),
        }
    }
}

#[tokio::test]
async fn the_log_has_insforges_line_of_every_call_and_ours_after_it() {
    let (_database, node) = node().await;
    let answer = node.functions.post("/probe?do=echo", "12345").await;
    let line = node.call_line(&answer.invocation()).await;
    for (key, value) in [
        ("level", json!("info")),
        ("slug", json!("probe")),
        ("method", json!("POST")),
        ("status", json!(200)),
        ("outcome", json!("ok")),
        ("version", json!(1)),
        ("requestBytes", json!(5)),
        ("outboundRequests", json!(0)),
    ] {
        assert_eq!(line[key], value, "{key}: {line}");
    }
    let format = time::format_description::well_known::Rfc3339;
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 24 && time::OffsetDateTime::parse(timestamp, &format).is_ok(), "{timestamp}");
    let millis = line["duration"].as_str().and_then(|text| text.strip_suffix("ms")).unwrap();
    assert!(millis.parse::<u64>().is_ok(), "{millis}");
    assert!(line["cpuMicros"].as_u64().unwrap() > 0 && line["memoryBytes"].as_u64().unwrap() > 0, "{line}");

    // Every line of both streams is one JSON object, but for the first on standard error.
    let errors = node.process.stderr.all().split_off(1);
    for line in node.process.stdout.all().iter().chain(&errors) {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
}

#[tokio::test]
async fn an_unknown_function_leaves_neither_line_nor_row() {
    let (database, node) = node().await;
    for _ in 0..5 {
        node.functions.get("/nope").await;
    }
    let known = does(&node, "ok").await.invocation();
    row(&database, &known).await;
    assert_eq!(database.number("(SELECT count(*) FROM functions.invocations)").await, 1);
    let lines = node.process.stdout.all();
    assert!(!lines.iter().any(|line| line.contains("nope")), "{lines:?}");
}

#[tokio::test]
async fn what_a_guest_writes_is_told_apart_by_its_call() {
    let (_database, node) = node().await;
    let answer = does(&node, "log&line=hello-from-the-guest").await;
    let what = "the guest's line";
    let line = node.process.stdout.find(what, |line| {
        serde_json::from_str::<Value>(line).ok().filter(|line| line["message"] == "hello-from-the-guest")
    });
    let line = line.await;
    assert_eq!((&line["slug"], &line["invocationId"]), (&json!("probe"), &json!(answer.invocation())));
}

#[tokio::test]
async fn invocations_are_not_lost_when_the_node_stops() {
    let (database, mut node) = node().await;
    for _ in 0..300 {
        does(&node, "ok").await;
    }
    node.process.terminate();
    assert!(node.process.exit().await.success());
    assert_eq!(database.number("(SELECT count(*) FROM functions.invocations)").await, 300);
    let calls =
        node.process.stdout.to_end().await.iter().filter(|line| line.contains(r#""outcome":"ok""#)).count();
    assert_eq!(calls, 300);
}
