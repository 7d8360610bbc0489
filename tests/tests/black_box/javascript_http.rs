//! Requests and responses of functions in JavaScript: `tests/guests/script-http`.

use bytes::Bytes;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Run, Running, request, source};

/// Bytes that are no text.
const BINARY: &[u8] = &[0xff, 0x00, 0xfe, 0x41, 0x0a, 0xc3];

async fn start() -> Running {
    Run::file(&source("script-http")).allow_private_network().start().await
}

async fn post(running: &Running, path: &str, kind: &str, body: impl Into<Bytes>) -> Answer {
    running.send(request("POST", path).header("content-type", kind).body(body).unwrap()).await
}

#[tokio::test]
async fn a_handler_gets_the_request_as_it_was_sent() {
    let running = start().await;
    let asked = request("PATCH", "/request?a=1&b=%20x")
        .header("host", "shop.example:8080")
        .header("X-Two", "1")
        .header("x-two", "2")
        .header("cookie", "a=b");
    let seen = running.send(asked.body("größe").unwrap()).await.json();
    assert_eq!(seen["method"], "PATCH");
    assert_eq!(seen["url"], "http://shop.example:8080/request?a=1&b=%20x");
    assert_eq!(seen["headers"]["x-two"], "1, 2");
    assert_eq!(seen["headers"]["cookie"], "a=b");
    assert_eq!(seen["headers"]["host"], "shop.example:8080");
    assert_eq!((&seen["isRequest"], &seen["body"]), (&json!(true), &json!("größe")));
    assert_eq!(seen["bodyUsed"], true);
}

#[tokio::test]
async fn a_body_without_a_type_is_text_and_a_get_has_none() {
    let running = start().await;
    let posted = running.post("/request", "").await.json();
    assert_eq!(posted["headers"]["content-type"], "text/plain;charset=UTF-8");
    assert_eq!(posted["body"], "");
    let got = running.get("/request").await.json();
    assert_eq!((&got["headers"]["content-type"], &got["body"]), (&Value::Null, &json!("")));
}

#[tokio::test]
async fn bytes_stay_bytes() {
    let running = start().await;
    for path in ["/echo", "/echo-bytes", "/echo-through-script"] {
        let answer = post(&running, path, "application/octet-stream", BINARY).await;
        assert_eq!((answer.code(), &*answer.body), (200, BINARY), "{path}");
    }
    let large = vec![7_u8; 3 * 1024 * 1024];
    for path in ["/echo", "/echo-bytes", "/echo-through-script"] {
        assert_eq!(running.post(path, large.clone()).await.body, large, "{path}");
    }
}

#[tokio::test]
async fn a_body_is_read_while_it_comes() {
    let running = start().await;
    let mut connection = running.http1().await;
    let (upload, answer) = connection.upload(request("POST", "/first-chunk"));
    assert!(upload.write("first").await);
    // The rest of the body never comes.
    assert_eq!(answer.await.unwrap().at_least(5).await, b"first");
}

#[tokio::test]
async fn chunks_come_back_through_a_script_before_the_next_is_sent() {
    let running = start().await;
    for path in ["/echo", "/echo-through-script"] {
        let mut connection = running.http1().await;
        let (upload, answer) = connection.upload(request("POST", path));
        assert!(upload.write("chunk 0").await);
        let mut answer = answer.await.unwrap();
        assert_eq!(answer.at_least(7).await, b"chunk 0", "{path}");
        for round in 1..5 {
            let chunk = format!("chunk {round}");
            assert!(upload.write(chunk.clone()).await);
            assert_eq!(answer.at_least(chunk.len()).await, chunk.as_bytes(), "{path}");
        }
        drop(upload);
        assert!(answer.finish().await.body.is_empty());
    }
}

#[tokio::test]
async fn an_event_arrives_when_it_is_written() {
    let running = start().await;
    // The second event is due in ten minutes.
    let mut answer = running.open(request("GET", "/events").body("").unwrap()).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert_eq!(answer.at_least(9).await, b"data: 0\n\n");
}

#[tokio::test]
async fn a_stream_that_fails_breaks_the_answer_off() {
    let running = start().await;
    let open = running.open(request("GET", "/broken-stream").body("").unwrap()).await;
    let (answer, cut) = open.finish_or_cut().await;
    assert_eq!(answer.body, "half");
    assert!(cut.is_some());
    running.call_line(&answer.invocation()).await;
    let lines = running.guest_lines(&answer.invocation());
    assert!(lines.iter().any(|(_, line)| line.contains("out of words")), "{lines:?}");
}

#[tokio::test]
async fn every_cookie_survives_and_other_headers_are_joined() {
    let answer = start().await.get("/cookies").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
    let ones: Vec<_> = answer.headers.get_all("x-one").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(ones.join(", "), "1, 2");
}

