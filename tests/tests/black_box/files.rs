//! Files: assets that a function reads, a scratch directory that it writes, and nothing else, whatever it tries.

use serde_json::json;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use tempfile::TempDir;
use wasmforge_tests::{Database, Guest, Node, Serve, component, eventually};

wasmforge_tests::twins!(example: "files", "files-js": the_example_sends_its_assets_and_sorts);

/// A node with a folder of assets and one of scratch directories.
struct Served {
    _database: Database,
    node: Node,
    folder: TempDir,
}

impl Served {
    /// The probe may hold so many MiB.
    async fn granting(mebibytes: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let assets = folder.path().join("assets");
        std::fs::create_dir_all(assets.join("probe/sub")).unwrap();
        std::fs::create_dir_all(assets.join("other")).unwrap();
        for (path, text) in [("probe/a.txt", "a"), ("probe/sub/b.txt", "b"), ("other/secret", "s")] {
            std::fs::write(assets.join(path), text).unwrap();
        }
        std::fs::write(folder.path().join("outside"), "s").unwrap();
        let database = Database::create().await;
        let node = Serve::over(&database)
            .var("WASMFORGE_ASSETS_DIR", assets.display())
            .var("WASMFORGE_SCRATCH_DIR", folder.path().join("scratch").display())
            .start()
            .await;
        node.deploy("probe", std::fs::read(component("files-probe")).unwrap()).await;
        let grant = json!({ "capabilities": { "files": { "scratchMib": mebibytes } } });
        assert_eq!(node.update("probe", grant).await.code(), 200);
        Self { _database: database, node, folder }
    }

    /// What comes of some steps in one invocation.
    async fn does<const N: usize>(&self, steps: [&str; N]) -> [String; N] {
        let answer = self.node.functions.post("/probe", steps.join("\n")).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
        let lines: Vec<_> = answer.text().lines().map(str::to_owned).collect();
        lines.try_into().unwrap()
    }

    fn asset(&self, path: &str) -> PathBuf {
        self.folder.path().join("assets/probe").join(path)
    }

    /// What is left in the folder of scratch directories, below each process's own.
    fn left(&self) -> usize {
        let Ok(processes) = std::fs::read_dir(self.folder.path().join("scratch")) else { return 0 };
        let folders = processes.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        folders.map(|folder| std::fs::read_dir(folder).unwrap().count()).sum()
    }
}

#[tokio::test]
async fn assets_are_read_and_nothing_of_them_is_changed() {
    let served = Served::granting(1).await;
    let done = served.does(["list /assets", "read /assets/a.txt", "read /assets/sub/b.txt"]).await;
    assert_eq!(done, ["a.txt sub", "\"a\"", "\"b\""]);
    let steps = [
        "write /assets/a.txt 1",
        "write /assets/new 1",
        "append /assets/a.txt 1",
        "length /assets/a.txt 0",
        "remove /assets/a.txt",
        "folder /assets/f",
        "rename /assets/a.txt /assets/b.txt",
        "rename /assets/a.txt /scratch/a.txt",
        "link /assets/a.txt /scratch/a.txt",
        "symlink a.txt /assets/link",
    ];
    for (step, came) in steps.iter().zip(served.does(steps).await) {
        assert_ne!(came, "ok", "{step}");
    }
    assert_eq!(std::fs::read(served.asset("a.txt")).unwrap(), b"a");
    assert_eq!(std::fs::read_dir(served.asset("")).unwrap().count(), 2);
}

