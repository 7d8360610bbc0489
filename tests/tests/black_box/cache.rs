//! Machine code: found again rather than made again, and never run unless this installation made it.

use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use wasmforge_tests::{Database, Node, Serve, answering, component, greeting, in_time, unseen};

/// A node with a folder of its own for machine code.
async fn node(database: &Database, cache: &Path) -> Node {
    Serve::over(database).code_cache(cache).start().await
}

/// How often code was made ready: by the compiler, from the disk, from the database.
async fn loads(node: &Node) -> (u64, u64, u64) {
    (node.code_loads("compiler").await, node.code_loads("disk").await, node.code_loads("database").await)
}

fn code_files(cache: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The file that belongs to a deployed function.
fn code_file(cache: &Path, function: &serde_json::Value) -> PathBuf {
    let hash = function["moduleSha256"].as_str().unwrap();
    let of_module = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(hash);
    code_files(cache).into_iter().find(of_module).unwrap()
}

async fn shared_artifacts(database: &Database, n: i64) {
    let count = "(SELECT count(*) FROM functions.artifacts)";
    in_time("artifacts in the database", async { while database.number(count).await != n {} }).await;
}

#[tokio::test]
async fn a_restart_finds_its_code_on_the_disk() {
    let (database, cache) = (Database::create().await, tempfile::tempdir().unwrap());
    let first = node(&database, cache.path()).await;
    first.deploy("a", answering(201)).await;
    first.deploy("b", answering(202)).await;
    assert_eq!((first.status_of("a").await, first.status_of("b").await), (201, 202));
    assert_eq!(loads(&first).await, (2, 0, 0));
    assert_eq!(code_files(cache.path()).len(), 2);
    drop(first);
    let second = node(&database, cache.path()).await;
    assert_eq!((second.status_of("a").await, second.status_of("b").await), (201, 202));
    assert_eq!((second.status_of("a").await, second.status_of("b").await), (201, 202));
    assert_eq!(loads(&second).await, (0, 2, 0));
}

#[tokio::test]
async fn a_second_node_uses_what_the_first_one_compiled() {
    let database = Database::create().await;
    let caches = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = node(&database, caches[0].path()).await;
    let second = node(&database, caches[1].path()).await;
    first.deploy("f", answering(201)).await;
    shared_artifacts(&database, 1).await;
    second.answers_soon("f", 201).await;
    assert_eq!(loads(&first).await, (1, 0, 0));
    assert_eq!(loads(&second).await, (0, 0, 1));
    assert_eq!(code_files(caches[1].path()).len(), 1, "it keeps a copy of its own");

    // The same component under another name, deployed through the other node, is known too.
    second.deploy("g", answering(201)).await;
    first.answers_soon("g", 201).await;
    assert_eq!((loads(&first).await, loads(&second).await), ((1, 0, 0), (0, 0, 1)));
}

#[tokio::test]
async fn damaged_and_foreign_code_on_the_disk_is_compiled_anew_and_never_run() {
    let (database, cache) = (Database::create().await, tempfile::tempdir().unwrap());
    let first = node(&database, cache.path()).await;
    let mut files = Vec::new();
    for status in 201..=206 {
        let function = first.deploy(&format!("f{status}"), answering(status)).await;
        files.push(code_file(cache.path(), &function));
    }
    shared_artifacts(&database, 6).await;
    drop(first);
    database.execute("DELETE FROM functions.artifacts").await;

    let whole = fs::read(&files[0]).unwrap();
    fs::write(&files[0], &whole[..whole.len() / 2]).unwrap();
    fs::write(&files[1], b"").unwrap();
    let mut flipped = fs::read(&files[2]).unwrap();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    fs::write(&files[2], flipped).unwrap();
    fs::write(&files[3], b"\x7fELF forged by somebody who may write here").unwrap();
    // Genuine code, but another function's.
    fs::copy(&files[5], &files[4]).unwrap();

    let second = node(&database, cache.path()).await;
    for status in 201..=206 {
        assert_eq!(second.status_of(&format!("f{status}")).await, status);
    }
    assert_eq!(loads(&second).await, (5, 1, 0));
    let written = second.written();
    let refusals = written.lines().filter(|line| line.contains("machine code on disk was not used"));
    assert_eq!(refusals.count(), 5, "{written}");
    drop(second);
    let third = node(&database, cache.path()).await;
    for status in 201..=206 {
        assert_eq!(third.status_of(&format!("f{status}")).await, status);
    }
    assert_eq!(loads(&third).await, (0, 6, 0), "what was broken was replaced");
}

#[tokio::test]
async fn code_of_another_installation_or_another_engine_is_compiled_anew() {
    let cache = tempfile::tempdir().unwrap();
    let databases = [Database::create().await, Database::create().await];
    let foreign =
        Serve::over(&databases[0]).code_cache(cache.path()).var("ENCRYPTION_KEY", "another").start().await;
    let function = foreign.deploy("f", answering(201)).await;
    let unmetered = code_file(cache.path(), &function);
    drop(foreign);
    let own = node(&databases[1], cache.path()).await;
    own.deploy("f", answering(201)).await;
    assert_eq!(own.status_of("f").await, 201);
    assert_eq!(loads(&own).await, (1, 0, 0), "a seal of another key counted");
    drop(own);

    // Code with instruction counting is another engine's; put in the place of code without, it is refused.
    let metered =
        Serve::over(&databases[1]).code_cache(cache.path()).var("WASMFORGE_FUEL", 1_000_000).start().await;
    assert_eq!(metered.status_of("f").await, 201);
    drop(metered);
    let other = code_files(cache.path()).into_iter().find(|path| *path != unmetered).unwrap();
    fs::copy(&other, &unmetered).unwrap();
    databases[1].execute("DELETE FROM functions.artifacts").await;
    let own = node(&databases[1], cache.path()).await;
    assert_eq!(own.status_of("f").await, 201);
    assert_eq!(loads(&own).await, (1, 0, 0));
    own.process.stderr.containing("machine code on disk was not used").await;
}

#[tokio::test]
async fn code_that_was_changed_in_the_database_is_compiled_anew() {
    let database = Database::create().await;
    let first = node(&database, tempfile::tempdir().unwrap().path()).await;
    for status in 201..=203 {
        first.deploy(&format!("f{status}"), answering(status)).await;
    }
    shared_artifacts(&database, 3).await;
    let hash = |status| format!("(SELECT module_sha256 FROM functions.definitions WHERE slug = 'f{status}')");
    let changes = [
        format!(
            "sealed = set_byte(sealed, 1000, 255 - get_byte(sealed, 1000)) WHERE module_sha256 = {}",
            hash(201)
        ),
        format!("sealed = substring(sealed from 1 for 500) WHERE module_sha256 = {}", hash(202)),
        format!(
            "sealed = (SELECT sealed FROM functions.artifacts WHERE module_sha256 = {}) WHERE module_sha256 = {}",
            hash(201),
            hash(203)
        ),
    ];
    for change in changes {
        database.execute(&format!("UPDATE functions.artifacts SET {change}")).await;
    }
    let cache = tempfile::tempdir().unwrap();
    let second = node(&database, cache.path()).await;
    for status in 201..=203 {
        assert_eq!(second.status_of(&format!("f{status}")).await, status);
    }
    assert_eq!(loads(&second).await, (3, 0, 0));
    let refused = second.written().matches("machine code in the database was not used").count();
    assert_eq!(refused, 3, "{}", second.written());
}

#[tokio::test]
async fn without_a_folder_to_write_to_everything_works_and_is_said() {
    let (database, folder) = (Database::create().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("a-file");
    fs::write(&file, b"here already").unwrap();
    for cache in [file.clone(), file.join("below")] {
        let node = node(&database, &cache).await;
        node.deploy("f", unseen(&answering(201))).await;
        assert_eq!(node.status_of("f").await, 201);
        node.process.stderr.containing("machine code could not be kept on disk").await;
    }
    assert_eq!(fs::read(&file).unwrap(), b"here already");
}

/// A file system of its own that is unmounted with this.
struct Mount(TempDir);

impl Mount {
    /// `None` where this user may not mount.
    fn of(kib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "wasmforge-test"]).arg(folder.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn on_a_full_disk_everything_works_and_nothing_is_left_behind() {
    let Some(disk) = Mount::of(256) else {
        eprintln!("skipped: only root can mount a small file system");
        return;
    };
    let database = Database::create().await;
    let node = node(&database, disk.0.path()).await;
    node.deploy("hello", unseen(&greeting("Salut"))).await;
    assert_eq!(node.status_of("hello").await, 200);
    node.process.stderr.containing("machine code could not be kept on disk").await;
    assert!(code_files(disk.0.path()).is_empty(), "{:?}", code_files(disk.0.path()));
    node.deploy("small", answering(201)).await;
    assert_eq!(node.status_of("small").await, 201);
}

#[tokio::test]
async fn the_folder_is_kept_within_its_budget() {
    let (database, cache) = (Database::create().await, tempfile::tempdir().unwrap());
    let node = Serve::over(&database).code_cache(cache.path()).var("WASMFORGE_CACHE_MIB", 1).start().await;
    for word in ["Hallo", "Salut", "Aloha"] {
        node.deploy(word, greeting(word)).await;
    }
    let total: u64 = code_files(cache.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!((1..=1024 * 1024).contains(&total), "{total} bytes");
    for word in ["Hallo", "Salut", "Aloha"] {
        let answer = node.functions.get(&format!("/{word}")).await;
        assert!(answer.text().contains(word), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_ask_first_a_module_is_compiled_once() {
    let (database, cache) = (Database::create().await, tempfile::tempdir().unwrap());
    let node = node(&database, cache.path()).await;
    database.write_module("f", &unseen(&fs::read(component("hello")).unwrap())).await;
    node.health_when("the function being known", |_, report| report["functions"] == 1).await;
    let answers = join_all((0..20).map(|_| node.functions.get("/f"))).await;
    let bodies: HashSet<_> = answers.iter().map(|answer| (answer.code(), answer.text())).collect();
    assert_eq!(bodies, HashSet::from([(200, r#"{"message":"Hello, world!"}"#)]));
    assert_eq!(loads(&node).await, (1, 0, 0));
    assert_eq!(node.metric("wasmforge_compile_seconds_count").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_deploy_a_module_at_once_it_is_compiled_once() {
    let (database, cache) = (Database::create().await, tempfile::tempdir().unwrap());
    let node = node(&database, cache.path()).await;
    let module = unseen(&fs::read(component("hello")).unwrap());
    let slugs: Vec<_> = (0..8).map(|n| format!("f{n}")).collect();
    join_all(slugs.iter().map(|slug| node.deploy(slug, module.clone()))).await;
    assert_eq!(loads(&node).await, (1, 0, 0));
    for slug in &slugs {
        assert_eq!(node.status_of(slug).await, 200);
    }
}

#[tokio::test]
async fn one_module_under_two_names_runs_under_the_settings_of_each() {
    let (database, cache) = (Database::create().await, tempfile::tempdir().unwrap());
    let node = node(&database, cache.path()).await;
    let probe = fs::read(component("probe")).unwrap();
    for slug in ["strict", "plain", "metered"] {
        node.deploy(slug, probe.clone()).await;
    }
    assert_eq!(loads(&node).await, (1, 0, 0), "their code is the same");
    assert_eq!(node.update("strict", json!({"limits": {"wallMs": 200}})).await.code(), 200);
    assert_eq!(node.update("metered", json!({"limits": {"fuel": 1000}})).await.code(), 200);
    let sleep = async |slug: &str| node.functions.get(&format!("/{slug}?do=sleep&ms=600")).await.code();
    assert_eq!((sleep("strict").await, sleep("plain").await), (504, 200));
    let starved = node.functions.get("/metered?do=ok").await;
    assert_eq!(starved.failure(), (504, "FUEL_EXHAUSTED".into()));
    assert_eq!(node.status_of("plain").await, 200);
}
