//! What HTTP promises to its clients.

use bytes::Bytes;
use serde_json::json;
use wasmforge_tests::{Run, request};

#[tokio::test]
async fn every_method_reaches_the_guest() {
    let probe = Run::guest("probe").start().await;
    for method in
        ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "MKCOL", "REPORT", "TRACE", "BREW"]
    {
        let answer = probe.send(request(method, "/?do=headers").body("").unwrap()).await;
        let seen = answer.json()["method"].as_str().unwrap().to_owned();
        assert!(seen == method || seen == format!("OTHER(\"{method}\")"), "{method}: {seen}");
        assert_eq!(probe.call_line(&answer.invocation()).await["method"], method);
    }
}

#[tokio::test]
async fn head_gets_the_head_alone() {
    let probe = Run::guest("probe").start().await;
    let mut connection = probe.http1().await;
    for what in ["ok", "slow-body&chunks=3&ms=1", "big-body&mib=4"] {
        let answer = connection.send(request("HEAD", &format!("/?do={what}")).body("").unwrap()).await;
        assert_eq!((answer.code(), answer.body.len()), (200, 0), "{what}");
        assert_eq!(answer.header("content-type"), Some("text/plain"), "{what}");
        // The guest is not punished for the body that it writes all the same.
        let line = probe.call_line(&answer.invocation()).await;
        assert_eq!(line["outcome"], "ok", "{what}: {}", line.text);
    }
    let next = connection.send(request("GET", "/?do=count").body("").unwrap()).await;
    assert_eq!(next.text(), r#"{"count":1}"#);
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let probe = Run::guest("probe").start().await;
    let mut connection = probe.http1().await;
    for code in [204, 304] {
        let answer =
            connection.send(request("GET", &format!("/?do=status&code={code}")).body("").unwrap()).await;
        assert_eq!((answer.code(), answer.body.len()), (code, 0));
        assert_eq!(answer.header("transfer-encoding"), None);
    }
    assert_eq!(connection.send(request("GET", "/?do=ok").body("").unwrap()).await.text(), "ok");
}

#[tokio::test]
async fn statuses_are_passed_on() {
    let probe = Run::guest("probe").start().await;
    for code in [200, 201, 302, 400, 404, 418, 451, 500, 503, 599] {
        assert_eq!(probe.does(&format!("status&code={code}")).await.code(), code);
    }
}

#[tokio::test]
async fn a_status_that_is_not_final_is_the_guests_failure() {
    let probe = Run::guest("probe").start().await;
    for code in [100, 101, 103] {
        assert_eq!(probe.does(&format!("status&code={code}")).await.code(), 500, "{code}");
    }
    probe.is_well().await;
}

#[tokio::test]
async fn every_value_of_a_header_survives() {
    let probe = Run::guest("probe").start().await;
    let answer = probe.does("set-cookies").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "c=3; HttpOnly"]);
    let asked = request("GET", "/?do=headers")
        .header("x-many", "1")
        .header("x-many", "2, 3")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("x-empty", "")
        .body("")
        .unwrap();
    let seen = probe.send(asked).await.json();
    for pair in [["x-many", "1"], ["x-many", "2, 3"], ["cookie", "a=1"], ["cookie", "b=2"], ["x-empty", ""]] {
        assert!(seen["headers"].as_array().unwrap().contains(&json!(pair)), "{pair:?}: {seen}");
    }
}

#[tokio::test]
async fn the_guest_sees_the_request_as_it_was_sent() {
    let probe = Run::guest("probe").start().await;
    let authority = probe.url("").replace("http://", "");
    for path in
        ["/?do=headers", "/a/b/../c?do=headers", "//x?do=headers&q=%2F%20", "/%2e%2e/%00?do=headers&ü=%C3%BC"]
    {
        let path = path.replace('ü', "%C3%BC");
        let seen = probe.get(&path).await.json();
        assert_eq!((&seen["path"], &seen["authority"]), (&json!(path), &json!(authority)));
        assert_eq!(seen["scheme"], "HTTP");
    }
    let named = request("GET", "/?do=headers").header("host", "functions.example:8080").body("").unwrap();
    assert_eq!(probe.send(named).await.json()["authority"], "functions.example:8080");
}

