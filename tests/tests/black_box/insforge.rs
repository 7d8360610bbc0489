//! A node over a database that InsForge's backend made.

use serde_json::json;
use wasmforge_tests::{API_KEY, Database, Node, Postgres, Serve, answering, component, encrypt, in_time};

/// A database as InsForge's backend leaves it, with its API key.
pub async fn database() -> Database {
    let database = Database::create().await;
    database.execute(include_str!("insforge.sql")).await;
    database.write_secret("API_KEY", &encrypt(API_KEY)).await;
    database.execute("UPDATE system.secrets SET is_reserved = true").await;
    database
}

async fn unmodified(database: &Database) -> Node {
    Serve::over(database).var("WASMFORGE_MIGRATE", "never").start().await
}

/// Everything that the catalogue says of the schema: tables, columns, defaults, constraints, indexes, triggers,
/// functions, policies, rights.
const CATALOGUE: &str = "(WITH ours AS (
    SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('column %s.%s %s %s %s', c.oid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
        concat_ws(' ', a.attnotnull, a.attstorage, pg_get_expr(d.adbin, d.adrelid), c.relacl, c.relrowsecurity)) AS line
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT format('constraint %s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT tgisinternal AND c.relnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) || coalesce(proacl::text, '') FROM pg_proc
        WHERE pronamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT format('policy %s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid))
        FROM pg_policy
    UNION ALL SELECT format('schema %s %s', nspname, nspacl) FROM ours
    UNION ALL SELECT format('default %s', defaclacl) FROM pg_default_acl
    ) lines)";

async fn catalogue(database: &Database) -> String {
    database.text(CATALOGUE).await.unwrap()
}

/// Every row of a table, with the transaction that wrote it.
async fn rows(database: &Database, table: &str) -> Option<String> {
    database
        .text(&format!("(SELECT string_agg(t.xmin || ' ' || t::text, E'\\n' ORDER BY t.id) FROM {table} t)"))
        .await
}

#[tokio::test]
async fn on_an_unmodified_database_nothing_is_changed() {
    let database = database().await;
    let before = catalogue(&database).await;
    assert!(
        before.contains("update_definitions_updated_at") && before.contains("policy posts own"),
        "{before}"
    );
    let tables = ["functions.definitions", "system.secrets", "system.migrations"];
    let mut written = Vec::new();
    for table in tables {
        written.push(rows(&database, table).await);
    }
    let node = unmodified(&database).await;
    assert_eq!(node.health().await.1["database"]["mode"], "unmodified");
    assert_eq!(node.functions.get("/old").await.text(), "old");
    for path in ["/nope", "/hidden", "/OLD"] {
        assert_eq!(node.functions.get(path).await.failure(), (404, "FUNCTION_NOT_FOUND".into()), "{path}");
    }
    assert_eq!(node.functions.get("/hello!").await.text(), "Not Found");
    assert_eq!(node.slugs().await.len(), 3);
    let mut node = node;
    node.process.terminate();
    assert!(node.process.exit().await.success());

    assert_eq!(catalogue(&database).await, before);
    for (table, before) in tables.iter().zip(written) {
        assert_eq!(rows(&database, table).await, before, "{table}");
    }
}

/// The statements that the guide gives for going back to InsForge's own runtime.
fn way_back() -> &'static str {
    let guide = include_str!("../../../docs/moving-from-deno.md");
    let section = guide.split("## Come back").nth(1).unwrap();
    section.split("```sql").nth(1).unwrap().split("```").next().unwrap()
}

#[tokio::test]
async fn the_way_back_leaves_the_database_as_insforge_made_it() {
    let database = database().await;
    let before = catalogue(&database).await;
    let mut node = Serve::over(&database).start().await;
    assert_eq!(node.health().await.1["database"]["mode"], "full");
    node.process.terminate();
    assert!(node.process.exit().await.success());
    assert_ne!(catalogue(&database).await, before);

    database.execute(way_back()).await;
    assert_eq!(catalogue(&database).await, before);
}

#[tokio::test]
async fn on_an_unmodified_database_every_change_is_seen_by_the_next_request() {
    let database = database().await;
    let node = unmodified(&database).await;
    let set = async |slug: &str, status: &str| {
        let sql = format!("UPDATE functions.definitions SET status = '{status}' WHERE slug = '{slug}'");
        database.execute(&sql).await;
    };
    for _ in 0..5 {
        set("hidden", "active").await;
        assert_eq!(node.status_of("hidden").await, 200);
        set("hidden", "draft").await;
        assert_eq!(node.status_of("hidden").await, 404);
    }
    database.write_source("new", "x").await;
    assert_eq!(node.status_of("new").await, 500);
    database.execute("UPDATE functions.definitions SET code = '' WHERE slug = 'new'").await;
    assert_eq!(node.status_of("new").await, 404, "empty code is no function to InsForge");
    database.execute("DELETE FROM functions.definitions WHERE slug = 'old'").await;
    assert_eq!(node.status_of("old").await, 404);
}

