use crate::support::{Database, eventually, find, start};
use std::time::Duration;
use wasmforge::config::Migrate;
use wasmforge::registry::{FunctionKind, Mode, ModuleHash, PostgresRegistry};

const SHAPE: &str = "SELECT string_agg(column_name || ' ' || data_type || ' ' || is_nullable || ' '
        || coalesce(column_default, '-'), ', ' ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema || '.' || table_name = 'functions.definitions'
        AND column_name NOT IN ('kind', 'module', 'module_sha256', 'version', 'limits', 'capabilities', 'auth')";

#[tokio::test]
async fn what_insforge_made_stays_as_it_is() {
    let database = Database::insforge().await;
    let row = "SELECT row(id, slug, name, code, status, created_at, updated_at, deployed_at) FROM functions.definitions";
    let before = (database.text(SHAPE).await, database.text(row).await);
    let registry = database.registry().await;
    assert_eq!(registry.status().mode, Some(Mode::Full));
    assert_eq!((database.text(SHAPE).await, database.text(row).await), before);
    assert_eq!(database.text("SELECT count(*) FROM system.secrets").await.as_deref(), Some("0"));

    let old = find(&registry, "old").unwrap();
    assert_eq!((old.version, old.kind), (1, FunctionKind::Source));
    assert_eq!(old.module, ModuleHash::of(b"module.exports = () => new Response(\"old\")"));
    registry.shutdown().await;
}

#[tokio::test]
async fn insforges_tables_are_never_made_while_its_backend_is_at_work() {
    let database = Database::empty().await;
    database.execute("CREATE SCHEMA system; CREATE TABLE system.migrations (id serial)").await;
    let registry = PostgresRegistry::start(database.config()).unwrap();
    eventually("the first attempt ended", || async { registry.status().since.is_some() }).await;
    let status = registry.status();
    assert!(!status.connected && !registry.directory().is_filled());
    assert!(status.last_error.as_deref().unwrap().contains("InsForge"), "{status:?}");
    assert_eq!(database.text("SELECT to_regclass('functions.definitions')").await, None);

    // Once its backend is through, the registry goes on by itself.
    database.execute("DROP TABLE system.migrations; DROP SCHEMA system").await;
    database.execute(include_str!("insforge.sql")).await;
    tokio::time::timeout(Duration::from_secs(60), registry.synced()).await.unwrap();
    assert!(find(&registry, "old").is_some());
    registry.shutdown().await;
}

#[tokio::test]
async fn in_sidecar_mode_an_empty_database_is_left_empty() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.create_base = false;
    let registry = PostgresRegistry::start(config).unwrap();
    eventually("the first attempt ended", || async { registry.status().since.is_some() }).await;
    assert_eq!(database.text("SELECT to_regnamespace('functions')").await, None);
    registry.shutdown().await;
}

#[tokio::test]
async fn a_role_that_may_not_migrate_runs_on_the_tables_as_they_are() {
    let database = Database::insforge().await;
    let role = format!("reader_{}", database.name);
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA functions, system TO {role};
             GRANT SELECT ON functions.definitions, system.secrets TO {role}"
        ))
        .await;
    let registry = start(database.config_as(&role)).await;
    assert_eq!(registry.status().mode, Some(Mode::Unmodified));
    assert!(find(&registry, "old").is_some());
    registry.shutdown().await;
}

#[tokio::test]
async fn migrate_never_changes_nothing_and_uses_what_is_there() {
    let database = Database::insforge().await;
    let never = || {
        let mut config = database.config();
        config.migrate = Migrate::Never;
        config
    };
    let registry = start(never()).await;
    assert_eq!(registry.status().mode, Some(Mode::Unmodified));
    assert_eq!(database.text("SELECT to_regclass('functions.versions')").await, None);
    registry.shutdown().await;

    database.registry().await.shutdown().await;
    let registry = start(never()).await;
    assert_eq!(registry.status().mode, Some(Mode::Full));
    registry.shutdown().await;
}