#[tokio::test]
async fn no_path_and_no_link_leads_out() {
    let served = Served::granting(1).await;
    symlink("../../outside", served.asset("up")).unwrap();
    symlink(served.folder.path(), served.asset("absolute")).unwrap();
    symlink("../other", served.asset("next")).unwrap();
    let steps = [
        "read /assets/../../outside",
        "read /assets/../other/secret",
        "read /assets/sub/../../other/secret",
        "read /assets/up",
        "read /assets/next/secret",
        "read /assets/absolute/outside",
        "list /assets/..",
        "read /etc/passwd",
        "read ../outside",
        "read /scratch/../../outside",
        "write /scratch/../escaped 1",
        "write /assets/next/escaped 1",
        "write /tmp/escaped 1",
        "folder /scratch/../escaped",
        "symlink / /scratch/root",
        "symlink ../../outside /scratch/out",
        "read /scratch/out",
        "link /scratch/../../outside /scratch/out",
        "rename /scratch /scratch2",
        "rename /scratch/../../outside /scratch/in",
    ];
    for (step, came) in steps.iter().zip(served.does(steps).await) {
        assert!(came != "ok" && !came.starts_with('"') && !came.contains(' '), "{step}: {came}");
    }
    assert_eq!(std::fs::read(served.folder.path().join("outside")).unwrap(), b"s");
    // Where a folder turns into a link under an invocation, too.
    let race = served.asset("race");
    let flip = tokio::task::spawn_blocking({
        let (race, outside) = (race.clone(), served.folder.path().to_owned());
        move || {
            for _ in 0..500 {
                std::fs::create_dir(&race).unwrap();
                std::fs::remove_dir(&race).unwrap();
                symlink(&outside, &race).unwrap();
                std::fs::remove_file(&race).unwrap();
            }
        }
    });
    while !flip.is_finished() {
        for came in served.does(["read /assets/race/outside"; 50]).await {
            assert!(!came.contains("\"s\""), "{came}");
        }
    }
    flip.await.unwrap();
}

#[tokio::test]
async fn a_scratch_directory_is_empty_at_first_and_gone_after() {
    let served = Served::granting(1).await;
    for _ in 0..2 {
        let steps = [
            "list /scratch",
            "write /scratch/a 10",
            "folder /scratch/f",
            "rename /scratch/a /scratch/f/a",
            "size /scratch/f/a",
        ];
        assert_eq!(served.does(steps).await, ["", "ok", "ok", "ok", "10"]);
    }
    eventually("the directories' end", || (served.left() == 0).then_some(())).await;
}

#[tokio::test]
async fn two_invocations_do_not_see_each_other() {
    let served = Served::granting(1).await;
    let steps = ["write /scratch/mine 1", "list /scratch"];
    let all = futures_util::future::join_all((0..8).map(|_| served.does(steps))).await;
    assert!(all.iter().all(|done| done[1] == "mine"), "{all:?}");
}

#[tokio::test]
async fn more_bytes_than_granted_find_no_space() {
    let served = Served::granting(1).await;
    // What the standard library makes of a stream that fails, and of a length that is refused.
    let (failed, full) = ("Uncategorized", "StorageFull");
    let done = served
        .does([
            "write /scratch/a 600000",
            "write /scratch/b 448576",
            "append /scratch/b 1",
            "at /scratch/a 600000",
        ])
        .await;
    assert_eq!(done, ["ok", "ok", failed, failed]);
    // A hole counts, at whatever offset.
    let done = served
        .does([
            "length /scratch/a 1048577",
            "at /scratch/a 1048576",
            "at /scratch/a 9000000000",
            "at /scratch/a 1048575",
        ])
        .await;
    assert_eq!(done, [full, failed, failed, "ok"]);
    // What was removed or cut is there again, unless somebody has it open.
    let done = served
        .does([
            "write /scratch/a 1000000",
            "length /scratch/a 0",
            "write /scratch/b 1000000",
            "hold /scratch/b",
            "remove /scratch/b",
            "write /scratch/c 1000000",
            "release /scratch/b",
            "write /scratch/d 1000000",
        ])
        .await;
    assert_eq!(done[..5], ["ok", "ok", "ok", "ok", "ok"]);
    assert_eq!((done[5].as_str(), done[7].as_str()), (failed, "ok"));
    // Replacing a file by a rename gives its bytes back.
    let done = served
        .does([
            "write /scratch/a 500000",
            "write /scratch/b 500000",
            "rename /scratch/a /scratch/b",
            "write /scratch/c 500000",
        ])
        .await;
    assert_eq!(done, ["ok", "ok", "ok", "ok"]);
}

