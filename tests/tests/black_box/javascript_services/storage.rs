//! `storage`: what can be kept, and how it comes back.

use super::{Probe, error};
use serde_json::json;

const POLICIES: &str = "
    INSERT INTO storage.buckets (name, public) VALUES ('files', false);
    ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON storage.objects TO authenticated
        USING (uploaded_by = auth.jwt() ->> 'sub') WITH CHECK (uploaded_by = auth.jwt() ->> 'sub');";

async fn probe() -> (Probe, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let probe = Probe::with(&[("STORAGE_DIR", folder.path().to_str().unwrap())]).await;
    probe.database.execute(POLICIES).await;
    (probe, folder)
}

#[tokio::test]
async fn a_text_bytes_a_blob_a_stream_a_request_and_a_response_are_kept() {
    let (probe, _folder) = probe().await;
    for (body, bytes, kind) in [
        ("'hello'", "hello", json!("text/plain;charset=UTF-8")),
        ("new Uint8Array([104, 105])", "hi", json!("undefined")),
        ("new Blob(['a', 'b'], { type: 'text/x' })", "ab", json!("text/x")),
        ("new Response('answer', { headers: { 'content-type': 'text/y' } })", "answer", json!("text/y")),
        (
            "(async function* () { for (const word of ['one ', 'two']) yield new TextEncoder().encode(word); })()",
            "one two",
            json!("undefined"),
        ),
        ("new Blob(['streamed']).stream()", "streamed", json!("undefined")),
        ("request", "sent", json!("text/plain;charset=UTF-8")),
    ] {
        let script = format!(
            "const bucket = storage.bucket('files');
             const {{ key, size }} = await bucket.upload('a/b', {body});
             const file = await bucket.download('a/b');
             return [key, size, file.size, file.contentType, await file.text()];"
        );
        let answer = probe.answer(&script, "sent").await;
        assert_eq!(answer.json(), json!(["a/b", bytes.len(), bytes.len(), kind, bytes]), "{body}");
    }
    for body in ["7", "null", "{}", "[1]"] {
        let error = probe.error(&format!("storage.bucket('files').upload('a', {body})")).await;
        assert_eq!(error["name"], "TypeError", "{body}");
    }
}

#[tokio::test]
async fn an_object_comes_back_as_it_is_asked_for() {
    let (probe, _folder) = probe().await;
    let script = "
        const bucket = storage.bucket('files');
        const kept = await bucket.upload('x.json', '{\"a\":[1]}', { contentType: 'application/json' });
        const whole = await bucket.download('x.json');
        const part = await bucket.download('x.json', { range: { first: 1, last: 3 } });
        const end = await bucket.download('x.json', { range: { suffix: 2 } });
        const chunks = [];
        for await (const chunk of (await bucket.download('x.json')).body) chunks.push(...chunk);
        return [kept.uploadedAt instanceof Date, await whole.json(), part.range, await part.text(), await end.bytes(),
            String.fromCharCode(...chunks)];";
    let expected =
        json!([true, { "a": [1] }, { "first": 1, "length": 3 }, "\"a\"", "bytes 93,125", "{\"a\":[1]}"]);
    assert_eq!(probe.value(script).await, expected);
    let passed =
        probe.answer("return (await storage.bucket('files').download('x.json')).response()", "").await;
    assert_eq!((passed.text(), passed.header("content-type")), ("{\"a\":[1]}", Some("application/json")));
    assert_eq!(passed.header("content-length"), Some("9"));
}

#[tokio::test]
async fn objects_are_listed_page_by_page_copied_and_removed() {
    let (probe, _folder) = probe().await;
    let script = "
        const bucket = storage.bucket('files');
        for (const key of ['a/1', 'a/2', 'a/3', 'b']) await bucket.upload(key, key);
        await bucket.copy('b', 'c');
        const page = await bucket.list({ prefix: 'a/', limit: 2 });
        const all = [];
        for await (const { key } of bucket.list({ limit: 2 })) all.push(key);
        await bucket.remove(['a/1', 'a/2']);
        await bucket.remove('b');
        const left = (await bucket.list()).objects.map(({ key }) => key);
        return [page.objects.map(({ key }) => key), page.next, all, left, await bucket.info(), (await bucket.head('c')).size];";
    let expected = json!([
        ["a/1", "a/2"],
        "a/2",
        ["a/1", "a/2", "a/3", "b", "c"],
        ["a/3", "c"],
        { "name": "files", "public": false },
        1
    ]);
    assert_eq!(probe.value(script).await, expected);
}

#[tokio::test]
async fn what_cannot_be_done_says_why() {
    let (probe, _folder) = probe().await;
    for (expression, code, status) in [
        ("storage.bucket('none').upload('a', 'x')", "no-such-bucket", 404),
        ("storage.bucket('files').download('none')", "no-such-object", 404),
        ("storage.bucket('files').upload('../a', 'x')", "invalid-key", 400),
        ("storage.bucket('files').asService().list()", "not-granted", 500),
        ("storage.bucket('files').upload('a', 'x', { contentType: 'a\\nb' })", "invalid-content-type", 400),
    ] {
        assert_eq!(probe.error(expression).await, error("StorageError", code, status), "{expression}");
    }
    let broken = "storage.bucket('files').upload('a', (async function* () { yield new Uint8Array(9); throw new Error('no more'); })())";
    assert_eq!(probe.error(broken).await["code"], "broken");
    let range = "storage.bucket('files').download('a', { range: { last: 3 } })";
    assert!(["StorageError", "TypeError"].contains(&probe.error(range).await["name"].as_str().unwrap()));
    assert_eq!(probe.value("return (await storage.bucket('files').list()).objects.length").await, 0);
    assert_eq!(probe.answer("return storage.bucket('files').head('none')", "").await.code(), 404);
}
