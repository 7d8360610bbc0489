//! `secrets`, `schedules`, `triggers` and `jobs` from the command line.

use serde_json::json;
use wasmforge_tests::{API_KEY, Database, Launch, Serve, in_time};

const HELLO: &str = "export default () => new Response('hello');";

#[tokio::test]
async fn a_secret_is_set_read_and_deleted() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let set = |value: &'static str| node.command(&["secrets", "set", "MAIL_KEY"]).stdin(value).finish();
    let made = set("first\n").await;
    assert_eq!((made.code(), made.stdout.as_str()), (0, "set MAIL_KEY"), "{made:?}");
    assert_eq!(node.commanded(&["secrets", "get", "MAIL_KEY"]).await, "first");
    assert!(set("second line\nand third").await.status.success());
    assert_eq!(node.commanded(&["secrets", "get", "MAIL_KEY"]).await, "second line\nand third");
    node.commanded(&["secrets", "set", "MAIL_KEY", "--value", "fourth", "--expires", "30d"]).await;
    assert_eq!(node.commanded_json(&["secrets", "get", "MAIL_KEY"]).await["value"], "fourth");
    let table = node.commanded(&["secrets", "list"]).await;
    assert!(table.contains("MAIL_KEY") && !table.contains("fourth"), "{table}");
    let list = node.commanded_json(&["secrets", "list"]).await;
    assert!(list["secrets"].as_array().is_some_and(|secrets| secrets.len() > 1), "{list}");
    node.commanded(&["secrets", "delete", "MAIL_KEY"]).await;
    assert_eq!(node.command(&["secrets", "get", "MAIL_KEY"]).finish().await.code(), 5);
    assert!(set("back").await.status.success());
    assert_eq!(node.commanded(&["secrets", "get", "MAIL_KEY"]).await, "back");
    for (arguments, code) in [
        (&["secrets", "set", "MAIL_KEY"][..], 2),
        (&["secrets", "set", "lower", "--value", "x"], 3),
        (&["secrets", "delete", "JWT_SECRET"], 3),
        (&["secrets", "set", "K", "--value", "x", "--expires", "soon"], 2),
    ] {
        let refused = node.command(arguments).finish().await;
        assert_eq!(refused.code(), code, "{arguments:?}: {refused:?}");
    }
}

#[tokio::test]
async fn the_administrators_key_is_rotated() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let key = node.commanded(&["secrets", "rotate", "api-key", "--grace", "1"]).await;
    assert!(key.starts_with("ik_") && key != API_KEY, "{key}");
    let url = node.platform().url("");
    for key in [key.as_str(), API_KEY] {
        let listed = Launch::new(["list", "--url", &url, "--api-key", key]).finish().await;
        assert!(listed.status.success(), "{listed:?}");
    }
}

