//! Secrets: what a function sees of them, and what nobody sees.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Database, ENCRYPTION_KEY, JWT_SECRET, Node, Serve, component, encrypt, encrypt_with,
    in_time, token_signed_with,
};

/// `hello`, encrypted with the key `test-key` and the IV `00 01 … 0f`.
const VECTOR: &str = "000102030405060708090a0b0c0d0e0f:fd7ff946422c83b08ff2cb645814afbb:7765815e94";

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    (database, node)
}

/// The whole environment of a function.
async fn environment(node: &Node) -> Value {
    let answer = node.functions.get("/probe?do=env").await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    answer.json()["env"].clone()
}

/// Asks until a variable has this value; `None` means that it is not there.
async fn variable_becomes(node: &Node, name: &str, value: Option<&str>) {
    let what = format!("{name} being {value:?}");
    in_time(&what, async { while environment(node).await[name].as_str() != value {} }).await;
}

#[tokio::test]
async fn what_insforge_encrypted_is_a_variable_of_the_function() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("ENCRYPTION_KEY", "test-key").start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    database.write_secret("GREETING", VECTOR).await;
    variable_becomes(&node, "GREETING", Some("hello")).await;
}

#[tokio::test]
async fn an_empty_encryption_key_means_the_token_secret() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("ENCRYPTION_KEY", "").start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    database.write_secret("A", &encrypt_with(JWT_SECRET, "by the token secret")).await;
    variable_becomes(&node, "A", Some("by the token secret")).await;
}

#[tokio::test]
async fn a_change_is_seen_without_a_restart() {
    let (database, node) = node().await;
    for value in ["one", "two", "", "žluťoučký kůň\nz=1"] {
        database.write_secret("K", &encrypt(value)).await;
        variable_becomes(&node, "K", Some(value)).await;
    }
    database.execute("UPDATE system.secrets SET is_active = false WHERE key = 'K'").await;
    variable_becomes(&node, "K", None).await;
    database.execute("UPDATE system.secrets SET is_active = true WHERE key = 'K'").await;
    variable_becomes(&node, "K", Some("žluťoučký kůň\nz=1")).await;
    database.execute("UPDATE system.secrets SET is_active = NULL WHERE key = 'K'").await;
    variable_becomes(&node, "K", None).await;
    database.write_secret("L", &encrypt("x")).await;
    variable_becomes(&node, "L", Some("x")).await;
    database.execute("DELETE FROM system.secrets WHERE key = 'L'").await;
    variable_becomes(&node, "L", None).await;
}

#[tokio::test]
async fn a_secret_that_expires_is_gone_by_itself() {
    let (database, node) = node().await;
    database.write_secret("K", &encrypt("short-lived")).await;
    variable_becomes(&node, "K", Some("short-lived")).await;
    database
        .execute("UPDATE system.secrets SET expires_at = now() + interval '1 second' WHERE key = 'K'")
        .await;
    variable_becomes(&node, "K", None).await;
}

#[tokio::test]
async fn a_row_that_does_not_decrypt_is_left_out_and_named_and_the_others_live() {
    let (database, node) = node().await;
    let good = encrypt("good");
    let mut parts: Vec<String> = good.split(':').map(str::to_owned).collect();
    let flipped = |text: &str| {
        let first = if text.starts_with('0') { "1" } else { "0" };
        format!("{first}{}", text.get(1..).unwrap())
    };
    let bad = [
        ("ANOTHER_KEY", encrypt_with("another key", "x")),
        ("TRUNCATED", good.chars().take(good.len() - 2).collect()),
        ("TAG_FLIPPED", format!("{}:{}:{}", parts[0], flipped(&parts[1]), parts[2])),
        ("IV_FLIPPED", format!("{}:{}:{}", flipped(&parts[0]), parts[1], parts[2])),
        ("TEXT_FLIPPED", format!("{}:{}:{}", parts[0], parts[1], flipped(&parts[2]))),
        ("IV_OF_12", format!("{}:{}:{}", parts[0].get(..24).unwrap(), parts[1], parts[2])),
        ("TWO_PARTS", parts.drain(..2).collect::<Vec<_>>().join(":")),
        ("NOT_HEX", "zz:zz:zz".to_owned()),
        ("NOTHING", String::new()),
    ];
    for (key, stored) in &bad {
        database.write_secret(key, stored).await;
    }
    database.write_secret("GOOD", &good).await;
    variable_becomes(&node, "GOOD", Some("good")).await;
    let seen = environment(&node).await;
    let report = node.health_when("the problems", |_, report| report["status"] == "degraded").await;
    for (key, stored) in &bad {
        assert!(seen.get(key).is_none(), "{key} is visible: {seen}");
        assert!(report["problems"][key].is_string(), "{key} is not reported: {report}");
        let line = node.process.stderr.containing(&format!("\"{key}\"")).await;
        assert!(line.contains("\"WARN\""), "{line}");
        assert!(stored.is_empty() || !report.to_string().contains(stored.as_str()), "{report}");
    }
    assert!(report["problems"].get("GOOD").is_none(), "{report}");

    database.execute("DELETE FROM system.secrets WHERE key <> 'GOOD' AND NOT is_reserved").await;
    node.health_when("the node being well again", |_, report| report["status"] == "ok").await;
}

