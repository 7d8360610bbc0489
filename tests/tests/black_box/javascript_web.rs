//! The web platform that functions in JavaScript have, used as they use it: `tests/guests/script-web`.

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibEncoder};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::io::{Read as _, Write as _};
use wasmforge_tests::{Run, Running, request, source};

async fn start() -> Running {
    Run::file(&source("script-web")).allow_private_network().start().await
}

/// 300 KB, every byte among them.
fn binary() -> Vec<u8> {
    (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn an_uploaded_file_comes_back_byte_by_byte() {
    let running = start().await;
    let file = binary();
    let mut body = b"--mark\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n--mark\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a \xe2\x82\xac.bin\"\r\nContent-Type: image/x-own\r\n\r\n"
        .to_vec();
    body.extend_from_slice(&file);
    body.extend_from_slice(b"\r\n--mark--\r\n");
    let sent = request("POST", "/upload").header("content-type", "multipart/form-data; boundary=mark");
    let answer = running.send(sent.body(body).unwrap()).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
    for part in ["Gr\u{fc}\u{df}e", "filename=\"copy-of-a \u{20ac}.bin\"", "Content-Type: image/x-own"] {
        assert!(contains(&answer.body, part.as_bytes()), "{part}");
    }
    assert!(contains(&answer.body, &file));
}

#[tokio::test]
async fn bodies_are_compressed_and_decompressed_as_they_pass() {
    let running = start().await;
    let file = binary();
    let packed = running.post("/gzip", file.clone()).await;
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.body.as_ref()).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == file);

    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&file).unwrap();
    let packed = encoder.finish().unwrap();
    assert!(running.post("/gunzip", packed).await.body == file);
}

#[tokio::test]
async fn compressed_data_that_breaks_off_is_an_error() {
    let running = start().await;
    let mut packed = Vec::new();
    ZlibEncoder::new(b"text ".repeat(100).as_slice(), Compression::default())
        .read_to_end(&mut packed)
        .unwrap();
    assert_eq!(running.post("/inflate", packed.clone()).await.body, b"text ".repeat(100));
    packed.truncate(packed.len() - 2);
    let sent = request("POST", "/inflate").body(packed).unwrap();
    let (answer, broken) = running.open(sent).await.finish_or_cut().await;
    // The response breaks off too, unless nothing of it was sent by then.
    assert!(broken.is_some() || answer.code() == 500, "{answer:?}");
}

#[tokio::test]
async fn streams_are_piped_teed_and_read_into_buffers() {
    let running = start().await;
    assert_eq!(
        running.post("/capitals", "eins\nzw\u{f6}lf\nno end").await.text(),
        "EINS\nZW\u{d6}LF\nNO END"
    );
    assert_eq!(running.post("/twice", binary()).await.json(), json!([300_000, 300_000]));
    assert_eq!(running.get("/byob").await.json(), json!([7, 7, 7]));
}

#[tokio::test]
async fn requests_are_routed_by_url_patterns() {
    let running = start().await;
    assert_eq!(running.get("/notes/12?x").await.json(), json!({ "note": 12 }));
    assert_eq!(running.get("/files/a/b.txt").await.json(), json!({ "file": "a/b.txt" }));
}

#[tokio::test]
async fn urls_are_parsed_and_changed_after_the_standard() {
    let running = start().await;
    let expected = json!([
        "https://user@xn--bcher-kva.example/b?x=2&gr%C3%B6%C3%9Fe=1+%26+2#top",
        "https://xn--bcher-kva.example",
        false,
        ["a b", "\u{e9}"],
    ]);
    assert_eq!(running.get("/urls?q=a+b&q=%C3%A9").await.json(), expected);
}

#[tokio::test]
async fn signals_abort_what_waits() {
    let running = start().await;
    let expected = json!(["abort", "enough", "TimeoutError", "TimeoutError"]);
    assert_eq!(running.get("/aborts").await.json(), expected);
}

#[tokio::test]
async fn structured_clones_are_whole_and_refuse_functions() {
    let running = start().await;
    let expected = json!({
        "whole": true,
        "when": "1970-01-01T00:00:00.000Z",
        "error": [true, "far"],
        "moved": [true, 8],
        "refusal": ["DataCloneError", true],
    });
    assert_eq!(running.get("/clones").await.json(), expected);
}

#[tokio::test]
async fn text_is_decoded_from_many_encodings() {
    let running = start().await;
    for (label, bytes, text) in [
        ("utf-8", b"\xef\xbb\xbf\xe2\x82\xac".as_slice(), "\u{20ac}"),
        ("utf-16le", b"\xac\x20\x3d\xd8\x00\xde", "\u{20ac}\u{1f600}"),
        ("latin1", b"\xe4\x80", "\u{e4}\u{20ac}"),
        ("shift_jis", b"\x83\x65", "\u{30c6}"),
    ] {
        let path = format!("/decodes?label={label}");
        assert_eq!(running.post(&path, Bytes::copy_from_slice(bytes)).await.text(), text, "{label}");
    }
    assert_eq!(running.post("/decodes?label=utf-8", Bytes::from_static(b"\xff")).await.code(), 500);
}

#[tokio::test]
async fn events_messages_and_measures_arrive() {
    let running = start().await;
    assert_eq!(running.get("/messages").await.json(), json!([5, "now", 5, true, "Wasmforge"]));
}
