//! Storage in a directory: who sees and changes what, what is refused, and what is left of what fails.

use crate::stored::{Stored, of};
use serde_json::json;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wasmforge_tests::{Guest, Run, eventually, in_seconds, request, token};

wasmforge_tests::twins!(example: "storage", "storage-ts": the_example_keeps_files_of_its_callers);

const ANN: Option<&str> = Some("ann");
const BOB: Option<&str> = Some("bob");

struct Local {
    stored: Stored,
    folder: TempDir,
}

impl std::ops::Deref for Local {
    type Target = Stored;

    fn deref(&self) -> &Stored {
        &self.stored
    }
}

impl Local {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("objects").to_str().unwrap().to_owned();
        Self { stored: Stored::with(&[("STORAGE_DIR", directory)]).await, folder }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join("objects").join(path)
    }

    /// Every file in the store, finished or not.
    fn files(&self) -> Vec<PathBuf> {
        files(&self.file(""))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn an_object_is_written_read_described_copied_and_deleted() {
    let local = Local::start().await;
    let stored = local.done(ANN, "do=put&bucket=files&key=a/b.txt&type=text/plain", "hello, you").await;
    assert!(stored.contains("size: 10") && stored.contains("\"text/plain\"") && stored.contains("\"ann\""));
    assert_eq!(std::fs::read(local.file("files/a/b.txt")).unwrap(), b"hello, you");
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=a/b.txt", "").await, "hello, you");
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=a/b.txt&first=7&last=90", "").await, "you");
    let error = local.error(ANN, "do=get&bucket=files&key=a/b.txt&first=10&last=12", "").await;
    assert_eq!(error, "RangeNotSatisfiable(10)");
    let row = local.database.text(
        "SELECT concat_ws(' ', size, mime_type, uploaded_by, uploaded_via, etag = md5('hello, you')) FROM storage.objects",
    );
    assert_eq!(row.await.unwrap(), "10 text/plain ann rest t");
    let head = local.done(ANN, "do=head&bucket=files&key=a/b.txt", "").await;
    assert!(head.contains("text/plain"), "{head}");
    local.done(ANN, "do=copy&bucket=files&key=a/b.txt&to=c", "").await;
    local.done(ANN, "do=delete&bucket=files&key=a/b.txt", "").await;
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=c", "").await, "hello, you");
    assert_eq!(local.files(), [local.file("files/c")]);
    let gone = local.error(ANN, "do=get&bucket=files&key=a/b.txt", "").await;
    assert_eq!(gone, "NoSuchObject(\"a/b.txt\")");
    assert_eq!(local.error(ANN, "do=delete&bucket=files&key=a/b.txt", "").await, gone);
}

#[tokio::test]
async fn another_user_sees_and_changes_nothing_of_it() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=files&key=k", "ann's").await;
    for what in ["get", "head", "delete", "copy&to=l", "sign&seconds=60"] {
        let error = local.error(BOB, &format!("bucket=files&key=k&do={what}"), "").await;
        assert_eq!(error, "NoSuchObject(\"k\")", "{what}");
    }
    assert_eq!(local.error(BOB, "do=put&bucket=files&key=k", "bob's").await, "Forbidden(\"k\")");
    assert_eq!(local.done(BOB, "do=list&bucket=files", "").await, " | ");
    assert_eq!(local.done(ANN, "do=list&bucket=files", "").await, "k | ");
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=k", "").await, "ann's");
    assert_eq!((local.rows().await, local.files().len()), (1, 1));
}

#[tokio::test]
async fn what_may_be_read_and_not_deleted_stays() {
    let local = Local::start().await;
    local
        .database
        .execute("CREATE POLICY seen ON storage.objects FOR SELECT TO authenticated USING (true)")
        .await;
    local.done(ANN, "do=put&bucket=files&key=k", "ann's").await;
    assert_eq!(local.done(BOB, "do=get&bucket=files&key=k", "").await, "ann's");
    assert_eq!(local.error(BOB, "do=delete&bucket=files&key=k", "").await, "Forbidden(\"k\")");
    assert_eq!(local.error(BOB, "do=copy&bucket=files&key=k&to=k", "").await, "Forbidden(\"k\")");
    assert_eq!(std::fs::read(local.file("files/k")).unwrap(), b"ann's");
    // Replacing an object does not make it one's own.
    local.done(None, "do=put&bucket=files&key=k&as=service", "the platform's").await;
    let owner = local.database.text("SELECT uploaded_by FROM storage.objects").await;
    assert_eq!(owner.as_deref(), Some("ann"));
}

