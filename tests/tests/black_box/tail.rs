//! What happens now, as it is streamed.

use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, Database, Events, Node, SentEvent, Serve, component};

async fn node(database: &Database) -> Node {
    let node = Serve::over(database).start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    node
}

/// The event's data, where it is a line with this message.
fn line(event: &SentEvent, message: &str) -> Option<Value> {
    (event.name == "line").then(|| event.json()).filter(|line| line["message"] == message)
}

/// The event's data, where it is this invocation.
fn invocation(event: &SentEvent, id: &str) -> Option<Value> {
    (event.name == "invocation").then(|| event.json()).filter(|invocation| invocation["id"] == id)
}

#[tokio::test]
async fn lines_and_invocations_of_every_node_are_streamed_once() {
    let database = Database::create().await;
    let first = node(&database).await;
    let second = Serve::over(&database).start().await;
    second.answers_soon("probe", 200).await;
    let mut events = Events::open(&first, "/api/logs/stream?slug=probe", &[]).await;
    for (node, text) in [(&first, "from-here"), (&second, "from-there")] {
        let id = node.functions.get(&format!("/probe?do=log&line={text}")).await.invocation();
        let mut lines = Vec::new();
        let ended = events
            .find(text, |event| {
                lines.extend(line(event, text));
                invocation(event, &id)
            })
            .await;
        // Another node's lines may come after its invocation: they are written beside each other.
        while lines.len() < 2 {
            lines.push(events.find("the other lines", |event| line(event, text)).await);
        }
        assert_eq!((&ended["slug"], &ended["status"]), (&json!("probe"), &json!(200)));
        let sources: Vec<_> = lines.iter().map(|line| line["source"].as_str().unwrap()).collect();
        assert_eq!(sources, ["stdout", "stderr"]);
        assert!(lines.iter().all(|line| line["invocationId"] == json!(id)));
    }
    // Nothing came twice: the next thing to come is the next thing to happen.
    let id = first.functions.get("/probe?do=ok").await.invocation();
    let next = events.next().await.unwrap();
    assert!(invocation(&next, &id).is_some(), "{next:?}");
    assert!(events.comments > 0, "the stream begins with a comment");
}

#[tokio::test]
async fn a_stream_shows_what_was_asked_for_only() {
    let database = Database::create().await;
    let node = node(&database).await;
    node.deploy("other", std::fs::read(component("probe")).unwrap()).await;
    let mut events = Events::open(&node, "/api/logs/stream?slug=probe&level=warn", &[]).await;
    node.functions.get("/other?do=log&line=other").await;
    node.functions.get("/probe?do=log&line=mine").await;
    let first = events.next().await.unwrap();
    assert_eq!(line(&first, "mine").unwrap()["level"], "warn", "{first:?}");
}

#[tokio::test]
async fn a_client_that_was_away_is_shown_what_it_missed() {
    let database = Database::create().await;
    let node = node(&database).await;
    let mut events = Events::open(&node, "/api/logs/stream", &[]).await;
    node.functions.get("/probe?do=log&line=seen").await;
    let last = events.find("an id", |event| (event.name == "invocation").then(|| event.id.clone())).await;
    drop(events);
    let missed = node.functions.get("/probe?do=log&line=missed").await.invocation();
    let mut events = Events::open(&node, "/api/logs/stream", &[("last-event-id", &last)]).await;
    let mut lines = Vec::new();
    let found = events.find("what it missed", |event| {
        lines.extend(line(event, "missed"));
        assert_eq!(line(event, "seen"), None, "it was seen");
        invocation(event, &missed)
    });
    found.await;
    assert_eq!(lines.len(), 2);
    let id = node.functions.get("/probe?do=ok").await.invocation();
    let next = events.next().await.unwrap();
    assert!(invocation(&next, &id).is_some(), "what was shown does not come again: {next:?}");
}

#[tokio::test]
async fn a_client_that_stops_reading_holds_nobody_up_and_is_told_what_it_missed() {
    let database = Database::create().await;
    let node = node(&database).await;
    let mut idle = node.platform().raw().await;
    let head = format!("GET /api/logs/stream HTTP/1.1\r\nhost: node\r\nx-api-key: {API_KEY}\r\n\r\n");
    idle.write(head).await;
    idle.read_until("following").await;
    let before = node.process.vitals().resident();
    // About 100 MiB of lines: far more than sockets and the ring hold.
    for _ in 0..60 {
        let flood = node.functions.get("/probe?do=log-flood&mib=1").await;
        assert_eq!(flood.code(), 200);
    }
    let mut reading = Events::open(&node, "/api/logs/stream", &[]).await;
    let id = node.functions.get("/probe?do=ok").await.invocation();
    reading.find("the one that reads", |event| invocation(event, &id)).await;
    let after = node.process.vitals().resident();
    assert!(after < before + 256 * 1024 * 1024, "{before} bytes became {after}");
    let rest = idle.read_until("event: dropped").await;
    assert!(rest.contains("event: dropped"), "it is told");
}

#[tokio::test]
async fn streams_end_when_their_node_does() {
    let database = Database::create().await;
    let node = node(&database).await;
    let mut events = Events::open(&node, "/api/logs/stream", &[]).await;
    let mut process = node.process;
    process.terminate();
    assert!(process.exit().await.success());
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn a_node_streams_to_so_many_and_no_more() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(Events::open(&node, "/api/logs/stream", &[]).await);
    }
    let (status, code, _) = node.admin("GET", "/api/logs/stream", None).await.api_error();
    assert_eq!((status, code.as_str()), (429, "TOO_MANY_STREAMS"));
    drop(streams);
    let freed = async { while node.platform().raw().await.write("").await && !opens(&node).await {} };
    wasmforge_tests::in_time("a place", freed).await;
}

async fn opens(node: &Node) -> bool {
    let mut raw = node.platform().raw().await;
    raw.write(format!("GET /api/logs/stream HTTP/1.1\r\nhost: node\r\nx-api-key: {API_KEY}\r\n\r\n")).await;
    raw.read_until("\r\n").await.contains("200 OK")
}