#[tokio::test]
async fn on_an_unmodified_database_source_can_be_deployed_and_a_module_is_refused_with_the_reason() {
    let database = database().await;
    let node = unmodified(&database).await;
    node.store_source("mine", "module.exports = f").await;
    assert_eq!(node.status_of("mine").await, 500);
    let (status, code, message) = node.upload("mine", answering(200)).await.api_error();
    assert_eq!((status, code.as_str()), (501, "NOT_SUPPORTED"));
    assert!(message.contains("schema was not extended"), "{message}");
    assert_eq!(node.read("mine").await.json()["code"], "module.exports = f");
    let shown = node.read("old").await.json();
    assert_eq!(shown["updatedAt"], "2026-01-02T03:04:05.678Z");
    assert!(shown.get("kind").is_none(), "{shown}");
    assert_eq!(node.delete("mine").await.code(), 200);
    assert_eq!(node.status_of("mine").await, 404);
}

#[tokio::test]
async fn migrating_adds_what_is_missing_and_changes_nothing_of_insforges() {
    let database = database().await;
    let before = catalogue(&database).await;
    let row =
        "(SELECT string_agg(concat_ws('|', id, slug, name, description, code, status, created_at, updated_at,
        deployed_at), ' ' ORDER BY slug) FROM functions.definitions)";
    let (row_before, secrets) = (database.text(row).await, rows(&database, "system.secrets").await);
    let node = Serve::over(&database).start().await;
    assert_eq!(node.health().await.1["database"]["mode"], "full");
    assert_eq!(database.text(row).await, row_before, "numbering rows is no change of theirs");
    assert_eq!(rows(&database, "system.secrets").await, secrets, "its secrets are not ours to seed");
    let after = catalogue(&database).await;
    // Our own role may use the schema, too.
    let theirs = after.replace(",wasmforge_outbox=U/postgres", "");
    let gone: Vec<_> = before.lines().filter(|line| !theirs.contains(*line)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
    for added in ["definitions.10 kind text", "CREATE TRIGGER wasmforge_stamp", "column functions.versions"] {
        assert!(after.contains(added), "{added}");
    }
    let schemas = "(SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_')";
    assert_eq!(database.number(schemas).await, 6, "a schema of our own would be exposed through PostgREST");

    node.deploy("hello", std::fs::read(component("hello")).unwrap()).await;
    assert_eq!(node.status_of("hello").await, 200);
    assert_eq!(node.status_of("old").await, 200);
    drop(node);
    let node = Serve::over(&database).start().await;
    assert_eq!(node.status_of("hello").await, 200);
    // The artifact and the row are there now; the schema is as the first start left it.
    assert_eq!(catalogue(&database).await, after, "a second start changes nothing");
}

#[tokio::test]
async fn nodes_that_start_at_once_migrate_once() {
    for database in [database().await, Database::create().await] {
        let starts = (0..3).map(|_| Serve::over(&database).start());
        let nodes = futures_util::future::join_all(starts).await;
        for node in &nodes {
            assert_eq!(node.health().await.1["database"]["mode"], "full");
        }
        nodes[0].deploy("f", answering(207)).await;
        for node in &nodes {
            node.answers_soon("f", 207).await;
        }
        let twice = "(SELECT count(*) - count(DISTINCT name) FROM functions.wasmforge_migrations)";
        assert_eq!(database.number(twice).await, 0);
    }
}

#[tokio::test]
async fn insforges_backend_replaces_a_component_by_writing_code_alone() {
    let database = database().await;
    let node = Serve::over(&database).start().await;
    node.deploy("f", answering(207)).await;
    database.execute("UPDATE functions.definitions SET code = 'module.exports = f' WHERE slug = 'f'").await;
    node.answers_soon("f", 500).await;
    let shown = node.read("f").await.json();
    assert_eq!((&shown["kind"], &shown["version"]), (&json!("source"), &json!(2)));
    assert_eq!((&shown["code"], &shown["moduleSize"]), (&json!("module.exports = f"), &json!(18)));
    // A change of anything else leaves a component a component.
    node.deploy("f", answering(208)).await;
    database.execute("UPDATE functions.definitions SET name = 'N', status = 'active' WHERE slug = 'f'").await;
    assert_eq!(node.read("f").await.json()["kind"], "component");
    assert_eq!(node.status_of("f").await, 208);
}

