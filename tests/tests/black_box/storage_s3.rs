//! Storage in S3, against a server that speaks its protocol.

use crate::stored::Stored;
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmforge_tests::{Endpoint, S3, eventually};

const ANN: Option<&str> = Some("ann");

async fn start() -> (S3, Stored) {
    let s3 = S3::start().await;
    let stored = Stored::with(&s3.variables()).await;
    (s3, stored)
}

#[tokio::test]
async fn an_object_goes_where_insforge_would_put_it_and_comes_back() {
    let (s3, stored) = start().await;
    stored.done(ANN, "do=put&bucket=files&key=a%20b/%C3%BC.txt&type=text/plain", "hello, you").await;
    assert_eq!(std::fs::read(s3.file("app/files/a b/ü.txt")).unwrap(), b"hello, you");
    assert_eq!(stored.done(ANN, "do=get&bucket=files&key=a%20b/%C3%BC.txt", "").await, "hello, you");
    assert_eq!(stored.done(ANN, "do=get&bucket=files&key=a%20b/%C3%BC.txt&first=7&last=9", "").await, "you");
    stored.done(ANN, "do=copy&bucket=files&key=a%20b/%C3%BC.txt&to=c", "").await;
    stored.done(ANN, "do=delete&bucket=files&key=a%20b/%C3%BC.txt", "").await;
    assert_eq!(stored.done(ANN, "do=get&bucket=files&key=c", "").await, "hello, you");
    assert!(!s3.file("app/files/a b/ü.txt").exists());
    assert!(stored.done(ANN, "do=put&bucket=files&key=empty", "").await.contains("size: 0"));
    assert_eq!(stored.done(ANN, "do=get&bucket=files&key=empty", "").await, "");
}

#[tokio::test]
async fn an_object_of_several_parts_is_one_object() {
    let (s3, stored) = start().await;
    assert_eq!(stored.done(ANN, "do=fill&bucket=files&key=k&size=12000000", "").await, "12000000");
    assert_eq!(std::fs::metadata(s3.file("app/files/k")).unwrap().len(), 12_000_000);
    assert_eq!(stored.done(ANN, "do=count&bucket=files&key=k", "").await, "12000000");
    assert_eq!(s3.unfinished(), 0);
}

#[tokio::test]
async fn an_upload_whose_last_part_fails_is_aborted() {
    let (s3, stored) = start().await;
    s3.fail(|method, target| method == Method::PUT && target.contains("partNumber=3"));
    let error = stored.error(ANN, "do=fill&bucket=files&key=k&size=12000000", "").await;
    assert!(error.starts_with("Backend("), "{error}");
    eventually("no parts in the store", || (s3.unfinished() == 0).then_some(())).await;
    assert_eq!((stored.rows().await, s3.file("app/files/k").exists()), (0, false));
    s3.recover();
    stored.done(ANN, "do=fill&bucket=files&key=k&size=12000000", "").await;
}

#[tokio::test]
async fn a_store_that_fails_once_is_asked_again() {
    let (s3, stored) = start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    s3.fail(move |_, _| counted.fetch_add(1, Ordering::SeqCst) == 0);
    stored.done(ANN, "do=put&bucket=files&key=k", "x").await;
    assert!(asked.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn a_store_that_does_not_delete_keeps_the_row() {
    let (s3, stored) = start().await;
    stored.done(ANN, "do=put&bucket=files&key=k", "x").await;
    s3.fail(|method, target| *method == Method::DELETE || target.contains("delete"));
    let error = stored.error(ANN, "do=delete&bucket=files&key=k", "").await;
    assert!(error.starts_with("Backend("), "{error}");
    s3.recover();
    assert_eq!(stored.done(ANN, "do=get&bucket=files&key=k", "").await, "x");
    stored.done(ANN, "do=delete&bucket=files&key=k", "").await;
}

#[tokio::test]
async fn a_signed_url_is_the_stores_own() {
    let (_s3, stored) = start().await;
    stored.done(ANN, "do=put&bucket=files&key=k", "signed").await;
    let url = stored.done(ANN, "do=sign&bucket=files&key=k&seconds=60", "").await;
    let (base, path) = url.split_at(url.find("/all/").unwrap());
    let store = Endpoint::of_url(&format!("{base}/"));
    assert_eq!(store.get(path).await.text(), "signed");
    assert_eq!(store.get(&path.replace("/k?", "/l?")).await.code(), 403);
}