#[tokio::test]
async fn statuses_and_lengths_are_right() {
    let running = start().await;
    for code in [200, 204, 205, 304, 404, 503, 599] {
        let answer = running.get(&format!("/status?code={code}")).await;
        assert_eq!((answer.code(), answer.body.len()), (code, 0));
    }
    let answer = running.get("/wrong-length").await;
    assert_eq!((answer.header("content-length"), answer.text()), (Some("4"), "four"));
    let head = running.send(request("HEAD", "/json").body("").unwrap()).await;
    assert_eq!((head.code(), head.header("content-length"), head.body.len()), (201, Some("21"), 0));
    assert_eq!(running.get("/no-body").await.header("content-length"), Some("0"));
    let blob = running.get("/blob").await;
    assert_eq!((blob.header("content-length"), blob.header("content-type")), (Some("4"), Some("text/html")));
}

#[tokio::test]
async fn responses_of_every_kind_are_sent() {
    let running = start().await;
    let answer = running.get("/json").await;
    assert_eq!((answer.code(), answer.header("content-type")), (201, Some("application/json")));
    assert_eq!(answer.text(), r#"{"a":[1,"zwei",null]}"#);
    let redirect = running.get("/redirect").await;
    assert_eq!((redirect.code(), redirect.header("location")), (307, Some(&*running.url("/json"))));
    let duck = running.get("/duck").await;
    assert_eq!((duck.code(), duck.header("x-duck"), duck.text()), (203, Some("yes"), "quack"));
}

#[tokio::test]
async fn content_types_are_those_of_the_standard() {
    let types = start().await.get("/types").await.json();
    assert_eq!(
        types,
        json!({
            "text": "text/plain;charset=UTF-8",
            "bytes": null,
            "query": "application/x-www-form-urlencoded;charset=UTF-8",
            "json": "application/json",
            "blob": "image/png",
            "form": "multipart/form-data",
            "own": "text/css",
        })
    );
}

#[tokio::test]
async fn forms_are_read_with_their_files() {
    let running = start().await;
    let mut form = b"--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
        --b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\ncontent-type: image/x\r\n\r\n"
        .to_vec();
    form.extend_from_slice(BINARY);
    form.extend_from_slice(b"\r\n--b--\r\n");
    let read = post(&running, "/form", "multipart/form-data; boundary=b", form).await.json();
    assert_eq!(read, json!([["a", "1"], ["f", ["x.bin", "image/x", BINARY]]]));
    let read = post(&running, "/form", "application/x-www-form-urlencoded", "a=b+c&d=%C3%A4").await.json();
    assert_eq!(read, json!([["a", "b c"], ["d", "ä"]]));
    assert_eq!(post(&running, "/form", "text/plain", "a").await.code(), 500);
}

#[tokio::test]
async fn bodies_and_headers_obey_the_standard() {
    let running = start().await;
    assert_eq!(
        running.get("/bodies").await.json(),
        json!({
            "again": "TypeError",
            "clone": "aa",
            "cloneOfStream": "aa",
            "locked": "TypeError",
            "bytes": [0xc3, 0xa4],
            "mark": "a\u{fffd}",
            "json": "SyntaxError",
            "nothing": ["", null],
            "text": "TypeError",
            "form": "TypeError",
            "status": "TypeError",
            "range": "RangeError",
            "get": "TypeError",
            "method": "TypeError",
            "credentials": "TypeError",
        })
    );
    assert_eq!(
        running.get("/headers").await.json(),
        json!({
            "sorted": [["a", "2"], ["b", "1, 3"]],
            "cookies": [["set-cookie", "1"], ["set-cookie", "2"]],
            "name": "TypeError",
            "value": "TypeError",
            "pair": "TypeError",
            "immutable": "TypeError",
            "has": true,
        })
    );
}

#[tokio::test]
async fn what_wait_until_was_given_goes_on_after_the_response_and_nothing_else_does() {
    let running = start().await;
    let answer = running.get("/wait-until").await;
    assert_eq!(answer.text(), "answered");
    let line = running.call_line(&answer.invocation()).await;
    assert_eq!(line["outcome"], "ok");
    let lines: Vec<_> = running.guest_lines(&answer.invocation()).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["waited"]);
}

#[tokio::test]
async fn timers_fire_in_their_order() {
    let order = start().await.get("/timers").await.json();
    assert_eq!(order, json!(["microtask", "zero", "arguments", "tick 1", "tick 2", "late"]));
}

#[tokio::test]
async fn every_instance_draws_its_own_random_numbers() {
    let running = start().await;
    let (first, second) = (running.get("/random").await.json(), running.get("/random").await.json());
    assert_ne!(first, second);
    assert_ne!(first[0], first[1]);
}
