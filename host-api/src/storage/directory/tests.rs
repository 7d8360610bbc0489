use super::*;
use futures_util::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn store() -> (TempDir, Directory) {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(&folder.path().join("store")).unwrap();
    (folder, directory)
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

async fn content(directory: &Directory, at: &str) -> Result<Bytes> {
    directory.get(&path(at)).await?.bytes().await
}

fn unfinished(folder: &TempDir) -> usize {
    std::fs::read_dir(folder.path().join("store/.uploads")).unwrap().count()
}

#[tokio::test]
async fn what_is_put_is_there_under_bucket_and_key() {
    let (folder, directory) = store();
    directory.put(&path("b/x/ä ö?.txt"), "one".into()).await.unwrap();
    directory.put(&path("b/x/ä ö?.txt"), "two".into()).await.unwrap();
    assert_eq!(content(&directory, "b/x/ä ö?.txt").await.unwrap(), "two");
    assert_eq!(std::fs::read(folder.path().join("store/b/x/ä ö?.txt")).unwrap(), b"two");
    assert_eq!(unfinished(&folder), 0);
}

#[tokio::test]
async fn ranges_are_read_without_the_rest() {
    let (_folder, directory) = store();
    directory.put(&path("b/k"), "0123456789".into()).await.unwrap();
    assert_eq!(directory.get_range(&path("b/k"), 2..5).await.unwrap(), "234");
    assert_eq!(directory.head(&path("b/k")).await.unwrap().size, 10);
}

#[tokio::test]
async fn an_upload_is_seen_when_it_is_complete_and_leaves_nothing_when_it_is_not() {
    let (folder, directory) = store();
    let mut upload = directory.put_multipart(&path("b/k")).await.unwrap();
    let second = upload.put_part("one".into());
    upload.put_part("two".into()).await.unwrap();
    second.await.unwrap();
    assert!(matches!(content(&directory, "b/k").await, Err(Error::NotFound { .. })));
    upload.complete().await.unwrap();
    assert_eq!(content(&directory, "b/k").await.unwrap(), "onetwo");
    let mut upload = directory.put_multipart(&path("b/k")).await.unwrap();
    upload.put_part("three".into()).await.unwrap();
    assert_eq!(unfinished(&folder), 1);
    drop(upload);
    assert_eq!((unfinished(&folder), content(&directory, "b/k").await.unwrap()), (0, "onetwo".into()));
}

#[tokio::test]
async fn a_deleted_object_gives_its_folders_names_free() {
    let (_folder, directory) = store();
    directory.put(&path("b/a/b/c"), "x".into()).await.unwrap();
    assert!(directory.put(&path("b/a"), "x".into()).await.is_err());
    assert!(matches!(content(&directory, "b/a/b/c/d").await, Err(Error::NotFound { .. })));
    assert!(matches!(content(&directory, "b/a").await, Err(Error::NotFound { .. })));
    directory.delete(&path("b/a/b/c")).await.unwrap();
    directory.put(&path("b/a"), "y".into()).await.unwrap();
    assert_eq!(content(&directory, "b/a").await.unwrap(), "y");
    assert!(matches!(directory.delete(&path("b/none")).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_copy_is_an_object_of_its_own() {
    let (folder, directory) = store();
    directory.put(&path("b/a"), "x".into()).await.unwrap();
    directory.copy(&path("b/a"), &path("b/c/d")).await.unwrap();
    directory.put(&path("b/a"), "y".into()).await.unwrap();
    assert_eq!(content(&directory, "b/c/d").await.unwrap(), "x");
    let taken = directory.copy_if_not_exists(&path("b/a"), &path("b/c/d")).await;
    assert!(matches!(taken, Err(Error::AlreadyExists { .. })));
    assert_eq!(unfinished(&folder), 0);
}

#[tokio::test]
async fn links_lead_neither_out_nor_from_bucket_to_bucket() {
    let (folder, directory) = store();
    directory.put(&path("other/secret"), "s".into()).await.unwrap();
    directory.put(&path("b/k"), "x".into()).await.unwrap();
    std::fs::write(folder.path().join("outside"), "s").unwrap();
    let bucket = folder.path().join("store/b");
    for (name, target) in [("up", "../../outside"), ("next", "../other/secret"), ("dir", "../other")] {
        symlink(target, bucket.join(name)).unwrap();
    }
    symlink(folder.path(), bucket.join("absolute")).unwrap();
    symlink(folder.path(), folder.path().join("store/linked")).unwrap();
    for key in ["b/up", "b/next", "b/dir/secret", "b/absolute/outside", "linked/outside"] {
        assert!(content(&directory, key).await.is_err(), "{key}");
    }
    for key in ["b/dir/new", "b/absolute/new", "linked/new"] {
        assert!(directory.put(&path(key), "x".into()).await.is_err(), "{key}");
    }
    // A link is replaced, never followed.
    directory.put(&path("b/up"), "mine".into()).await.unwrap();
    assert_eq!(std::fs::read(folder.path().join("outside")).unwrap(), b"s");
    assert!(!folder.path().join("new").exists() && !folder.path().join("store/other/new").exists());
}

#[tokio::test]
async fn a_listing_is_in_order_and_shows_no_unfinished_object() {
    let (_folder, directory) = store();
    let _upload = directory.put_multipart(&path("b/unfinished")).await.unwrap();
    for key in ["b/c", "b/a/x", "other/k"] {
        directory.put(&path(key), "x".into()).await.unwrap();
    }
    let listed = |prefix: Option<Path>| {
        let found = directory.list(prefix.as_ref());
        async { found.map_ok(|meta| meta.location.to_string()).try_collect::<Vec<_>>().await.unwrap() }
    };
    assert_eq!(listed(None).await, ["b/a/x", "b/c", "other/k"]);
    assert_eq!(listed(Some(path("b"))).await, ["b/a/x", "b/c"]);
}
