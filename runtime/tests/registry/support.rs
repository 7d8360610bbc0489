//! Databases, registries and what tests ask of them.

use crate::server::{self, Server};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wasmforge::config::{DatabaseConfig, Migrate, Secret};
use wasmforge::registry::{
    Author, Function, Lookup, PostgresRegistry, RegistryConfig, SecretCipher, Seed, Slug,
};

pub const KEY: &str = "test-encryption-key";
pub const JWT_SECRET: &str = "test-jwt-secret";
/// InsForge's tables as its backend makes them, with one function and one secret in them.
const INSFORGE: &str = include_str!("insforge.sql");

/// A database that no other test uses.
pub struct Database {
    pub name: String,
    pub pool: PgPool,
    url: String,
}

impl Database {
    pub async fn empty() -> Self {
        Self::create(server::shared()).await
    }

    pub async fn insforge() -> Self {
        let database = Self::empty().await;
        sqlx::raw_sql(INSFORGE).execute(&database.pool).await.unwrap();
        database
    }

    pub async fn create(server: &Server) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let admin = PgPoolOptions::new().connect(&server.url("postgres", "postgres")).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&admin).await.unwrap();
        admin.close().await;
        let url = server.url("postgres", &name);
        Self { pool: PgPoolOptions::new().connect_lazy(&url).unwrap(), name, url }
    }

    /// A configuration that polls so rarely that only notifications bring changes.
    pub fn config(&self) -> RegistryConfig {
        config(&self.url)
    }

    /// The same as another role.
    pub fn config_as(&self, role: &str) -> RegistryConfig {
        config(&self.url.replace("postgres://postgres@", &format!("postgres://{role}@")))
    }

    pub async fn registry(&self) -> PostgresRegistry {
        start(self.config()).await
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap();
    }

    pub async fn text(&self, sql: &str) -> Option<String> {
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT ({sql})::text")))
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    pub async fn insert(&self, slug: &str, code: &str) {
        sqlx::query(
            "INSERT INTO functions.definitions (slug, name, code, status) VALUES ($1, $1, $2, 'active')",
        )
        .bind(slug)
        .bind(code)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    pub async fn set_secret(&self, key: &str, stored: &str) {
        sqlx::query(
            "INSERT INTO system.secrets (key, value_ciphertext) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value_ciphertext = EXCLUDED.value_ciphertext",
        )
        .bind(key)
        .bind(stored)
        .execute(&self.pool)
        .await
        .unwrap();
    }
}

pub fn config(url: &str) -> RegistryConfig {
    RegistryConfig {
        database: DatabaseConfig { url: Secret::new(url), name: "test".to_owned() },
        migrate: Migrate::Auto,
        create_base: true,
        poll_interval: Duration::from_secs(3600),
        encryption_key: Secret::new(KEY),
        jwt_secret: Secret::new(JWT_SECRET),
        seed: Seed::default(),
        retention: Default::default(),
    }
}

/// Starts a registry and waits until it has read everything.
pub async fn start(config: RegistryConfig) -> PostgresRegistry {
    let registry = PostgresRegistry::start(config).unwrap();
    let synced = tokio::time::timeout(Duration::from_secs(60), registry.synced()).await;
    assert!(synced.is_ok(), "{:?}", registry.status());
    registry
}

pub fn encrypt(value: &str) -> String {
    SecretCipher::new(&Secret::new(KEY)).encrypt(value).unwrap()
}

pub fn author() -> Author {
    Author { actor: "api-key".to_owned(), ip: None }
}

pub fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

/// The function of this name, if it may be invoked.
pub fn find(registry: &PostgresRegistry, slug: &str) -> Option<Arc<Function>> {
    match registry.directory().lookup(slug) {
        Lookup::Found(function) => Some(function),
        Lookup::Unknown | Lookup::Unavailable => None,
    }
}

/// Asks until the answer is yes; fails after a minute.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..6000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never came true: {what}");
}

/// The version of a function in memory, once it is the one that is waited for.
pub async fn see(registry: &PostgresRegistry, slug: &str, version: Option<i64>) {
    eventually(&format!("{slug} at version {version:?}"), || async {
        find(registry, slug).map(|function| function.version) == version
    })
    .await;
}