#[tokio::test]
async fn a_schedule_is_made_paused_fired_and_removed() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("greet", HELLO).await;
    let create = &[
        "schedules",
        "create",
        "nightly",
        "--cron",
        "30 2 * * *",
        "--function",
        "greet",
        "--time-zone",
        "Europe/Berlin",
        "-H",
        "x-a: b",
        "-d",
        r#"{"days":30}"#,
        "--retries",
        "2",
        "--missed",
        "run-once",
    ];
    let made = node.commanded(create).await;
    assert!(made.starts_with("made nightly: "), "{made}");
    let schedule = &node.commanded_json(&["schedules", "list"]).await[0];
    let expected = json!({
        "name": "nightly", "cronSchedule": "30 2 * * *", "timeZone": "Europe/Berlin", "retries": 2, "missed": "run-once",
        "functionUrl": node.platform().url("/functions/greet"), "httpMethod": "POST", "body": { "days": 30 },
        "headers": { "x-a": "b" }, "isActive": true,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&schedule[field], value, "{field}: {schedule}");
    }
    let shown = node.commanded(&["schedules", "show", "nightly"]).await;
    assert!(shown.contains("next (UTC):\n  20"), "{shown}");
    assert_eq!(node.commanded(&["schedules", "pause", "nightly"]).await, "paused nightly");
    assert!(node.commanded(&["schedules", "list"]).await.contains("paused"));
    assert_eq!(node.commanded(&["schedules", "resume", "nightly"]).await, "resumed nightly");
    node.commanded(&["schedules", "update", "nightly", "--cron", "0 3 * * *"]).await;
    assert!(node.commanded(&["schedules", "list"]).await.contains("0 3 * * *"));
    assert!(node.commanded(&["schedules", "run", "nightly"]).await.contains("run "));
    in_time("the run's entry", async {
        while node.commanded_json(&["schedules", "logs", "nightly"]).await["totalCount"] == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    let logs = node.commanded(&["schedules", "logs", "nightly"]).await;
    assert!(logs.contains("200") && logs.contains("Success"), "{logs}");
    assert_eq!(node.commanded(&["schedules", "delete", "nightly"]).await, "deleted nightly");
    for (arguments, code) in [
        (&["schedules", "delete", "nightly"][..], 5),
        (&["schedules", "create", "x-y-z", "--function", "greet"], 2),
        (&["schedules", "create", "x-y-z", "--cron", "* * * * *"], 2),
        (&["schedules", "create", "x-y-z", "--cron", "sometimes", "--function", "greet"], 3),
        (&["schedules", "update", "nightly"], 2),
    ] {
        let refused = node.command(arguments).finish().await;
        assert_eq!(refused.code(), code, "{arguments:?}: {refused:?}");
    }
}

#[tokio::test]
async fn an_asynchronous_invocation_is_a_job_that_can_be_replayed() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("greet", HELLO).await;
    let place = node.commanded(&["invoke", "greet", "--async", "-d", "{}"]).await;
    assert!(place.starts_with(&node.platform().url("/functions/greet/invocations/")), "{place}");
    let id = place.rsplit('/').next().unwrap();
    in_time("the job's end", async {
        while node.commanded_json(&["jobs", "show", id]).await["status"] != "succeeded" {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    let table = node.commanded(&["jobs", "list", "--status", "succeeded"]).await;
    assert!(table.contains(id) && table.contains("async"), "{table}");
    assert!(node.commanded_json(&["jobs", "list"]).await["jobs"].is_array());
    assert!(node.commanded(&["jobs", "replay", id]).await.contains(id));
    in_time("the job's second end", async {
        while node.commanded_json(&["jobs", "show", id]).await["status"] != "succeeded" {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!(node.commanded(&["jobs", "delete", id]).await, format!("deleted {id}"));
    assert_eq!(node.command(&["jobs", "show", id]).finish().await.code(), 5);
}

#[tokio::test]
async fn a_trigger_is_made_paused_and_removed() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("greet", HELLO).await;
    database.execute("CREATE TABLE members (id int PRIMARY KEY, email text)").await;
    let create = [
        "triggers",
        "create",
        "welcome",
        "--table",
        "members",
        "--function",
        "greet",
        "--events",
        "insert,update",
    ];
    let made = node.commanded(&create).await;
    let id = made.strip_prefix("made welcome: ").unwrap();
    let triggers = node.commanded_json(&["triggers", "list"]).await;
    assert_eq!(triggers["triggers"][0]["events"], json!(["INSERT", "UPDATE"]), "{triggers}");
    assert!(node.commanded(&["triggers", "list"]).await.contains("public.members"));
    assert_eq!(node.commanded(&["triggers", "pause", id]).await, format!("paused {id}"));
    assert!(node.commanded(&["triggers", "list"]).await.contains("paused"));
    assert_eq!(node.commanded(&["triggers", "resume", id]).await, format!("resumed {id}"));
    assert_eq!(node.commanded(&["triggers", "delete", id]).await, format!("deleted {id}"));
    assert_eq!(node.command(&["triggers", "delete", id]).finish().await.code(), 5);
}
