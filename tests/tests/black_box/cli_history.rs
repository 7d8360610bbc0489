//! `logs` and `invocations`: what functions wrote and how they ended, from the command line.

use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, Database, Launch, Node, Peer, Serve, in_time};

const TELLS: &str = "export default (request) => {
    const text = new URL(request.url).searchParams.get('text') ?? 'called';
    console.error(text);
    console.log('beside it');
    return new Response('told', { status: text === 'fail' ? 500 : 200 });
};";

/// Repeats a command until it prints what `holds` wants to see: rows come a moment after they were written.
async fn printed(node: &Node, arguments: &[&str], holds: impl Fn(&str) -> bool) -> String {
    in_time(&format!("{arguments:?}"), async {
        loop {
            let text = node.commanded(arguments).await;
            if holds(&text) {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await
}

#[tokio::test]
async fn lines_are_printed_oldest_first_and_chosen() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("tells", TELLS).await;
    node.store_source("other", TELLS).await;
    let first = node.functions.get("/tells?text=one").await.invocation();
    node.functions.get("/tells?text=two").await;
    node.functions.get("/other?text=three").await;
    let all = printed(&node, &["logs"], |text| text.matches("beside it").count() == 3).await;
    let place = |text: &str| all.find(text).unwrap_or_else(|| panic!("{text}: {all}"));
    assert!(place("one") < place("two") && place("two") < place("three"), "{all}");
    assert!(!all.contains('\u{1b}'), "{all}");
    let chosen = |arguments: &'static [&'static str]| node.commanded(arguments);
    assert_eq!(chosen(&["logs", "other"]).await.lines().count(), 2);
    assert!(chosen(&["logs", "--grep", "TWO"]).await.contains("tells two"));
    assert_eq!(chosen(&["logs", "--level", "error"]).await.matches("beside it").count(), 0);
    assert_eq!(chosen(&["logs", "-n", "1"]).await.lines().count(), 1);
    assert_eq!(chosen(&["logs", "--since", "0s"]).await, "");
    let json = node.commanded(&["logs", "--invocation", &first, "--json"]).await;
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["invocationId"] == first), "{lines:?}");
    assert_eq!(node.command(&["logs", "--since", "yesterday"]).finish().await.code(), 2);
    assert_eq!(node.command(&["logs", "--level", "loud"]).finish().await.code(), 2);
}

#[tokio::test]
async fn a_log_is_followed_and_what_a_terminal_would_act_upon_is_not_passed_on() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("tells", TELLS).await;
    node.functions.get("/tells?text=before").await;
    printed(&node, &["logs"], |text| text.contains("before")).await;
    let mut following = node.command(&["logs", "tells", "--follow"]).start();
    following.stdout.find("the past", |line| line.contains("before").then_some(())).await;
    node.functions.get("/tells?text=after").await;
    following.stdout.find("what comes", |line| line.contains("after").then_some(())).await;
    node.functions.get("/tells?text=%1B%5B2Jcleared").await;
    let line = following.stdout.find("an escape", |l| l.contains("cleared").then(|| l.to_owned())).await;
    assert!(line.contains("\\u{1b}[2Jcleared") && !line.contains('\u{1b}'), "{line:?}");
    assert!(following.is_running());
    let befores = following.stdout.all().iter().filter(|line| line.contains("before")).count();
    assert_eq!(befores, 1);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_asked_for_again_from_where_it_was() {
    let line = |id: u64| {
        let line = json!({ "id": id.to_string(), "slug": "f", "level": "info", "message": format!("line {id}"), "at": "" });
        format!("id: {id}\nevent: line\ndata: {line}\n\n")
    };
    let peer = Peer::start(move |request| match (request.path.as_str(), request.header("last-event-id")) {
        (path, _) if path.starts_with("/api/logs/lines") => {
            (200, r#"{"lines":[],"nextCursor":null}"#.to_owned())
        }
        (_, None) => (200, line(1)),
        // It was shown already: what is told twice is printed once.
        (_, Some("1")) => (200, line(1) + &line(2)),
        (_, Some("2")) => (200, line(3)),
        _ => (401, r#"{"error":"AUTH_INVALID_API_KEY","message":"Ended"}"#.to_owned()),
    })
    .await;
    let url = peer.url("");
    let finished = Launch::new(["logs", "--follow", "--url", &url, "--api-key", API_KEY]).finish().await;
    assert_eq!(finished.code(), 3, "{finished:?}");
    let told: Vec<&str> =
        finished.stdout.lines().filter_map(|line| line.rsplit_once(' ')).map(|(_, n)| n).collect();
    assert_eq!(told, ["1", "2", "3"], "{finished:?}");
}

#[tokio::test]
async fn invocations_are_listed_and_one_is_shown() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("tells", TELLS).await;
    node.functions.get("/tells").await;
    let failed = node.functions.get("/tells?text=fail").await.invocation();
    let table = printed(&node, &["invocations", "list"], |text| text.lines().count() == 3).await;
    assert!(table.starts_with("ID ") && table.contains("500"), "{table}");
    let failures = node.commanded_json(&["invocations", "list", "tells", "--status", "5xx"]).await;
    assert_eq!(failures["invocations"].as_array().unwrap().len(), 1, "{failures}");
    assert_eq!(failures["invocations"][0]["id"], failed);
    let shown = printed(&node, &["invocations", "show", &failed], |text| text.contains("fail")).await;
    assert!(shown.contains("status    500") && shown.contains("tells (version 1)"), "{shown}");
    assert_eq!(node.commanded_json(&["invocations", "show", &failed]).await["id"], failed);
    let unknown =
        node.command(&["invocations", "show", "0b6f0000-0000-4000-8000-000000000000"]).finish().await;
    assert_eq!(unknown.code(), 5, "{unknown:?}");
    let page = node.commanded_json(&["invocations", "list", "-n", "1"]).await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = node.commanded_json(&["invocations", "list", "--cursor", cursor]).await;
    assert_eq!(rest["invocations"].as_array().unwrap().len(), 1, "{rest}");
}
