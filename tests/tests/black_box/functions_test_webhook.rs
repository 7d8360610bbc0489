//! `test-webhook` against a real receiver.

use crate::upstream::Upstream;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Endpoint, Guest, Peer, Serve, in_seconds, request, token};

wasmforge_tests::twins!(both: "test-webhook", "test-webhook-js": a_webhook_gets_the_event_and_its_status_is_reported, a_webhook_that_cannot_be_reached_is_reported_with_the_reason, a_webhook_inside_the_network_is_not_reached, what_is_no_webhook_is_refused, only_signed_in_users_have_requests_sent);

async fn receiver(status: u16) -> Peer {
    Peer::start(move |_| (status, "what the receiver says is its own business".to_owned())).await
}

async fn tested(function: &Endpoint, url: &str) -> Answer {
    function.post("/test-webhook", json!({ "url": url }).to_string()).await
}

async fn a_webhook_gets_the_event_and_its_status_is_reported(guest: Guest) {
    let function = guest.run().allow_private_network().start().await;
    for (status, success) in [(200, true), (204, true), (301, false), (404, false), (503, false)] {
        let receiver = receiver(status).await;
        let answer = tested(&function, &receiver.url("/hook?key=1")).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        let report = answer.json();
        assert_eq!(
            (answer.code(), &report["success"], &report["status_code"]),
            (200, &json!(success), &json!(status)),
            "{report}"
        );
        assert!(report["latency_ms"].is_u64() && !answer.text().contains("business"), "{report}");
        let received = receiver.received();
        let [event] = received.as_slice() else { panic!("{received:?}") };
        assert_eq!((event.method.as_str(), event.path.as_str()), ("POST", "/hook?key=1"));
        assert_eq!(event.header("content-type"), Some("application/json"));
        assert_eq!(event.json()["event"], "webhook.test");
        let now = in_seconds(0);
        assert!((now - 60..=now + 60).contains(&event.json()["timestamp"].as_i64().unwrap()), "{event:?}");
    }
}

async fn a_webhook_that_cannot_be_reached_is_reported_with_the_reason(guest: Guest) {
    let function = guest.run().allow_private_network().start().await;
    let answer = tested(&function, "http://127.0.0.1:1/hook").await;
    let report = answer.json();
    assert_eq!((answer.code(), &report["success"]), (200, &json!(false)), "{report}");
    assert!(report["error"].as_str().is_some_and(|error| !error.is_empty()), "{report}");
    assert_eq!(report.get("status_code"), None);
}

async fn a_webhook_inside_the_network_is_not_reached(guest: Guest) {
    let inside = Upstream::echoing().await;
    let function = guest.run().start().await;
    let report = tested(&function, &inside.url("/")).await.json();
    assert_eq!((&report["success"], inside.accepted()), (&json!(false), 0), "{report}");
}

async fn what_is_no_webhook_is_refused(guest: Guest) {
    let function = guest.run().start().await;
    for url in ["", "/hook", "ftp://example.com/", "https://user:password@example.com/"] {
        let answer = tested(&function, url).await;
        assert_eq!((answer.code(), answer.header("access-control-allow-origin")), (400, Some("*")), "{url}");
        assert!(answer.json()["error"].as_str().unwrap().starts_with("url: "), "{answer:?}");
    }
    assert_eq!(function.post("/test-webhook", "no JSON").await.code(), 400);
    assert_eq!(function.get("/test-webhook").await.code(), 405);
    let preflight = function.send(request("OPTIONS", "/test-webhook").body("").unwrap()).await;
    assert_eq!(
        (preflight.code(), preflight.header("access-control-allow-methods")),
        (204, Some("POST, OPTIONS"))
    );
}

async fn only_signed_in_users_have_requests_sent(guest: Guest) {
    let receiver = receiver(200).await;
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_ALLOW_PRIVATE_NETWORK", 1).start().await;
    node.deploy_guest("test-webhook", guest).await;
    assert_eq!(node.update("test-webhook", json!({ "auth": "authenticated" })).await.code(), 200);
    let body = json!({ "url": receiver.url("/") }).to_string();
    let call = async |bearer: Option<String>| -> (u16, Value) {
        let call = request("POST", "/test-webhook");
        let call = bearer.iter().fold(call, |call, b| call.header("authorization", format!("Bearer {b}")));
        let answer = node.functions.send(call.body(body.clone()).unwrap()).await;
        (answer.code(), answer.json()["success"].clone())
    };
    assert_eq!(call(None).await, (401, Value::Null));
    assert_eq!(call(Some("nonsense".to_owned())).await, (401, Value::Null));
    assert!(receiver.received().is_empty(), "nothing was sent for them");
    let user = json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": "authenticated", "exp": in_seconds(60) });
    assert_eq!(call(Some(token(&user))).await, (200, json!(true)));
    assert_eq!(receiver.received().len(), 1);
}
