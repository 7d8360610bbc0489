use crate::support::{Database, start};
use wasmforge::config::Secret;
use wasmforge::registry::Mode;

#[tokio::test]
async fn an_empty_database_gets_everything_that_functions_need() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    assert_eq!(registry.status().mode, Some(Mode::Full));
    assert!(registry.directory().is_filled() && registry.directory().is_empty());
    for table in [
        "functions.definitions",
        "functions.deployments",
        "functions.versions",
        "functions.artifacts",
        "functions.invocations",
        "functions.logs",
        "system.secrets",
        "system.audit_logs",
    ] {
        assert_eq!(database.text(&format!("SELECT to_regclass('{table}')")).await.as_deref(), Some(table));
    }
    let roles = "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles
        WHERE rolname IN ('anon', 'authenticated', 'project_admin') AND NOT rolcanlogin";
    assert_eq!(database.text(roles).await.as_deref(), Some("anon authenticated project_admin"));
    let uid = "SELECT auth.uid() FROM set_config('request.jwt.claims',
        '{\"sub\":\"0198c0de-0000-7000-8000-000000000001\"}', false)";
    assert_eq!(database.text(uid).await.as_deref(), Some("0198c0de-0000-7000-8000-000000000001"));
    registry.shutdown().await;
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    let database = Database::empty().await;
    let (a, b, c) = tokio::join!(database.registry(), database.registry(), database.registry());
    for registry in [&a, &b, &c] {
        assert_eq!(registry.status().mode, Some(Mode::Full));
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/registry/migrations");
    let migrations = std::fs::read_dir(folder).unwrap().count();
    let applied = "SELECT count(*) FROM functions.wasmforge_migrations";
    assert_eq!(database.text(applied).await, Some(migrations.to_string()));
    // One API key for all of them, whoever made it.
    let keys: Vec<_> = [&a, &b, &c].map(|r| r.credentials().api_key().map(str::to_owned)).into();
    assert!(keys[0].is_some() && keys.iter().all(|key| *key == keys[0]));
    for registry in [a, b, c] {
        registry.shutdown().await;
    }
}

#[tokio::test]
async fn reserved_secrets_are_seeded_once_and_never_changed() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.seed.api_key = Some(Secret::new("given"));
    config.seed.base_url = Some("http://localhost:7130".to_owned());
    let registry = start(config).await;
    assert_eq!(registry.credentials().api_key(), Some("ik_given"));
    let anon_key = registry.credentials().anon_key().unwrap().to_owned();
    assert!(anon_key.starts_with("anon_") && anon_key.len() == 69);
    assert_eq!(
        registry.directory().secrets().load().by_default().get("INSFORGE_BASE_URL"),
        Some("http://localhost:7130")
    );
    registry.shutdown().await;

    let mut config = database.config();
    config.seed.api_key = Some(Secret::new("other"));
    let again = start(config).await;
    assert_eq!(again.credentials().api_key(), Some("ik_given"));
    assert_eq!(again.credentials().anon_key(), Some(anon_key.as_str()));
    again.shutdown().await;
}

#[tokio::test]
async fn without_a_key_to_encrypt_with_nothing_is_seeded() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.encryption_key = Secret::default();
    let registry = start(config).await;
    assert_eq!(database.text("SELECT count(*) FROM system.secrets").await.as_deref(), Some("0"));
    assert_eq!(registry.credentials().api_key(), None);
    registry.shutdown().await;
}
