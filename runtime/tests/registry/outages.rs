use crate::server::Server;
use crate::support::{Database, author, eventually, find, see};
use wasmforge::registry::{Changes, Expected, Lookup, Mode, PostgresRegistry, StoreError, WriteError};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_starts_without_its_database_and_recovers_by_itself() {
    let server = Server::start();
    let database = Database::create(&server).await;
    database.registry().await.shutdown().await;
    database.insert("f", "one").await;
    server.down();

    let registry = PostgresRegistry::start(database.config()).unwrap();
    eventually("the first attempt failed", || async { registry.status().last_error.is_some() }).await;
    let status = registry.status();
    assert!(!status.connected && status.mode.is_none() && status.last_sync.is_none());
    assert!(status.last_error.unwrap().contains("os error"), "the system's own words");
    assert!(matches!(registry.directory().lookup("f"), Lookup::Unavailable));
    let error = registry.list().await.unwrap_err();
    assert!(matches!(error, WriteError::Unavailable(_)), "{error}");

    server.up();
    see(&registry, "f", Some(1)).await;
    eventually("it says so", || async { registry.status().connected }).await;
    registry.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_serves_while_the_database_is_away_and_catches_up_when_it_is_back() {
    let server = Server::start();
    let database = Database::create(&server).await;
    let registry = database.registry().await;
    database.insert("f", "one").await;
    see(&registry, "f", Some(1)).await;
    let function = find(&registry, "f").unwrap();
    let since = registry.status().since;

    server.down();
    eventually("the loss is noticed", || async { !registry.status().connected }).await;
    assert_eq!(find(&registry, "f").unwrap().version, 1);
    assert!(registry.directory().secrets().load().by_default().get("ANON_KEY").is_some());
    assert!(registry.credentials().api_key().is_some());
    let error = registry.update("f", Changes::default(), &Expected::Anything, &author()).await.unwrap_err();
    assert!(matches!(error, WriteError::Unavailable(_)), "{error}");
    assert!(matches!(registry.store().module(&function).await, Err(StoreError::Unavailable(_))));
    let status = registry.status();
    assert!(status.since > since && status.mode == Some(Mode::Full) && status.last_error.is_some());

    server.up();
    database.execute("UPDATE functions.definitions SET code = 'two'").await;
    see(&registry, "f", Some(2)).await;
    eventually("it says so", || async { registry.status().connected }).await;
    // The pool's old connections are dead; nobody who asks now may notice.
    for _ in 0..20 {
        assert_eq!(registry.list().await.unwrap().len(), 1);
    }
    database.execute("UPDATE functions.definitions SET code = 'three'").await;
    see(&registry, "f", Some(3)).await;
    registry.shutdown().await;
}