#[tokio::test]
async fn files_folders_and_descriptors_are_numbered() {
    let served = Served::granting(1).await;
    let done = served
        .does([
            "files /scratch/f 200",
            "folders /scratch/d 200",
            "remove /scratch/f0",
            "write /scratch/one 1",
        ])
        .await;
    assert_eq!(done, ["64 QuotaExceeded", "64 QuotaExceeded", "ok", "ok"]);
    let [held] = served.does(["holds /assets/a.txt 5000"]).await;
    let number: usize = held.strip_suffix(" QuotaExceeded").unwrap().parse().unwrap();
    assert!((32..=64).contains(&number), "{held}");
}

#[tokio::test]
async fn without_a_grant_there_is_no_scratch_and_without_a_folder_there_are_no_assets() {
    let served = Served::granting(0).await;
    let done = served.does(["write /scratch/a 1", "read /assets/a.txt"]).await;
    assert_ne!(done[0], "ok");
    assert_eq!(done[1], "\"a\"");
    let grant = json!({ "capabilities": { "files": { "assets": false } } });
    assert_eq!(served.node.update("probe", grant).await.code(), 200);
    let [read] = served.does(["read /assets/a.txt"]).await;
    assert_ne!(read, "\"a\"");
    served.node.deploy("bare", std::fs::read(component("files-probe")).unwrap()).await;
    let bare = served.node.functions.post("/bare", "list /assets").await;
    assert!(!bare.text().contains("a.txt"), "{bare:?}");
    assert_eq!(served.left(), 0);
}

#[tokio::test]
async fn more_than_the_operator_allows_is_refused_at_upload() {
    let served = Served::granting(1).await;
    let grant = json!({ "capabilities": { "files": { "scratchMib": 257 } } });
    let (status, _, message) = served.node.update("probe", grant).await.api_error();
    assert!(status == 400 && message.contains("256 at most"), "{message}");
}

#[tokio::test]
async fn what_a_killed_process_left_is_removed_by_the_next() {
    let served = Served::granting(1).await;
    served.does(["write /scratch/a 1"]).await;
    let scratch = served.folder.path().join("scratch");
    let before: Vec<_> = std::fs::read_dir(&scratch).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!before.is_empty());
    let Served { _database: database, node, folder: _folder } = served;
    // As by a crash: nothing of it is asked to stop.
    drop(node);
    let next = Serve::over(&database).var("WASMFORGE_SCRATCH_DIR", scratch.display()).start().await;
    eventually("what was left to be gone", || before.iter().all(|path| !path.exists()).then_some(())).await;
    drop(next);
}

async fn the_example_sends_its_assets_and_sorts(guest: Guest) {
    let folder = tempfile::tempdir().unwrap();
    let assets = folder.path().join("assets");
    std::fs::create_dir(&assets).unwrap();
    std::fs::write(assets.join("hello.txt"), "hello").unwrap();
    std::fs::write(folder.path().join("outside.txt"), "s").unwrap();
    let alone = guest.run().arg("--files").arg(assets.to_str().unwrap()).start().await;
    assert_eq!(alone.get("/?file=hello.txt").await.text(), "hello");
    for file in ["none", "../outside.txt", "/etc/passwd", "%2e%2e/outside.txt"] {
        assert_eq!(alone.get(&format!("/?file={file}")).await.code(), 404, "{file}");
    }
    assert_eq!(alone.post("/", "b\na").await.code(), 500);
    let served = Served::granting(1).await;
    served.node.deploy_guest("files", guest).await;
    let grant = json!({ "capabilities": { "files": { "scratchMib": 1 } } });
    assert_eq!(served.node.update("files", grant).await.code(), 200);
    assert_eq!(served.node.functions.post("/files", "b\nc\na").await.text(), "a\nb\nc");
    let many = served.node.functions.post("/files", vec![b'\n'; 1024 * 1024 + 1]).await;
    assert_eq!(many.code(), 413);
}
