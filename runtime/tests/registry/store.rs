use crate::support::{Database, author, eventually, find, see, start};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;
use wasmforge::registry::{
    ArtifactKey, CallRow, Changes, Code, Expected, FunctionKind, FunctionStatus, InvocationRow, ModuleHash,
    NewFunction, PostgresRegistry, Settings, StoreError,
};

async fn deploy(registry: &PostgresRegistry, slug: &str, module: &'static [u8]) {
    let new = NewFunction {
        slug: slug.into(),
        name: slug.into(),
        description: None,
        status: FunctionStatus::Active,
        code: Code::Component(Bytes::from_static(module)),
        settings: Settings::default(),
    };
    registry.create(new, &author()).await.unwrap();
}

#[tokio::test]
async fn bytes_come_back_as_they_were_and_only_for_the_version_that_is_asked() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    deploy(&registry, "c", b"\0asm one").await;
    let one = find(&registry, "c").unwrap();
    assert_eq!((one.kind, one.module), (FunctionKind::Component, ModuleHash::of(b"\0asm one")));
    let code = Some(Code::Source("text ž".into()));
    registry
        .update("c", Changes { code, ..Changes::default() }, &Expected::Anything, &author())
        .await
        .unwrap();
    let two = find(&registry, "c").unwrap();
    assert_eq!(two.kind, FunctionKind::Source);

    let store = registry.store();
    assert_eq!(store.module(&one).await.unwrap(), &b"\0asm one"[..]);
    assert_eq!(store.module(&two).await.unwrap(), "text ž".as_bytes());

    database.execute("UPDATE functions.modules SET bytes = 'tampered'").await;
    assert!(matches!(store.module(&two).await, Err(StoreError::Missing(hash)) if hash == two.module));
    registry.shutdown().await;
}

#[tokio::test]
async fn the_last_version_that_compiled_is_found_behind_one_that_does_not() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    let store = registry.store();
    deploy(&registry, "c", b"good").await;
    let good = find(&registry, "c").unwrap();
    assert_eq!(store.last_good(&good).await.unwrap().map(|f| f.version), None);
    for bad in ["bad", "worse"] {
        database
            .execute(&format!("UPDATE functions.definitions SET module = '{bad}' WHERE slug = 'c'"))
            .await;
    }
    see(&registry, "c", Some(3)).await;
    let bad = find(&registry, "c").unwrap();
    store.record_build(&bad, Some("it does not compile")).await.unwrap();
    let found = store.last_good(&bad).await.unwrap().unwrap();
    assert_eq!((found.version, found.module), (1, good.module));
    assert_eq!(store.module(&found).await.unwrap(), &b"good"[..]);

    let versions = registry.versions("c", None, 50).await.unwrap().entries;
    let builds: Vec<_> = versions.iter().map(|v| (v.version, v.build.as_deref())).collect();
    assert_eq!(builds, [(3, Some("bad")), (2, None), (1, Some("good"))]);
    assert_eq!(versions[0].build_error.as_deref(), Some("it does not compile"));

    // New settings on a module that compiled make a version that is as good.
    database.execute("UPDATE functions.definitions SET module = 'good' WHERE slug = 'c'").await;
    database.execute("UPDATE functions.definitions SET auth = 'service' WHERE slug = 'c'").await;
    let newest = registry.versions("c", None, 50).await.unwrap().entries.remove(0);
    assert_eq!((newest.version, newest.build.as_deref()), (5, Some("good")));
    registry.shutdown().await;
}

#[tokio::test]
async fn artifacts_are_kept_per_module_and_engine() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    let store = registry.store();
    let key = ArtifactKey { module: ModuleHash::of(b"m"), engine: [1; 32] };
    let other = ArtifactKey { engine: [2; 32], ..key };
    assert_eq!(store.artifact(&key).await.unwrap(), None);
    store.put_artifact(&key, Bytes::from_static(b"first")).await.unwrap();
    store.put_artifact(&key, Bytes::from_static(b"second")).await.unwrap();
    assert_eq!(store.artifact(&key).await.unwrap().unwrap(), &b"second"[..]);
    assert_eq!(store.artifact(&other).await.unwrap(), None);
    registry.shutdown().await;
}

fn row(error: Option<&str>) -> InvocationRow {
    InvocationRow {
        id: Uuid::now_v7(),
        slug: Arc::from("f"),
        version: 7,
        started_at: OffsetDateTime::now_utc(),
        source: "http".into(),
        method: "POST".into(),
        status: 500,
        outcome: "trap".into(),
        duration_us: u64::MAX,
        cpu_us: 2,
        peak_memory: 3,
        fuel: Some(10),
        request_bytes: 4,
        response_bytes: 5,
        outbound_requests: 7,
        host_calls: 6,
        ai_prompt_tokens: 8,
        ai_completion_tokens: 9,
        call_counts: [("sql".into(), 1)].into(),
        calls: vec![CallRow {
            kind: "sql".into(),
            name: "SELECT \0".to_owned(),
            start_us: 1,
            duration_us: 2,
            ok: true,
        }],
        trace_id: Some(1),
        error: error.map(str::to_owned),
    }
}

#[tokio::test]
async fn invocations_are_written_behind_the_requests_and_at_the_end() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    let log = registry.invocations();
    let twice = row(Some("with a NUL \0 in it"));
    log.record(twice.clone());
    log.record(twice);
    let count = "SELECT count(*) FROM functions.invocations";
    eventually("the first is written", || async { database.text(count).await.as_deref() == Some("1") }).await;
    let written =
        "SELECT concat_ws(' ', slug, version, method, status, outcome, duration_us, host_calls, error)
        FROM functions.invocations";
    assert_eq!(
        database.text(written).await.as_deref(),
        Some("f 7 POST 500 trap 9223372036854775807 6 with a NUL \u{fffd} in it")
    );
    for _ in 0..1200 {
        log.record(row(None));
    }
    registry.shutdown().await;
    assert_eq!(database.text(count).await.as_deref(), Some("1201"));
    assert_eq!(log.dropped(), 0);
    log.record(row(None));
    assert_eq!(log.dropped(), 1);
}

#[tokio::test]
async fn invocations_are_counted_as_lost_when_they_cannot_be_written() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.poll_interval = Duration::from_millis(50);
    let registry = start(config).await;
    database.execute("DROP TABLE functions.invocations").await;
    let log = registry.invocations();
    log.record(row(None));
    eventually("it is counted", || async { log.dropped() == 1 }).await;
    assert!(registry.status().connected);
    registry.shutdown().await;
}