#[tokio::test]
async fn a_content_length_that_the_body_does_not_have_is_the_guests_failure() {
    let probe = Run::guest("probe").start().await;
    for what in ["wrong-content-length&declared=10&sent=5", "wrong-content-length&declared=5&sent=10"] {
        let (answer, cut) = probe.does_until_cut(what).await;
        assert!(cut || answer.code() == 500, "{what}: {answer:?}");
    }
    let right = probe.does("wrong-content-length&declared=5&sent=5").await;
    assert_eq!((right.header("content-length"), right.body.len()), (Some("5"), 5));
}

#[tokio::test]
async fn an_answer_has_a_length_or_comes_in_chunks() {
    let probe = Run::guest("probe").start().await;
    let mut with_length = 0;
    // A guest that was interrupted between its answer and its end is streamed; one that was not is sent as a whole.
    for _ in 0..20 {
        let answer = probe.does("ok").await;
        assert!(answer.header("date").is_some());
        match answer.header("content-length") {
            Some(length) => {
                assert_eq!((length, answer.header("transfer-encoding")), ("2", None));
                with_length += 1;
            }
            None => assert_eq!(answer.header("transfer-encoding"), Some("chunked")),
        }
    }
    assert!(with_length > 0, "none of them was sent as a whole");
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let probe = Run::guest("probe").start().await;
    let mut connection = probe.http1().await;
    for round in 0..50 {
        let text = format!("round {round}");
        let answer = connection.send(request("POST", "/?do=echo").body(text.clone()).unwrap()).await;
        assert_eq!(answer.text(), text);
    }
    // A failure of a guest is no reason to close it.
    assert_eq!(connection.send(request("GET", "/?do=trap").body("").unwrap()).await.code(), 500);
    assert_eq!(connection.send(request("GET", "/?do=ok").body("").unwrap()).await.text(), "ok");
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let probe = Run::guest("probe").start().await;
    let mut raw = probe.raw().await;
    let head = "POST /?do=read-body-slowly&ms=0 HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    assert!(raw.write(head).await);
    let go_on = raw.read_until("\r\n\r\n").await;
    assert!(go_on.starts_with("HTTP/1.1 100 Continue\r\n"), "{go_on}");
    assert!(raw.write("body").await);
    let answer = raw.read_until("}").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("{\"read\":4}"), "{answer}");
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let probe = Run::guest("probe").start().await;
    let mut raw = probe.raw().await;
    assert!(raw.write("GET /?do=ok HTTP/1.0\r\n\r\n").await);
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.0 200 OK") && answer.ends_with("ok"), "{answer}");
    let mut raw = probe.raw().await;
    assert!(raw.write("GET /?do=slow-body&chunks=2&ms=5 HTTP/1.0\r\n\r\n").await);
    let answer = raw.read_to_end().await;
    assert!(answer.ends_with("\r\n\r\nchunk 0\nchunk 1\n"), "{answer}");
}

#[tokio::test]
async fn http2_in_clear_text_carries_many_requests_at_once() {
    let probe = Run::guest("probe").start().await;
    let mut connection = probe.http2().await;
    let mut held = Vec::new();
    for _ in 0..20 {
        let mut open =
            connection.open(request("GET", "/?do=slow-body&chunks=2&ms=400").body("").unwrap()).await;
        open.at_least(8).await;
        held.push(open);
    }
    let cookies = connection.send(request("GET", "/?do=set-cookies").body("").unwrap()).await;
    assert_eq!(cookies.headers.get_all("set-cookie").iter().count(), 3);
    let seen = connection.send(request("PROPFIND", "/a?do=headers").body(Bytes::new()).unwrap()).await.json();
    assert_eq!(seen["authority"], probe.url("").replace("http://", ""));
    assert_eq!(seen["path"], "/a?do=headers");
    for open in held {
        assert_eq!(open.finish().await.text(), "chunk 1\n");
    }
    let failed = connection.send(request("GET", "/?do=trap").body("").unwrap()).await;
    assert_eq!(failed.failure(), (500, "TRAP".into()));
}
