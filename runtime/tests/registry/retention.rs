use crate::support::{Database, see, start};
use wasmforge::config::Retention;

/// Makes everything that carries a date older than any retention.
const AGE: &str = "UPDATE functions.modules SET stored_at = now() - interval '1 year';
    UPDATE functions.artifacts SET created_at = now() - interval '2 days'";

async fn count(database: &Database, of: &str) -> i64 {
    database.text(&format!("SELECT count(*) FROM functions.{of}")).await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn old_invocations_and_logs_go_and_young_ones_stay() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database
        .execute(
            "INSERT INTO functions.invocations SELECT gen_random_uuid(), 'f', 1,
                now() - CASE WHEN n <= 7000 THEN interval '8 days' ELSE interval '6 days' END,
                'GET', 200, 'ok', 1, 1, 1, 1, 1, 1, NULL FROM generate_series(1, 7005) n;
             INSERT INTO functions.logs (id, invocation_id, slug, logged_at, level, message)
                SELECT (extract(epoch FROM at) * 1000000)::bigint * 4096, gen_random_uuid(), 'f', at, 'info', 'm'
                FROM (VALUES (now() - interval '8 days'), (now())) AS line (at)",
        )
        .await;
    registry.sweep().await.unwrap();
    assert_eq!((count(&database, "invocations").await, count(&database, "logs").await), (5, 1));
    registry.shutdown().await;
}

#[tokio::test]
async fn of_a_flood_the_newest_rows_stay() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.retention = Retention { lines: 2, invocations: 3, ..Retention::default() };
    let registry = start(config).await;
    database
        .execute(
            "INSERT INTO functions.logs (id, invocation_id, slug, logged_at, level, message)
                SELECT (extract(epoch FROM now()) * 1000000)::bigint * 4096 + n, gen_random_uuid(), 'f', now(), 'info',
                    n::text FROM generate_series(1, 6000) n;
             INSERT INTO functions.invocations (id, slug, version, started_at, method, status, outcome, duration_us,
                    cpu_us, peak_memory, request_bytes, response_bytes, host_calls)
                SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'f', n, now(), 'GET', 200,
                    'ok', 1, 1, 1, 1, 1, 1 FROM generate_series(1, 6000) n",
        )
        .await;
    registry.sweep().await.unwrap();
    let kept = "SELECT string_agg(message, ' ' ORDER BY id) FROM functions.logs";
    assert_eq!(database.text(kept).await.as_deref(), Some("5999 6000"));
    let kept = "SELECT string_agg(version::text, ' ' ORDER BY id) FROM functions.invocations";
    assert_eq!(database.text(kept).await.as_deref(), Some("5998 5999 6000"));
    registry.shutdown().await;
}

#[tokio::test]
async fn a_history_is_cut_but_keeps_what_can_serve_and_the_last_number() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database.insert("f", "code 1").await;
    database.insert("gone", "x").await;
    for version in 2..=60 {
        database
            .execute(&format!("UPDATE functions.definitions SET code = 'code {version}' WHERE slug = 'f'"))
            .await;
    }
    database
        .execute(
            "DELETE FROM functions.definitions WHERE slug = 'gone';
             UPDATE functions.versions SET build = 'good' WHERE version IN (3, 5);
             INSERT INTO functions.artifacts SELECT module_sha256, 'e', 'sealed' FROM functions.versions
                WHERE slug = 'f' AND version IN (1, 60)",
        )
        .await;
    database.execute(AGE).await;
    registry.sweep().await.unwrap();
    // The newest 50, and the newest that is known to compile.
    let kept = "SELECT string_agg(version::text, ' ' ORDER BY version) FROM functions.versions WHERE slug = 'f' AND version < 13";
    assert_eq!(database.text(kept).await.as_deref(), Some("5 11 12"));
    assert_eq!(count(&database, "versions WHERE slug = 'f'").await, 51);
    assert_eq!(count(&database, "modules WHERE slug = 'f'").await, 51);
    // The bytes of a function that was deleted go; its numbers stay used.
    assert_eq!(count(&database, "modules WHERE slug = 'gone'").await, 0);
    assert_eq!(count(&database, "artifacts").await, 1);
    database.insert("gone", "x").await;
    see(&registry, "gone", Some(2)).await;
    registry.shutdown().await;
}

#[tokio::test]
async fn what_is_in_use_or_is_rolled_back_to_is_never_cut() {
    let database = Database::empty().await;
    let mut config = database.config();
    config.retention.versions = 2;
    let registry = start(config).await;
    database.insert("f", "code 1").await;
    for version in 2..=10 {
        database
            .execute(&format!("UPDATE functions.definitions SET code = 'code {version}' WHERE slug = 'f'"))
            .await;
    }
    database
        .execute(
            "UPDATE functions.versions SET build = 'good' WHERE version IN (2, 4, 7);
             UPDATE functions.definitions SET version = 5 WHERE slug = 'f';
             INSERT INTO functions.traffic (slug, version, percent) VALUES ('f', 3, 0)",
        )
        .await;
    registry.sweep().await.unwrap();
    let kept = "SELECT string_agg(version::text, ' ' ORDER BY version) FROM functions.versions";
    assert_eq!(database.text(kept).await.as_deref(), Some("3 4 5 7 9 10"));
    registry.shutdown().await;
}

#[tokio::test]
async fn the_history_of_schedules_is_kept_for_as_many_days_as_they_say() {
    let database = Database::empty().await;
    let registry = database.registry().await;
    database
        .execute(
            "INSERT INTO schedules.jobs (id, name, cron_schedule, function_url)
                VALUES ('00000000-0000-4000-8000-000000000001', 'yearly', '0 0 1 1 *', 'http://peer.example');
             INSERT INTO functions.schedule_runs (job_id, due_at, state, log_id)
                SELECT id, date_trunc('day', now()) - n * interval '1 day', 'succeeded', gen_random_uuid()
                FROM schedules.jobs, generate_series(3, 12) n;
             INSERT INTO schedules.job_logs (id, job_id, executed_at)
                SELECT log_id, job_id, due_at FROM functions.schedule_runs",
        )
        .await;
    let logs = "SELECT count(*) FROM schedules.job_logs";
    let runs = "SELECT count(*) FROM functions.schedule_runs";
    for (days, left, settled) in [("NULL", "10", "10"), ("7", "4", "4"), ("1", "0", "1")] {
        database.execute(&format!("UPDATE schedules.config SET retention_days = {days}")).await;
        registry.sweep().await.unwrap();
        assert_eq!(database.text(logs).await.as_deref(), Some(left), "{days}");
        // The newest run tells up to when due times are settled.
        assert_eq!(database.text(runs).await.as_deref(), Some(settled), "{days}");
    }
    registry.shutdown().await;
}
