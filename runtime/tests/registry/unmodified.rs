use crate::support::{Database, author, encrypt, eventually, find, slug, start};
use std::time::Duration;
use wasmforge::config::Migrate;
use wasmforge::registry::{
    Changes, Code, Expected, FunctionStatus, ModuleHash, NewFunction, PostgresRegistry, Settings, WriteError,
};

async fn unmodified(database: &Database) -> PostgresRegistry {
    let mut config = database.config();
    config.migrate = Migrate::Never;
    start(config).await
}

async fn hash(registry: &PostgresRegistry, name: &str) -> Option<ModuleHash> {
    registry.revalidate(&slug(name)).await;
    find(registry, name).map(|function| function.module)
}

#[tokio::test]
async fn a_request_sees_what_was_committed_before_it_arrived() {
    let database = Database::insforge().await;
    let registry = unmodified(&database).await;
    assert_eq!(hash(&registry, "new").await, None);
    database.insert("new", "one").await;
    assert_eq!(hash(&registry, "new").await, Some(ModuleHash::of(b"one")));
    for round in 0..20 {
        let code = format!("round {round}");
        database
            .execute(&format!("UPDATE functions.definitions SET code = '{code}' WHERE slug = 'new'"))
            .await;
        assert_eq!(hash(&registry, "new").await, Some(ModuleHash::of(code.as_bytes())));
    }
    for gone in ["status = 'draft'", "status = 'active', code = ''"] {
        database.execute(&format!("UPDATE functions.definitions SET {gone} WHERE slug = 'new'")).await;
        assert_eq!(hash(&registry, "new").await, None, "{gone}");
    }
    database.execute("DELETE FROM functions.definitions WHERE slug = 'old'").await;
    assert_eq!(hash(&registry, "old").await, None);
    registry.shutdown().await;
}

#[tokio::test]
async fn a_request_sees_a_secret_that_was_set_before_it_arrived() {
    let database = Database::insforge().await;
    let registry = unmodified(&database).await;
    for value in ["one", "two"] {
        database.set_secret("K", &encrypt(value)).await;
        registry.revalidate(&slug("old")).await;
        assert_eq!(registry.directory().secrets().load().by_default().get("K"), Some(value));
    }
    database.execute("DELETE FROM system.secrets").await;
    registry.revalidate(&slug("old")).await;
    assert_eq!(registry.directory().secrets().load().by_default().get("K"), None);
    registry.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_wait_together_share_a_round_trip() {
    let database = Database::insforge().await;
    let registry = unmodified(&database).await;
    let mut lock = database.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE functions.definitions IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let requests: Vec<_> = (0..500)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.revalidate(&slug("old")).await })
        })
        .collect();
    let asking = format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = '{}' AND wait_event_type = 'Lock' AND query LIKE '%LEFT JOIN functions.definitions%'",
        database.name
    );
    eventually("one asks", || async { database.text(&asking).await.as_deref() == Some("1") }).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(database.text(&asking).await.as_deref(), Some("1"), "the others wait for it");
    sqlx::raw_sql("UPDATE functions.definitions SET code = 'new'").execute(&mut *lock).await.unwrap();
    lock.commit().await.unwrap();
    let all = futures_util::future::join_all(requests);
    tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    assert_eq!(find(&registry, "old").unwrap().module, ModuleHash::of(b"new"));
    registry.shutdown().await;
}

#[tokio::test]
async fn with_our_triggers_a_request_costs_no_round_trip() {
    let database = Database::insforge().await;
    let registry = database.registry().await;
    // Nobody could answer: the table is locked.
    let mut lock = database.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE functions.definitions, system.secrets IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let asked = tokio::time::timeout(Duration::from_secs(1), registry.revalidate(&slug("old"))).await;
    assert!(asked.is_ok() && find(&registry, "old").is_some());
    lock.rollback().await.unwrap();
    registry.shutdown().await;
}

#[tokio::test]
async fn memory_serves_when_revalidation_gets_no_answer() {
    let database = Database::insforge().await;
    let registry = unmodified(&database).await;
    let mut lock = database.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE functions.definitions IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    // However many wait, none waits for more than the round trip that was under way and its own.
    let old = slug("old");
    let requests = (0..50).map(|_| registry.revalidate(&old));
    let all = futures_util::future::join_all(requests);
    tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    assert!(find(&registry, "old").is_some());
    lock.rollback().await.unwrap();
    registry.shutdown().await;
}

#[tokio::test]
async fn source_can_be_written_but_nothing_that_needs_our_columns() {
    let database = Database::insforge().await;
    let registry = unmodified(&database).await;
    let new = |code| NewFunction {
        slug: "f".into(),
        name: "f".into(),
        description: None,
        status: FunctionStatus::Active,
        code,
        settings: Settings::default(),
    };
    let refused = registry.create(new(Code::Component(vec![0].into())), &author()).await.unwrap_err();
    assert!(matches!(refused, WriteError::Unsupported(_)), "{refused}");
    let created = registry.create(new(Code::Source("x".into())), &author()).await.unwrap();
    assert!(created.deployed.is_none());
    assert!(find(&registry, "f").is_some());
    let settings = Settings { limits: Some(None), ..Settings::default() };
    let refused = registry
        .update("f", Changes { settings, ..Changes::default() }, &Expected::Anything, &author())
        .await
        .unwrap_err();
    assert!(matches!(refused, WriteError::Unsupported(_)), "{refused}");
    registry.delete("f", &Expected::Anything, &author()).await.unwrap();
    assert!(find(&registry, "f").is_none());
    registry.shutdown().await;
}

#[tokio::test]
async fn an_extension_of_the_schema_is_noticed() {
    let database = Database::insforge().await;
    let mut config = database.config();
    config.migrate = Migrate::Never;
    config.poll_interval = Duration::from_millis(50);
    let registry = start(config).await;
    database.registry().await.shutdown().await;
    eventually("the mode changed", || async {
        registry.status().mode == Some(wasmforge::registry::Mode::Full) && registry.status().connected
    })
    .await;
    assert_eq!(find(&registry, "old").unwrap().version, 1);
    registry.shutdown().await;
}
