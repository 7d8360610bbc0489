//! `wasmforge doctor`.

use serde_json::Value;
use wasmforge_tests::{API_KEY, Database, ENCRYPTION_KEY, Finished, Launch, Postgrest, Serve};

const LONG_SECRET: &str = "a-secret-that-is-long-enough-for-hs256";

/// Ports that nobody has, in a folder where there is room.
fn doctor() -> Launch {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    Launch::new(["doctor"])
        .var("HOST", "127.0.0.1")
        .var("PORT", free.port().to_string())
        .var("WASMFORGE_PLATFORM_ADDR", "127.0.0.1:0")
}

fn state(finished: &Finished, subject: &str) -> String {
    let mut lines = finished.stdout.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let line = lines.find(|(_, rest)| rest.trim_start().starts_with(subject));
    line.unwrap_or_else(|| panic!("nothing on {subject}: {finished:?}")).0.to_owned()
}

#[tokio::test]
async fn a_machine_without_a_database_is_well() {
    let report = doctor().finish().await;
    assert_eq!(report.code(), 0, "{report:?}");
    assert_eq!(state(&report, "settings"), "–");
    for subject in ["code cache", "scratch", "JavaScript", "functions", "platform"] {
        assert_eq!(state(&report, subject), "ok", "{subject}: {report:?}");
    }
}

#[tokio::test]
async fn a_database_is_looked_at_from_all_sides() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let mut postgrest = Postgrest::beside(&database, LONG_SECRET);
    postgrest.start().await;
    let own = |encryption_key: &str| {
        doctor()
            .var("DATABASE_URL", database.url())
            .var("ENCRYPTION_KEY", encryption_key)
            .var("JWT_SECRET", LONG_SECRET)
            .var("POSTGREST_BASE_URL", postgrest.url())
            .finish()
    };
    let report = own(ENCRYPTION_KEY).await;
    for subject in
        ["database", "clock", "migrations", "login roles", "secrets", "PostgREST", "ENCRYPTION_KEY"]
    {
        assert_eq!(state(&report, subject), "ok", "{subject}: {report:?}");
    }
    let other = own("another-key").await;
    assert_eq!((other.code(), state(&other, "secrets").as_str()), (1, "bad"), "{other:?}");
    assert!(
        other.stdout.contains("ENCRYPTION_KEY does not decrypt") && other.stdout.contains(" → "),
        "{other:?}"
    );
    drop(node);
}

#[tokio::test]
async fn what_is_wrong_has_a_fix() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let report = doctor()
        .var("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:9/d")
        .var("POSTGREST_BASE_URL", "http://127.0.0.1:9")
        .var("JWT_SECRET", "short")
        .var("WASMFORGE_PLATFORM_ADDR", taken.local_addr().unwrap().to_string())
        .var("WASMFORGE_JS_ENGINE", "/nowhere/engine.wasm")
        .finish();
    // Its connection is taken by the listener's backlog and never answered, unless somebody hangs up.
    let hanging_up = std::thread::spawn(move || taken.accept().map(drop));
    let report = report.await;
    assert_eq!(report.code(), 1, "{report:?}");
    for subject in ["database", "PostgREST", "platform", "JavaScript"] {
        assert_eq!(state(&report, subject), "bad", "{subject}: {report:?}");
    }
    assert_eq!(state(&report, "JWT_SECRET"), "caution");
    for line in report.stdout.lines().filter(|line| line.starts_with("bad")) {
        assert!(line.contains(" → "), "{line}");
    }
    assert!(!report.stdout.contains("hunter2"), "{report:?}");
    drop(hanging_up);
}

#[tokio::test]
async fn a_server_is_looked_at_from_outside() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let url = node.platform().url("");
    let doctor = |key: &str| Launch::new(["doctor", "--url", &url, "--api-key", key, "--json"]).finish();
    let report = doctor(API_KEY).await;
    assert_eq!(report.code(), 0, "{report:?}");
    let findings: Vec<Value> = serde_json::from_str(&report.stdout).unwrap();
    assert!(findings.iter().all(|finding| finding["state"] == "good"), "{findings:?}");
    assert!(findings.iter().any(|finding| finding["subject"] == "clock"), "{findings:?}");
    let stranger = doctor("ik_wrong").await;
    assert_eq!(stranger.code(), 1, "{stranger:?}");
    let nobody = Launch::new(["doctor", "--url", "http://127.0.0.1:9"]).finish().await;
    assert!(nobody.code() == 1 && nobody.stdout.contains(" → "), "{nobody:?}");
}