#[tokio::test]
async fn nobody_in_particular_reads_public_buckets_and_no_others() {
    let local = Local::start().await;
    for bucket in ["files", "shown"] {
        local.done(ANN, &format!("do=put&bucket={bucket}&key=k"), "x").await;
    }
    assert_eq!(local.done(None, "do=get&bucket=shown&key=k", "").await, "x");
    assert_eq!(local.error(None, "do=get&bucket=files&key=k", "").await, "NoSuchObject(\"k\")");
    assert_eq!(local.error(None, "do=put&bucket=shown&key=l", "x").await, "Forbidden(\"l\")");
    assert_eq!(local.error(None, "do=delete&bucket=shown&key=k", "").await, "Forbidden(\"k\")");
    assert_eq!(local.error(None, "do=list&bucket=shown", "").await, "Forbidden(\"shown\")");
    assert!(local.done(None, "do=info&bucket=shown", "").await.contains("public: true"));
}

#[tokio::test]
async fn what_is_not_granted_is_refused_by_name() {
    let local = Local::start().await;
    local.done(None, "do=put&bucket=files&key=k&as=service", "x").await;
    local.grant(json!({ "storage": { "buckets": ["files"] } })).await;
    let error = local.error(None, "do=get&bucket=files&key=k&as=service", "").await;
    assert_eq!(error, r#"NotGranted("storage.as: \"service\"")"#);
    let error = local.error(ANN, "do=list&bucket=shown", "").await;
    assert_eq!(error, r#"NotGranted("storage.buckets: \"shown\"")"#);
    assert_eq!(local.done(ANN, "do=list&bucket=files", "").await, " | ");
    let refused =
        local.node.update("probe", json!({ "capabilities": { "storage": { "buckets": ["a/b"] } } })).await;
    assert_eq!(refused.code(), 400);
}

#[tokio::test]
async fn a_bad_credential_is_not_taken_for_none() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=shown&key=k", "x").await;
    let expired = token(&json!({ "sub": "ann", "role": "authenticated", "exp": in_seconds(-1) }));
    let request = request("GET", "/probe?do=get&bucket=shown&key=k")
        .header("authorization", format!("Bearer {expired}"));
    let answer = local.node.functions.send(request.body("").unwrap()).await;
    assert_eq!((answer.code(), answer.text()), (401, "InvalidCredential"));
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_no_name() {
    let local = Local::start().await;
    std::fs::write(local.folder.path().join("secret"), "s").unwrap();
    let long = "k".repeat(1025);
    for key in
        ["", "../secret", "a/../../secret", "/etc/passwd", "a//b", "a/", "./a", "%00", "a%0Ab", "..", &long]
    {
        for what in ["put", "get", "head", "delete", "sign", "copy&to=x"] {
            let error = local.error(ANN, &format!("bucket=files&key={key}&do={what}"), "x").await;
            assert!(error.starts_with("InvalidKey("), "{what} {key:?}: {error}");
        }
    }
    for bucket in ["", "..", "a/b", ".uploads", "a.b"] {
        let error = local.error(ANN, &format!("do=put&bucket={bucket}&key=k"), "x").await;
        assert!(error.starts_with("InvalidBucket("), "{bucket:?}: {error}");
    }
    assert_eq!(local.error(ANN, "do=put&bucket=none&key=k", "x").await, "NoSuchBucket(\"none\")");
    assert_eq!(local.error(ANN, "do=put&bucket=files&key=k&type=a%0Db", "x").await, "InvalidContentType");
    assert_eq!((local.rows().await, local.files().len()), (0, 0));
}

#[tokio::test]
async fn a_link_in_the_store_leads_nowhere() {
    let local = Local::start().await;
    std::fs::write(local.folder.path().join("secret"), "s").unwrap();
    local.done(ANN, "do=put&bucket=files&key=k", "x").await;
    std::fs::remove_file(local.file("files/k")).unwrap();
    std::os::unix::fs::symlink("../../secret", local.file("files/k")).unwrap();
    let error = local.error(ANN, "do=get&bucket=files&key=k", "").await;
    assert!(!error.contains("secret") && !error.starts_with('s'), "{error}");
    local.done(ANN, "do=put&bucket=files&key=k", "mine").await;
    assert_eq!(std::fs::read(local.folder.path().join("secret")).unwrap(), b"s");
}

#[tokio::test]
async fn what_is_too_large_leaves_nothing() {
    let local = Local::start().await;
    local.database.execute("UPDATE storage.config SET max_file_size_mb = 1").await;
    // Announced, and found out on the way.
    let announced = local.error(ANN, "do=put&bucket=files&key=k", vec![0; 1024 * 1024 + 1]).await;
    let streamed = local.error(ANN, "do=fill&bucket=files&key=k&size=2000000", "").await;
    assert_eq!((announced.as_str(), streamed.as_str()), ("TooLarge(1048576)", "TooLarge(1048576)"));
    assert_eq!(local.done(ANN, "do=fill&bucket=files&key=full&size=1048576", "").await, "1048576");
    assert_eq!((local.rows().await, local.files()), (1, vec![local.file("files/full")]));
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_what_was_there() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=files&key=k", "before").await;
    let error = local.error(ANN, "do=fill&bucket=files&key=k&size=4000000&break", "").await;
    assert!(error.starts_with("Body("), "{error}");
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=k", "").await, "before");
    eventually("the upload's end", || (local.files().len() == 1).then_some(())).await;
}

#[tokio::test]
async fn an_upload_whose_client_leaves_leaves_nothing() {
    let local = Local::start().await;
    let mut connection = local.node.functions.http1().await;
    let head = request("POST", "/probe?do=put&bucket=files&key=k")
        .header("authorization", format!("Bearer {}", of("ann")));
    let (upload, answer) = connection.upload(head);
    let answer = tokio::spawn(answer);
    for _ in 0..16 {
        assert!(upload.write(vec![0; 64 * 1024]).await);
    }
    eventually("bytes in the store", || (!local.files().is_empty()).then_some(())).await;
    drop((upload, connection));
    answer.abort();
    eventually("no bytes in the store", || local.files().is_empty().then_some(())).await;
    assert_eq!(local.rows().await, 0);
}

#[tokio::test]
async fn a_row_that_cannot_be_written_leaves_no_bytes() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=files&key=old", "old").await;
    // The check at the start passes, the one at the end does not.
    local
        .database
        .execute(
            "ALTER TABLE storage.objects ADD CONSTRAINT short CHECK (etag IS NULL OR size < 5) NOT VALID",
        )
        .await;
    for key in ["new", "old"] {
        let error = local.error(ANN, &format!("do=put&bucket=files&key={key}"), "too long").await;
        assert!(error.starts_with("Backend("), "{error}");
    }
    local.database.execute(
        "ALTER TABLE storage.objects DROP CONSTRAINT short;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
         CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON storage.objects DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await;
    for key in ["new", "old"] {
        let error = local.error(ANN, &format!("do=put&bucket=files&key={key}"), "again").await;
        assert!(error.starts_with("Backend("), "{error}");
    }
    assert_eq!((local.rows().await, local.files()), (1, vec![local.file("files/old")]));
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=old", "").await, "old");
}

#[tokio::test]
async fn a_delete_that_the_database_refuses_keeps_the_bytes() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=files&key=k", "x").await;
    local.database.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
         CREATE CONSTRAINT TRIGGER late AFTER DELETE ON storage.objects DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await;
    let error = local.error(ANN, "do=delete&bucket=files&key=k", "").await;
    assert!(error.starts_with("Backend("), "{error}");
    assert_eq!(local.done(ANN, "do=get&bucket=files&key=k", "").await, "x");
}

#[tokio::test]
async fn a_listing_has_pages_in_the_order_of_the_keys() {
    let local = Local::start().await;
    for key in ["b", "a/2", "a/1", "a_1", "A"] {
        local.done(ANN, &format!("do=put&bucket=files&key={key}"), "").await;
    }
    let list = async |rest: &str| local.done(ANN, &format!("do=list&bucket=files&{rest}"), "").await;
    assert_eq!(list("limit=100").await, "A a/1 a/2 a_1 b | ");
    assert_eq!(list("limit=2").await, "A a/1 | a/1");
    assert_eq!(list("limit=2&after=a/1").await, "a/2 a_1 | a_1");
    assert_eq!(list("limit=2&after=a_1").await, "b | ");
    // A prefix is no pattern.
    assert_eq!(list("prefix=a_&limit=5").await, "a_1 | ");
    assert_eq!(list("prefix=a/&limit=5").await, "a/1 a/2 | ");
    assert_eq!(list("prefix=%25&limit=5").await, " | ");
}

#[tokio::test]
async fn a_signed_url_reads_one_object_for_a_while() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=files&key=a%20b/%C3%BC.html&type=text/html", "<p>").await;
    let sign = "do=sign&bucket=files&key=a%20b/%C3%BC.html&seconds=60";
    let url = local.done(ANN, sign, "").await;
    let (base, path) = url.split_at(url.find("/api/").unwrap());
    assert_eq!(base, local.node.platform().url("").trim_end_matches('/'));
    let answer = local.node.platform().get(path).await;
    assert_eq!((answer.code(), answer.text()), (200, "<p>"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    let forged = [
        path.replace("a%20b", "a"),
        path.replace("expires=", "expires=9"),
        path.replace("signature=", "signature=00"),
        path.split('?').next().unwrap().to_owned(),
    ];
    for path in forged {
        assert_eq!(local.node.platform().get(&path).await.api_error().0, 403, "{path}");
    }
    local.done(ANN, "do=delete&bucket=files&key=a%20b/%C3%BC.html", "").await;
    assert_eq!(local.node.platform().get(path).await.api_error().0, 404);
}

#[tokio::test]
async fn a_signed_url_ends() {
    let local = Local::start().await;
    local.done(ANN, "do=put&bucket=files&key=k", "x").await;
    let url = local.done(ANN, "do=sign&bucket=files&key=k&seconds=1", "").await;
    let path = url.split_at(url.find("/api/").unwrap()).1;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(local.node.platform().get(path).await.code(), 403);
}

#[tokio::test]
async fn a_hundred_megabytes_pass_in_flat_memory_both_ways() {
    const SIZE: usize = 100_000_000;
    let local = Local::start().await;
    local.database.execute("UPDATE storage.config SET max_file_size_mb = 200").await;
    // Whatever grows once has grown then.
    local.done(ANN, "do=fill&bucket=files&key=small&size=4000000", "").await;
    local.done(ANN, "do=count&bucket=files&key=small", "").await;
    let vitals = local.node.process.vitals();
    let idle = vitals.resident();
    vitals.forget_peak();
    assert_eq!(
        local.done(ANN, &format!("do=fill&bucket=files&key=k&size={SIZE}"), "").await,
        SIZE.to_string()
    );
    assert_eq!(local.done(ANN, "do=count&bucket=files&key=k", "").await, SIZE.to_string());
    let grown = vitals.peak_resident().saturating_sub(idle);
    assert!(grown < 8 * 1024 * 1024, "{grown} bytes over idle");
}

#[tokio::test]
async fn more_objects_than_may_be_written_at_once_are_refused() {
    let local = Local::start().await;
    let done = local.done(ANN, "do=many&bucket=files&size=1000000", "").await;
    assert_eq!(done, "4");
    assert_eq!((local.rows().await, local.files().len()), (4, 4));
}

#[tokio::test]
async fn where_there_is_no_storage_a_call_says_so() {
    let stored = Stored::with(&[]).await;
    let error = stored.error(ANN, "do=list&bucket=files", "").await;
    assert_eq!(error, r#"Unavailable("neither S3_BUCKET nor STORAGE_DIR is set")"#);
    let alone = Run::guest("storage-probe").start().await;
    let answer = alone.get("/?do=list&bucket=files").await;
    assert_eq!((answer.code(), answer.text()), (503, r#"Unavailable("this process has no database")"#));
}

async fn the_example_keeps_files_of_its_callers(guest: Guest) {
    let local = Local::start().await;
    local.node.deploy_guest("storage", guest).await;
    let call = async |method: &str, query: &str, headers: &[(&str, &str)], body: &'static str| {
        let bearer = format!("Bearer {}", of("ann"));
        let request = request(method, &format!("/storage{query}")).header("authorization", bearer);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        local.node.functions.send(request.body(body).unwrap()).await
    };
    let kept = call("PUT", "?key=a.txt", &[("content-type", "text/plain")], "hello, you").await;
    assert_eq!(kept.text(), "10 bytes\n");
    assert_eq!(call("GET", "", &[], "").await.text(), "10 a.txt\n");
    let whole = call("GET", "?key=a.txt", &[], "").await;
    assert_eq!((whole.text(), whole.header("content-type")), ("hello, you", Some("text/plain")));
    let part = call("GET", "?key=a.txt", &[("range", "bytes=-3")], "").await;
    assert_eq!((part.code(), part.text(), part.header("content-range")), (206, "you", Some("bytes 7-9/10")));
    let url = call("POST", "?key=a.txt", &[], "").await;
    let path = url.text().split_at(url.text().find("/api/").unwrap()).1;
    assert_eq!(local.node.platform().get(path).await.text(), "hello, you");
    assert_eq!(call("DELETE", "?key=a.txt", &[], "").await.code(), 200);
    assert_eq!(call("GET", "?key=a.txt", &[], "").await.code(), 404);
    assert_eq!(local.node.functions.get("/storage?key=a.txt").await.code(), 404);
}
