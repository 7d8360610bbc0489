//! Messages that functions publish, and who hears them.

use serde_json::{Value, json};
use sqlx::postgres::PgListener;
use wasmforge_tests::{
    API_KEY, Answer, Database, Guest, Node, Postgres, Serve, component, in_time, request, token,
};

wasmforge_tests::twins!(example: "realtime", "realtime-js": a_message_reaches_who_listens);

const ANN: &str = "00000000-0000-4000-8000-00000000000a";

async fn node(database: &Database) -> Node {
    let node = Serve::over(database).start().await;
    node.deploy("probe", std::fs::read(component("platform-probe")).unwrap()).await;
    node
}

async fn with_channels() -> (Database, Node) {
    let database = Database::create().await;
    let node = node(&database).await;
    database
        .execute(
            "INSERT INTO realtime.channels (pattern, enabled)
             VALUES ('news', true), ('chat:%', true), ('chat:tea', true), ('closed', false)",
        )
        .await;
    (database, node)
}

async fn publish(node: &Node, channel: &str, payload: &'static str) -> Answer {
    let path = format!("/probe?do=publish&channel={channel}&event=changed");
    node.functions.send(request("POST", &path).body(payload).unwrap()).await
}

fn error(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.header("x-error").unwrap_or_default())
}

async fn listener(database: &Database) -> PgListener {
    let mut listener = PgListener::connect(&database.url()).await.unwrap();
    listener.listen("realtime_message").await.unwrap();
    listener
}

/// What the next listener is told: the message behind the id in the notification.
async fn heard(database: &Database, listener: &mut PgListener) -> (String, Value) {
    let id = in_time("the notification", listener.recv()).await.unwrap().payload().to_owned();
    let row = format!("SELECT to_jsonb(m) FROM realtime.messages m WHERE id = '{id}'");
    let message = serde_json::from_str(&database.text(&row).await.unwrap()).unwrap();
    (id, message)
}

