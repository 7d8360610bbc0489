//! What becomes of bodies on their way to the database through the platform listener.

use crate::platform_records::{ANN, Platform, ask, token_of};
use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, in_time, request};

#[tokio::test]
async fn an_empty_string_is_left_out_where_it_could_not_be_stored() {
    let platform = Platform::start().await;
    let added = platform.notes("POST", "", ANN, json!({ "text": "", "due": "", "price": "" })).await;
    assert_eq!(added.code(), 201, "{added:?}");
    let row = &added.json()[0];
    assert_eq!((&row["text"], &row["due"], &row["price"]), (&json!(""), &Value::Null, &Value::Null));
    let many = json!([{ "text": "a", "due": "" }, { "text": "", "due": "2026-01-02" }]);
    let added = platform.notes("POST", "?columns=text,due", ANN, many).await;
    assert_eq!((&added.json()[0]["due"], &added.json()[1]["due"]), (&Value::Null, &json!("2026-01-02")));
    let one = format!("?id=eq.{}", added.json()[1]["id"]);
    let changed = platform.notes("PATCH", &one, ANN, json!({ "text": "", "due": "" })).await;
    assert_eq!(changed.json()[0]["due"], "2026-01-02", "what is left out stays: {changed:?}");

    // No digit is lost on the way.
    let body = r#"{"text":"","due":"","price":12345678901234567890.12345678901234567890}"#;
    let path = "/api/database/records/notes?select=price::text";
    let headers = [("prefer", "return=representation")];
    let exact = ask(&platform.node, "POST", path, &token_of(ANN), &headers, body).await;
    assert_eq!(exact.json(), json!([{ "price": "12345678901234567890.12345678901234567890" }]));

    // A column's new type is known soon.
    platform.database.execute("ALTER TABLE notes ALTER due TYPE text").await;
    in_time("the column being one of text", async {
        loop {
            let added = platform.notes("POST", "", ANN, json!({ "text": "x", "due": "" })).await;
            if added.json()[0]["due"] == "" {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whatever_it_is_and_however_it_comes() {
    let platform = Platform::start().await;
    let text = "x".repeat(70_000);
    for (path, kind, body) in [
        ("/api/database/records/lines", "application/json", json!({ "id": 1, "text": text }).to_string()),
        ("/api/database/records/lines", "text/csv", format!("id,text\n1,{text}\n")),
        ("/api/database/rpc/whoami", "application/json", json!({ "text": text }).to_string()),
    ] {
        let headers = [("x-api-key", API_KEY), ("content-type", kind)];
        let answer = platform.node.ask("POST", path, &headers, body.clone()).await;
        assert_eq!(answer.api_error().1, "PAYLOAD_TOO_LARGE", "{path} {kind}");
        let mut connection = platform.node.platform().http1().await;
        let call = request("POST", path).header("x-api-key", API_KEY).header("content-type", kind);
        let (upload, answer) = connection.upload(call);
        upload.write(body).await;
        drop(upload);
        let answer = answer.await.unwrap().finish().await;
        assert_eq!(answer.api_error().1, "PAYLOAD_TOO_LARGE", "{path} {kind} in chunks: {answer:?}");
    }
    assert_eq!(platform.database.number("(SELECT count(*) FROM lines)").await, 0);
}

#[tokio::test]
async fn other_bodies_than_json_pass_as_they_are_and_whole_or_not_at_all() {
    let platform = Platform::start().await;
    let path = "/api/database/records/lines?columns=id,text";
    let call = || request("POST", path).header("x-api-key", API_KEY).header("content-type", "text/csv");
    let mut connection = platform.node.platform().http1().await;
    let (upload, answer) = connection.upload(call());
    for chunk in ["id,te", "xt\n1,\"\"\n", "2,two\n"] {
        assert!(upload.write(chunk).await);
    }
    drop(upload);
    let answer = answer.await.unwrap().finish().await;
    assert_eq!((answer.code(), answer.text()), (201, "[]"), "{answer:?}");

    let mut raw = platform.node.platform().raw().await;
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: a\r\nx-api-key: {API_KEY}\r\ncontent-type: text/csv\r\n");
    let half = "id,text\n3,half of it";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{half}\r\n", half.len());
    assert!(raw.write(&chunked).await);
    drop(raw);
    let mut raw = platform.node.platform().raw().await;
    assert!(raw.write(&format!("{head}content-length: 1000\r\n\r\n{half}")).await);
    drop(raw);
    // What would be written is written by now: a later request has been answered.
    let last = platform.node.platform().send(call().body("id,text\n4,four\n").unwrap()).await;
    assert_eq!(last.code(), 201, "{last:?}");
    let rows = platform.database.text("(SELECT string_agg(id || text, ',' ORDER BY id) FROM lines)").await;
    assert_eq!(rows.unwrap(), "1,2two,4four");
}