#[tokio::test]
async fn rows_written_with_sql_are_functions_like_any_other() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    database.write_module("f", &answering(201)).await;
    node.answers_soon("f", 201).await;
    database.write_module("f", &answering(202)).await;
    node.answers_soon("f", 202).await;
    database.execute("UPDATE functions.definitions SET slug = 'g' WHERE slug = 'f'").await;
    node.answers_soon("g", 202).await;
    assert_eq!(node.status_of("f").await, 404);
    database.execute("DELETE FROM functions.definitions").await;
    node.answers_soon("g", 404).await;
}

#[tokio::test]
async fn a_bad_module_written_with_sql_leaves_the_last_good_one_serving() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("f", answering(201)).await;
    database.write_module("f", b"\0asm this is no module").await;
    let noticed = node.process.stderr.containing("the last good one keeps serving");
    let calls = async {
        loop {
            assert_eq!(node.status_of("f").await, 201)
        }
    };
    tokio::select! { line = noticed => assert!(line.contains("\"f\""), "{line}"), () = calls => {} }
    assert_eq!(node.status_of("f").await, 201);

    // Nor does a node that starts now serve anything else.
    let second = Serve::over(&database).start().await;
    assert_eq!(second.status_of("f").await, 201);
    // Where there never was a good one, the caller is told that it cannot run, and no more.
    database.write_module("never", b"\0asm this is no module").await;
    node.answers_soon("never", 500).await;
    let answer = node.functions.get("/never").await;
    assert_eq!(answer.failure(), (500, "NOT_BUILT".into()));
    assert_eq!(answer.json()["error"], "Function could not be loaded");

    node.deploy("f", answering(203)).await;
    assert_eq!(node.status_of("f").await, 203);
    second.answers_soon("f", 203).await;
}

#[tokio::test]
async fn a_sidecar_waits_for_insforge_to_make_its_tables() {
    let database = Database::create().await;
    let node = Serve::over(&database).arg("--no-platform").start().await;
    let report = node.health_when("the reason", |_, report| !report["database"]["error"].is_null()).await;
    assert!(report["database"]["error"].as_str().unwrap().contains("InsForge"), "{report}");
    assert_eq!(node.functions.get("/old").await.failure(), (503, "REGISTRY_UNAVAILABLE".into()));
    assert_eq!(database.text("to_regnamespace('functions')").await, None, "nothing was made");
    database.execute(include_str!("insforge.sql")).await;
    in_time("the node finding them", async { while node.status_of("old").await != 200 {} }).await;
}

#[tokio::test]
async fn a_role_that_may_only_read_runs_what_is_there() {
    let database = database().await;
    let role = format!("reader_{}", database.name());
    let grants = format!(
        "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA functions, system TO {role};
         GRANT SELECT ON functions.definitions, system.secrets TO {role}"
    );
    database.execute(&grants).await;
    let before = catalogue(&database).await;
    let url = database.url().replace("postgres:postgres@", &format!("{role}@"));
    let node = Serve::over(&database).var("DATABASE_URL", url).start().await;
    assert_eq!(node.health().await.1["database"]["mode"], "unmodified");
    node.process.stderr.containing("the schema cannot be extended").await;
    assert_eq!(node.status_of("old").await, 200);
    assert_eq!(node.slugs().await.len(), 3);
    let refused = node.create(json!({"name": "n", "code": "x"})).await;
    assert!(refused.status.is_server_error(), "{refused:?}");
    assert_eq!(node.slugs().await.len(), 3);
    assert_eq!(catalogue(&database).await, before);
}

#[tokio::test]
async fn memory_serves_when_an_unmodified_database_goes_away() {
    let mut server = Postgres::start();
    let database = server.database().await;
    database.execute(include_str!("insforge.sql")).await;
    let node = unmodified(&database).await;
    assert_eq!(node.status_of("old").await, 200);
    server.stop();
    for _ in 0..20 {
        assert_eq!((node.status_of("old").await, node.status_of("nope").await), (200, 404));
    }
    server.resume();
    database.write_source("new", "x").await;
    node.answers_soon("new", 500).await;
    database.execute("UPDATE functions.definitions SET status = 'draft' WHERE slug = 'new'").await;
    node.answers_soon("new", 404).await;
}
