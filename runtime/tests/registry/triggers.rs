use crate::support::Database;

/// Version, kind and the number of versions kept.
async fn state(database: &Database, slug: &str) -> String {
    let state = format!(
        "SELECT concat_ws(' ', version, kind, (SELECT count(*) FROM functions.versions v WHERE v.slug = d.slug))
         FROM functions.definitions d WHERE slug = '{slug}'"
    );
    database.text(&state).await.unwrap()
}

async fn migrated() -> Database {
    let database = Database::insforge().await;
    database.registry().await.shutdown().await;
    database
}

#[tokio::test]
async fn every_writer_gets_versions_and_only_for_what_changes_the_function() {
    let database = migrated().await;
    database.insert("f", "one").await;
    assert_eq!(state(&database, "f").await, "1 source 1");
    for (change, expected) in [
        ("code = 'two'", "2 source 2"),
        ("code = 'two'", "2 source 2"),
        ("name = 'other', description = 'd'", "2 source 2"),
        ("status = 'draft'", "2 source 2"),
        ("limits = '{\"wallMs\": 5}'", "3 source 3"),
        ("capabilities = '{}'", "4 source 4"),
        ("auth = 'service'", "5 source 5"),
        ("module = '\\x0061736d'", "6 component 6"),
        // What follows from the rest is not a writer's to set.
        ("version = 99, kind = 'source', module_sha256 = NULL", "6 component 6"),
    ] {
        database.execute(&format!("UPDATE functions.definitions SET {change} WHERE slug = 'f'")).await;
        assert_eq!(state(&database, "f").await, expected, "{change}");
    }
    let history = "SELECT string_agg(encode(bytes, 'escape'), ' ' ORDER BY version) FROM functions.versions v
        JOIN functions.modules m ON m.slug = v.slug AND m.sha256 = v.module_sha256 WHERE v.slug = 'f'";
    assert_eq!(database.text(history).await.as_deref(), Some("one two two two two \\000asm"));
}

#[tokio::test]
async fn a_component_row_says_what_it_is_in_code() {
    let database = migrated().await;
    database.execute(
        "INSERT INTO functions.definitions (slug, name, module, status) VALUES ('c', 'C', '\\x0061736d', 'active')",
    )
    .await;
    let code = database.text("SELECT code FROM functions.definitions WHERE slug = 'c'").await.unwrap();
    let hash = wasmforge::registry::ModuleHash::of(b"\0asm").to_hex();
    assert_eq!(code, format!("// WebAssembly component, sha256 {hash}"));
}

#[tokio::test]
async fn a_writer_that_knows_only_code_turns_a_component_into_source() {
    let database = migrated().await;
    database.insert("c", "x").await;
    database.execute("UPDATE functions.definitions SET module = '\\x00' WHERE slug = 'c'").await;
    assert_eq!(state(&database, "c").await, "2 component 2");
    // Saving the text that stands for the component changes nothing.
    database.execute("UPDATE functions.definitions SET code = code, name = 'n' WHERE slug = 'c'").await;
    assert_eq!(state(&database, "c").await, "2 component 2");
    database.execute("UPDATE functions.definitions SET code = 'x' WHERE slug = 'c'").await;
    assert_eq!(state(&database, "c").await, "3 source 3");
    let left = "SELECT module IS NULL AND code = 'x' FROM functions.definitions WHERE slug = 'c'";
    assert_eq!(database.text(left).await.as_deref(), Some("true"));
}

#[tokio::test]
async fn a_slug_that_is_made_again_never_reuses_a_number() {
    let database = migrated().await;
    database.insert("f", "one").await;
    database.execute("UPDATE functions.definitions SET code = 'two' WHERE slug = 'f'").await;
    database.execute("DELETE FROM functions.definitions WHERE slug = 'f'").await;
    database.insert("f", "one").await;
    assert_eq!(state(&database, "f").await, "3 source 3");
    database.execute("UPDATE functions.definitions SET slug = 'g' WHERE slug = 'f'").await;
    assert_eq!(state(&database, "g").await, "1 source 1");
    let upsert = "INSERT INTO functions.definitions (slug, name, code) VALUES ('g', 'G', 'three')
        ON CONFLICT (slug) DO UPDATE SET code = EXCLUDED.code";
    database.execute(upsert).await;
    assert_eq!(state(&database, "g").await, "2 source 2");
}

#[tokio::test]
async fn a_writer_needs_no_rights_on_the_tables_behind_the_row() {
    let database = migrated().await;
    let role = format!("writer_{}", database.name);
    database
        .execute(&format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA functions, system TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON functions.definitions TO {role};
             SET ROLE {role};
             INSERT INTO functions.definitions (slug, name, code) VALUES ('w', 'W', 'x');
             UPDATE functions.definitions SET code = 'y' WHERE slug = 'w';
             RESET ROLE"
        ))
        .await;
    assert_eq!(state(&database, "w").await, "2 source 2");
    let forged = format!("SET ROLE {role}; SELECT functions.wasmforge_notice('all', '', 'all')");
    let error = sqlx::raw_sql(sqlx::AssertSqlSafe(forged)).execute(&database.pool).await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
}

#[tokio::test]
async fn checking_a_key_is_no_change_of_a_secret() {
    let database = migrated().await;
    database.set_secret("K", "v").await;
    let changes = "SELECT max(xid::text::bigint) FROM functions.changes WHERE topic = 'secret'";
    let before = database.text(changes).await;
    database.execute("UPDATE system.secrets SET last_used_at = now()").await;
    assert_eq!(database.text(changes).await, before);
    database.execute("UPDATE system.secrets SET is_active = false").await;
    assert_ne!(database.text(changes).await, before);
}