#[tokio::test]
async fn signing_keys_are_withheld_and_the_rest_is_as_insforge_gives_it() {
    let (database, node) = node().await;
    for key in ["JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_KEY_ID", "INSFORGE_BASE_URL", "MINE"] {
        database.write_secret(key, &encrypt(&format!("value of {key}"))).await;
    }
    variable_becomes(&node, "MINE", Some("value of MINE")).await;
    let seen = environment(&node).await;
    let mut names: Vec<_> = seen.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "JWT_KEY_ID", "JWT_PUBLIC_KEY", "MINE"]);
    assert_eq!((&seen["API_KEY"], &seen["ANON_KEY"]), (&json!(API_KEY), &json!(ANON_KEY)));
}

#[tokio::test]
async fn a_change_during_a_call_does_not_disturb_it() {
    let (database, node) = node().await;
    database.write_secret("K", &encrypt("old")).await;
    variable_becomes(&node, "K", Some("old")).await;
    let slow = wasmforge_tests::request("GET", "/probe?do=slow-body&chunks=4&ms=100").body("").unwrap();
    let mut running = node.functions.open(slow).await;
    running.at_least(1).await;
    database.write_secret("K", &encrypt("new")).await;
    variable_becomes(&node, "K", Some("new")).await;
    assert_eq!(running.finish().await.code(), 200);
}

#[tokio::test]
async fn no_value_is_ever_written() {
    let (database, node) = node().await;
    let value = "hunter2-hunter2-hunter2";
    database.write_secret("PASSWORD", &encrypt(value)).await;
    database.write_secret("BROKEN", &encrypt_with("another key", value)).await;
    variable_becomes(&node, "PASSWORD", Some(value)).await;
    node.functions.get("/probe?do=trap&message=on-purpose").await;
    node.upload("bad", "not wasm").await;
    node.ask("GET", "/api/functions", &[("x-api-key", "ik_wrong-key-of-a-client")], "").await;
    let health = node.platform().get("/health").await;
    let metrics = node.platform().get("/metrics").await;
    node.process.stdout.containing("trap").await;
    let written = node.written() + health.text() + metrics.text();
    for secret in [
        value,
        ENCRYPTION_KEY,
        JWT_SECRET,
        API_KEY,
        ANON_KEY,
        "ik_wrong-key-of-a-client",
        "postgres:postgres",
    ] {
        assert!(!written.contains(secret), "{secret} was written");
    }
}

#[tokio::test]
async fn without_any_key_functions_run_and_nobody_is_an_admin() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("ENCRYPTION_KEY", "").var("JWT_SECRET", "").start().await;
    assert!(node.api_key.is_none());
    node.process.stderr.containing("neither ENCRYPTION_KEY nor JWT_SECRET").await;
    database.write_module("probe", &std::fs::read(component("probe")).unwrap()).await;
    database.write_secret("K", &encrypt("x")).await;
    node.answers_soon("probe", 200).await;
    let report = node.health_when("the problem", |_, report| report["problems"]["K"].is_string()).await;
    assert!(report["problems"]["K"].as_str().unwrap().contains("key"), "{report}");
    assert_eq!(environment(&node).await, json!({}));
    let forged = token_signed_with("", &json!({"sub": "x", "role": "project_admin"}));
    let bearer = format!("Bearer {forged}");
    for headers in [[("x-api-key", API_KEY)], [("x-api-key", "ik_")], [("authorization", bearer.as_str())]] {
        assert_eq!(node.ask("GET", "/api/functions", &headers, "").await.code(), 401, "{headers:?}");
    }
}