async fn a_message_reaches_who_listens(guest: Guest) {
    let (database, node) = with_channels().await;
    node.deploy_guest("chat", guest).await;
    let mut listener = listener(&database).await;
    let call = request("POST", "/chat")
        .header("authorization", format!("Bearer {}", token(&json!({ "sub": ANN, "role": "authenticated" }))))
        .body(r#"{"room":"tea","text":"hello"}"#);
    let answer = node.functions.send(call.unwrap()).await;
    assert_eq!(answer.code(), 202, "{answer:?}");
    let (id, message) = heard(&database, &mut listener).await;
    assert_eq!(answer.json(), json!({ "id": id }));
    assert_eq!((&message["channel_name"], &message["event_name"]), (&json!("chat:tea"), &json!("message")));
    assert_eq!(message["payload"], json!({ "from": ANN, "text": "hello" }));
    assert_eq!((&message["sender_type"], &message["sender_id"]), (&json!("system"), &Value::Null));
    // The channel of that very name is found before one whose pattern fits.
    let channel = format!("SELECT pattern FROM realtime.channels WHERE id = {}", message["channel_id"]);
    assert_eq!(database.text(&channel.replace('"', "'")).await.as_deref(), Some("chat:tea"));
    let stranger = node.functions.post("/chat", r#"{"room":"tea","text":"hello"}"#).await;
    assert_eq!(stranger.code(), 401);
    assert_eq!(database.number("(SELECT count(*) FROM realtime.messages)").await, 1);
}

#[tokio::test]
async fn a_large_message_is_heard_by_its_id() {
    let (database, node) = with_channels().await;
    let mut listener = listener(&database).await;
    let path = "/probe?do=publish&channel=news&event=large&bytes=1000000";
    let answer = node.functions.send(request("POST", path).body("").unwrap()).await;
    let (id, message) = heard(&database, &mut listener).await;
    assert_eq!(answer.text(), id);
    assert_eq!(message["payload"]["text"].as_str().unwrap().len(), 1_000_000);
    let path = "/probe?do=publish&channel=news&event=larger&bytes=1048576";
    let answer = node.functions.send(request("POST", path).body("").unwrap()).await;
    assert_eq!(error(&answer), (500, "TooLarge"));
}

#[tokio::test]
async fn a_channel_that_is_not_there_or_closed_is_an_error() {
    let (database, node) = with_channels().await;
    for channel in ["nowhere", "closed", "NEWS", "chat"] {
        assert_eq!(error(&publish(&node, channel, "{}").await), (404, "NoSuchChannel"), "{channel}");
    }
    assert_eq!(publish(&node, "chat:anything", "{}").await.code(), 200);
    assert_eq!(database.number("(SELECT count(*) FROM realtime.messages)").await, 1);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let (database, node) = with_channels().await;
    for payload in ["7", "\"text\"", "[{}]", "null", r#"{"text":"a\u0000b"}"#] {
        assert_eq!(error(&publish(&node, "news", payload).await), (500, "InvalidMessage"), "{payload}");
    }
    for channel in ["", "%00", &"x".repeat(256)] {
        assert_eq!(error(&publish(&node, channel, "{}").await), (500, "InvalidMessage"), "{channel}");
    }
    let injected =
        publish(&node, "news'); DROP TABLE realtime.messages; --".replace(' ', "%20").as_str(), "{}").await;
    assert_eq!(error(&injected), (404, "NoSuchChannel"));
    assert_eq!(database.number("(SELECT count(*) FROM realtime.messages)").await, 0);
}

#[tokio::test]
async fn a_function_publishes_where_it_is_granted_to() {
    let (_database, node) = with_channels().await;
    let grant = json!({ "capabilities": { "realtime": ["chat:*"] } });
    assert_eq!(node.update("probe", grant).await.code(), 200);
    assert_eq!(publish(&node, "chat:7", "{}").await.code(), 200);
    let refused = publish(&node, "news", "{}").await;
    assert_eq!(error(&refused), (500, "NotGranted"));
    assert!(refused.text().contains(r#"realtime: [\"news\"]"#), "{refused:?}");
    for wrong in [json!(["a*b"]), json!("news"), json!([7])] {
        let answer = node.update("probe", json!({ "capabilities": { "realtime": wrong } })).await;
        assert_eq!(answer.code(), 400, "{answer:?}");
    }
}

#[tokio::test]
async fn only_the_platform_itself_may_publish() {
    let (database, _node) = with_channels().await;
    let allowed = "has_function_privilege($role, 'realtime.publish(text, text, jsonb)', 'EXECUTE')";
    for (role, expected) in [("anon", "false"), ("authenticated", "false"), ("project_admin", "true")] {
        let asked = allowed.replace("$role", &format!("'{role}'"));
        assert_eq!(database.text(&asked).await.as_deref(), Some(expected), "{role}");
    }
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_published() {
    let mut postgres = Postgres::start();
    let database = postgres.database().await;
    let node = node(&database).await;
    database.execute("INSERT INTO realtime.channels (pattern) VALUES ('news')").await;
    assert_eq!(publish(&node, "news", "{}").await.code(), 200);
    postgres.stop();
    assert_eq!(error(&publish(&node, "news", "{}").await), (503, "Unavailable"));
    postgres.resume();
    in_time("messages being taken again", async {
        while publish(&node, "news", "{}").await.code() != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn in_insforges_database_realtime_is_insforges_to_make() {
    let database = crate::insforge::database().await;
    let node = Serve::over(&database).start().await;
    node.deploy("probe", std::fs::read(component("platform-probe")).unwrap()).await;
    assert_eq!(database.text("to_regnamespace('realtime') IS NULL").await.as_deref(), Some("true"));
    assert_eq!(error(&publish(&node, "news", "{}").await), (503, "Unavailable"));
    let user = request("GET", "/probe?do=caller").header("authorization", format!("Bearer {API_KEY}"));
    assert_eq!(node.functions.send(user.body("").unwrap()).await.json()[0], "ProjectAdmin");
}
