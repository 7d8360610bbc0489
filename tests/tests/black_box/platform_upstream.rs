//! The database through the platform listener while PostgREST is away, slow or broken.

use crate::platform_records::{Platform, ask, node};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wasmforge_tests::{API_KEY, Database, request};

#[tokio::test]
async fn a_postgrest_that_is_away_is_an_error_and_one_that_comes_back_answers() {
    let mut platform = Platform::start().await;
    let path = "/api/database/rpc/whoami";
    platform.postgrest.stop();
    for method in ["GET", "POST"] {
        let answer = platform.ask(method, path, API_KEY, "").await;
        let expected = (502, "UPSTREAM_FAILURE".into(), "PostgREST cannot be reached".into());
        assert_eq!(answer.api_error(), expected, "{method}");
    }
    platform.postgrest.start().await;
    assert_eq!(platform.ask("POST", path, API_KEY, "{}").await.json()["role"], "project_admin");
}

#[tokio::test]
async fn a_node_without_postgrest_says_so() {
    let database = Database::create().await;
    for base in ["", "no URL"] {
        let node = node(&database, base).await;
        let answer = ask(&node, "GET", "/api/database/records/lines", API_KEY, &[], "").await;
        let expected = (503, "UPSTREAM_FAILURE".into(), "no PostgREST is configured".into());
        assert_eq!(answer.api_error(), expected, "{base:?}");
    }
}

/// A server that stands where PostgREST should. It closes its first connections without a word, and answers on the others
/// with these bytes.
async fn impostor(silent: usize, answer: &'static [u8]) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            if connection >= silent {
                let _ = stream.write_all(answer).await;
            }
        }
    });
    (url, task)
}

#[tokio::test]
async fn a_read_is_tried_three_times_and_a_write_that_was_sent_once() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
    let database = Database::create().await;
    for (method, silent, status) in [("GET", 2, 200), ("GET", 3, 502), ("POST", 1, 502), ("DELETE", 1, 502)] {
        let (url, task) = impostor(silent, ANSWER).await;
        let node = node(&database, &url).await;
        let answer = ask(&node, method, "/api/database/records/lines", API_KEY, &[], "").await;
        assert_eq!(answer.code(), status, "{method} after {silent}: {answer:?}");
        task.abort();
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let database = Database::create().await;
    for (half, status) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"[..], 502),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[{\"id\":1},", 200),
        (b"HTTP/1.1 nonsense\r\n\r\n", 502),
    ] {
        let (url, task) = impostor(0, half).await;
        let node = node(&database, &url).await;
        let call = request("GET", "/api/database/records/lines").header("x-api-key", API_KEY);
        let open = node.platform().open(call.body("").unwrap()).await;
        let (answer, cut) = open.finish_or_cut().await;
        assert_eq!((answer.code(), cut.is_some()), (status, status == 200), "{answer:?}");
        task.abort();
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_waited_for_ten_seconds_once() {
    let database = Database::create().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let node = node(&database, &format!("http://{}", listener.local_addr().unwrap())).await;
    let asked = ask(&node, "GET", "/api/database/records/lines", API_KEY, &[], "");
    let (answer, connection) = tokio::join!(asked, listener.accept());
    let expected = (504, "UPSTREAM_FAILURE".into(), "PostgREST did not answer in time".into());
    assert_eq!(answer.api_error(), expected);
    drop(connection);
    let again = tokio::time::timeout(std::time::Duration::from_millis(1), listener.accept()).await;
    assert!(again.is_err(), "it was asked again");
}
