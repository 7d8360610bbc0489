use crate::support::{Database, author, encrypt, eventually, find, see, start};
use std::time::Duration;
use wasmforge::registry::{Changes, Code, Expected, FunctionStatus, Lookup, NewFunction, Settings};

/// As the triggers call it, but silent: every notification is lost.
const LOSE_NOTIFICATIONS: &str =
    "CREATE OR REPLACE FUNCTION functions.wasmforge_notice(topic text, name text, payload text)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
        INSERT INTO functions.changes AS c (topic, name, xid) VALUES ($1, $2, pg_current_xact_id())
            ON CONFLICT ON CONSTRAINT changes_pkey DO UPDATE SET xid = EXCLUDED.xid;
    END $$";

#[tokio::test]
async fn a_notification_brings_every_kind_of_change() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database.insert("f", "one").await;
    see(&registry, "f", Some(1)).await;
    database.execute("UPDATE functions.definitions SET code = 'two'").await;
    see(&registry, "f", Some(2)).await;
    database.execute("UPDATE functions.definitions SET status = 'draft'").await;
    see(&registry, "f", None).await;
    assert!(matches!(registry.directory().lookup("f"), Lookup::Unknown));
    database.execute("UPDATE functions.definitions SET status = 'active'").await;
    see(&registry, "f", Some(2)).await;
    database.execute("UPDATE functions.definitions SET slug = 'g'").await;
    see(&registry, "f", None).await;
    see(&registry, "g", Some(1)).await;
    database.execute("UPDATE functions.definitions SET code = ''").await;
    see(&registry, "g", None).await;
    database.insert("h", "x").await;
    see(&registry, "h", Some(1)).await;
    database.execute("DELETE FROM functions.definitions WHERE slug = 'h'").await;
    see(&registry, "h", None).await;
    database.insert("i", "x").await;
    see(&registry, "i", Some(1)).await;
    database.execute("TRUNCATE functions.definitions").await;
    see(&registry, "i", None).await;
    registry.shutdown().await;
}

#[tokio::test]
async fn a_poll_finds_what_a_lost_notification_did_not_bring() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.poll_interval = Duration::from_millis(50);
    let registry = start(config).await;
    database.execute(LOSE_NOTIFICATIONS).await;
    database.insert("f", "one").await;
    see(&registry, "f", Some(1)).await;
    database.set_secret("LATE", &encrypt("value")).await;
    eventually("the secret is seen", || async {
        registry.directory().secrets().load().by_default().get("LATE").is_some()
    })
    .await;
    database.execute("DELETE FROM functions.definitions").await;
    see(&registry, "f", None).await;
    registry.shutdown().await;
}

/// A transaction that began before others and commits after them is not skipped.
#[tokio::test]
async fn transactions_that_commit_out_of_order_are_all_seen() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.poll_interval = Duration::from_millis(20);
    let registry = start(config).await;
    database.execute(LOSE_NOTIFICATIONS).await;
    let mut slow = database.pool.begin().await.unwrap();
    let insert =
        "INSERT INTO functions.definitions (slug, name, code, status) VALUES ('slow', 's', 'x', 'active')";
    sqlx::raw_sql(insert).execute(&mut *slow).await.unwrap();
    for number in 1..=3 {
        database.insert(&format!("fast{number}"), "x").await;
        see(&registry, &format!("fast{number}"), Some(1)).await;
    }
    assert!(find(&registry, "slow").is_none());
    slow.commit().await.unwrap();
    see(&registry, "slow", Some(1)).await;
    registry.shutdown().await;
}

#[tokio::test]
async fn many_changes_at_once_are_all_seen() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database
        .execute(
            "INSERT INTO functions.definitions (slug, name, code, status)
             SELECT 'f' || n, 'f', 'code ' || n, 'active' FROM generate_series(1, 1000) n",
        )
        .await;
    eventually("all are there", || async { registry.directory().len() == 1000 }).await;
    registry.shutdown().await;
}

#[tokio::test]
async fn a_write_through_this_node_is_visible_when_it_returns() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database.execute(LOSE_NOTIFICATIONS).await;
    let new = NewFunction {
        slug: "f".into(),
        name: "f".into(),
        description: None,
        status: FunctionStatus::Active,
        code: Code::Source("one".into()),
        settings: Settings::default(),
    };
    registry.create(new, &author()).await.unwrap();
    assert_eq!(find(&registry, "f").unwrap().version, 1);
    for version in 2..20 {
        let code = Some(Code::Source(format!("version {version}")));
        registry
            .update("f", Changes { code, ..Changes::default() }, &Expected::Anything, &author())
            .await
            .unwrap();
        assert_eq!(find(&registry, "f").unwrap().version, version);
    }
    registry.delete("f", &Expected::Anything, &author()).await.unwrap();
    assert!(find(&registry, "f").is_none());
    registry.shutdown().await;
}

#[tokio::test]
async fn an_unusable_row_stays_at_its_last_usable_version_and_harms_no_other() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database.insert("f", "one").await;
    see(&registry, "f", Some(1)).await;
    database.execute("UPDATE functions.definitions SET limits = '{\"nonsense\": 1}' WHERE slug = 'f'").await;
    eventually("the row is reported", || async { !registry.status().rejected_functions.is_empty() }).await;
    database.insert("g", "x").await;
    see(&registry, "g", Some(1)).await;
    assert_eq!(find(&registry, "f").unwrap().version, 1);
    let rejected = registry.status().rejected_functions;
    assert_eq!(rejected.len(), 1);
    assert!(rejected[0].0 == "f" && rejected[0].1.contains("nonsense"), "{rejected:?}");

    // A node that starts now has it from the history.
    let second = database.registry().await;
    assert_eq!(find(&second, "f").unwrap().version, 1);
    assert_eq!(find(&second, "g").unwrap().version, 1);
    second.shutdown().await;

    database.execute("UPDATE functions.definitions SET limits = '{\"wallMs\": 5}' WHERE slug = 'f'").await;
    see(&registry, "f", Some(3)).await;
    assert!(registry.status().rejected_functions.is_empty());
    assert_eq!(find(&registry, "f").unwrap().limits.wall_ms, Some(5));
    registry.shutdown().await;
}
