//! `/api/secrets`: what an admin does with secrets, and what functions and other nodes see of it.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Answer, Database, Node, Postgres, Serve, component, encrypt, encrypt_with, in_seconds,
    in_time, token,
};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

/// A node with the example `env` on it.
async fn with_env() -> (Database, Node) {
    let (database, node) = node().await;
    node.deploy("env", std::fs::read(component("env")).unwrap()).await;
    (database, node)
}

async fn create(node: &Node, key: &str, value: &str) -> Answer {
    node.admin("POST", "/api/secrets", Some(json!({"key": key, "value": value}))).await
}

async fn entry(node: &Node, key: &str) -> Value {
    let list = node.admin("GET", "/api/secrets", None).await.json();
    list["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|secret| secret["key"] == key)
        .cloned()
        .unwrap_or_default()
}

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

async fn audited(database: &Database, action: &str) -> Value {
    let sql = format!(
        "(SELECT jsonb_build_object('actor', actor, 'module', module, 'details', details, 'ip', ip_address)::text
          FROM system.audit_logs WHERE action = '{action}' ORDER BY created_at DESC LIMIT 1)"
    );
    serde_json::from_str(&database.text(&sql).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_secret_is_created_read_listed_changed_deleted_and_brought_back() {
    let (database, node) = with_env().await;
    let created = create(&node, "MY_KEY", "one").await;
    assert_eq!(created.code(), 201, "{created:?}");
    let id = created.json()["id"].clone();
    let expected =
        json!({"success": true, "message": "Secret MY_KEY has been created successfully", "id": id});
    assert_eq!(created.json(), expected);
    assert_eq!(node.functions.get("/env?name=MY_KEY").await.text(), "one", "the very next request sees it");

    let fresh = entry(&node, "MY_KEY").await;
    let fields: Vec<_> = fresh.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["createdAt", "expiresAt", "id", "isActive", "isReserved", "key", "lastUsedAt", "updatedAt"];
    assert_eq!(fields, expected, "no value in lists");
    assert_eq!((&fresh["isActive"], &fresh["isReserved"]), (&json!(true), &json!(false)));
    assert_eq!((&fresh["lastUsedAt"], &fresh["expiresAt"]), (&Value::Null, &Value::Null));

    let shown = node.admin("GET", "/api/secrets/MY_KEY", None).await;
    assert_eq!((shown.code(), shown.json()), (200, json!({"key": "MY_KEY", "value": "one"})));
    assert!(entry(&node, "MY_KEY").await["lastUsedAt"].is_string());

    let changed = node.admin("PUT", "/api/secrets/MY_KEY", Some(json!({"value": "two"}))).await;
    let expected = json!({"success": true, "message": "Secret MY_KEY has been updated successfully"});
    assert_eq!((changed.code(), changed.json()), (200, expected));
    assert_eq!(node.functions.get("/env?name=MY_KEY").await.text(), "two");

    let deleted = node.admin("DELETE", "/api/secrets/MY_KEY", None).await;
    let expected = json!({"success": true, "message": "Secret MY_KEY has been deleted successfully"});
    assert_eq!((deleted.code(), deleted.json()), (200, expected));
    assert_ne!(node.functions.get("/env?name=MY_KEY").await.code(), 200);
    let gone = node.admin("GET", "/api/secrets/MY_KEY", None).await.api_error();
    assert_eq!(gone, error(404, "SECRET_NOT_FOUND", "Secret not found: MY_KEY"));
    assert_eq!(entry(&node, "MY_KEY").await["isActive"], false, "its row stays");

    let again = create(&node, "MY_KEY", "three").await;
    assert_eq!((again.code(), &again.json()["id"]), (201, &id), "it comes back under its id");
    assert_eq!(node.functions.get("/env?name=MY_KEY").await.text(), "three");
    assert_eq!(entry(&node, "MY_KEY").await["lastUsedAt"], Value::Null);

    let expected = json!({"actor": "api-key", "module": "SECRETS", "details": {"key": "MY_KEY", "id": id},
        "ip": "127.0.0.1"});
    assert_eq!(audited(&database, "CREATE_SECRET").await, expected);
    let updates = json!({"key": "MY_KEY", "updates": {"hasNewValue": true}});
    assert_eq!(audited(&database, "UPDATE_SECRET").await["details"], updates);
    for action in ["GET_SECRET", "DELETE_SECRET"] {
        assert_eq!(audited(&database, action).await["details"], json!({"key": "MY_KEY"}), "{action}");
    }
    let values = "SELECT count(*) FROM system.audit_logs WHERE details::text ~ 'one|two|three'";
    assert_eq!(database.number(values).await, 0, "no value is in the audit log");
}

#[tokio::test]
async fn a_name_is_taken_by_an_active_secret_only_once() {
    let (_database, node) = node().await;
    assert_eq!(create(&node, "TWICE", "a").await.code(), 201);
    let taken = create(&node, "TWICE", "b").await;
    assert!(taken.json()["nextActions"].is_string(), "{taken:?}");
    assert_eq!(taken.api_error(), error(409, "SECRET_ALREADY_EXISTS", "Secret already exists: TWICE"));
    let race = (0..8).map(|n| {
        let node = &node;
        async move { create(node, "RACE", &n.to_string()).await.code() }
    });
    let mut codes = futures_util::future::join_all(race).await;
    codes.sort_unstable();
    assert_eq!(codes, [vec![201], vec![409; 7]].concat());
}

#[tokio::test]
async fn reserved_secrets_are_shown_and_not_changed() {
    let (_database, node) = node().await;
    let shown = node.admin("GET", "/api/secrets/API_KEY", None).await;
    assert_eq!(shown.json()["value"], API_KEY);
    let body = json!({"key": "KEPT", "value": "v", "isReserved": true});
    assert_eq!(node.admin("POST", "/api/secrets", Some(body)).await.code(), 201);
    for key in ["API_KEY", "JWT_SECRET", "KEPT"] {
        let path = format!("/api/secrets/{key}");
        let update = node.admin("PUT", &path, Some(json!({"value": "x"}))).await.api_error();
        assert_eq!(update, error(403, "FORBIDDEN", &format!("Cannot update reserved secret: {key}")));
        let delete = node.admin("DELETE", &path, None).await.api_error();
        assert_eq!(delete, error(403, "FORBIDDEN", &format!("Cannot delete reserved secret: {key}")));
    }
}

#[tokio::test]
async fn a_secret_ends_when_it_expires() {
    let (_database, node) = with_env().await;
    let soon = time::OffsetDateTime::from_unix_timestamp(in_seconds(2)).unwrap();
    let soon = soon.format(&time::format_description::well_known::Rfc3339).unwrap();
    let body = json!({"key": "BRIEF", "value": "v", "expiresAt": soon});
    assert_eq!(node.admin("POST", "/api/secrets", Some(body)).await.code(), 201);
    assert!(entry(&node, "BRIEF").await["expiresAt"].is_string());
    node.variable_becomes("BRIEF", None).await;
    assert_eq!(node.admin("GET", "/api/secrets/BRIEF", None).await.code(), 404);
    let forever = node.admin("PUT", "/api/secrets/BRIEF", Some(json!({"expiresAt": null}))).await;
    assert_eq!(forever.code(), 200, "{forever:?}");
    assert_eq!(node.functions.get("/env?name=BRIEF").await.text(), "v");
    let paused = node.admin("PUT", "/api/secrets/BRIEF", Some(json!({"isActive": false}))).await;
    assert_eq!(paused.code(), 200);
    assert_ne!(node.functions.get("/env?name=BRIEF").await.code(), 200);
}

#[tokio::test]
async fn what_is_no_secret_is_refused_in_insforges_words() {
    let (_database, node) = node().await;
    let both = "Both key and value are required";
    let bad =
        "Invalid key format. Use uppercase letters, numbers, and underscores only (e.g., STRIPE_API_KEY)";
    for (body, message) in [
        (json!({}), both),
        (json!({"key": "A"}), both),
        (json!({"value": "v"}), both),
        (json!({"key": "", "value": "v"}), both),
        (json!({"key": "A", "value": ""}), both),
        (json!({"key": "A", "value": null}), both),
        (json!({"key": "lower", "value": "v"}), bad),
        (json!({"key": "A-B", "value": "v"}), bad),
        (json!({"key": "Ä", "value": "v"}), bad),
        (json!({"key": 5, "value": "v"}), "key: Expected string"),
        (json!({"key": "A", "value": ["v"]}), "value: Expected string"),
        (json!({"key": "A", "value": "a\u{0}b"}), "value: must not contain the NUL character"),
        (json!({"key": "A", "value": "v", "isReserved": "yes"}), "isReserved: Expected boolean"),
    ] {
        let answer = node.admin("POST", "/api/secrets", Some(body.clone())).await.api_error();
        assert_eq!(answer, error(400, "INVALID_INPUT", message), "{body}");
    }
    let when = json!({"key": "A", "value": "v", "expiresAt": "tomorrow"});
    assert_eq!(node.admin("POST", "/api/secrets", Some(when)).await.code(), 400);
    assert_eq!(create(&node, &"A".repeat(300), "v").await.code(), 400);
    assert_eq!(create(&node, "A", "v").await.code(), 201, "nothing of that was stored");
    for body in [json!({}), json!({"value": 1}), json!({"isActive": 1}), json!({"expiresAt": 5})] {
        assert_eq!(node.admin("PUT", "/api/secrets/A", Some(body.clone())).await.code(), 400, "{body}");
    }
    for path in ["/api/secrets/NOBODY", "/api/secrets/a%00b", "/api/secrets/%C3%A4"] {
        let missing = node.admin("PUT", path, Some(json!({"value": "v"}))).await;
        assert_eq!(
            (missing.code(), missing.json()["error"].as_str()),
            (404, Some("SECRET_NOT_FOUND")),
            "{path}"
        );
        assert_eq!(node.admin("DELETE", path, None).await.code(), 404, "{path}");
        assert_eq!(node.admin("GET", path, None).await.code(), 404, "{path}");
    }
    for (method, path) in
        [("PATCH", "/api/secrets/A"), ("DELETE", "/api/secrets"), ("GET", "/api/secrets/api-key/rotate")]
    {
        assert_eq!(
            node.admin(method, path, None).await.api_error().1,
            "METHOD_NOT_ALLOWED",
            "{method} {path}"
        );
    }
    let headers = [("x-api-key", API_KEY), ("content-type", "application/json")];
    for body in ["[]", "\"x\"", "{", "\u{0}"] {
        assert_eq!(node.ask("POST", "/api/secrets", &headers, body).await.code(), 400, "{body}");
    }
    let plain = [("x-api-key", API_KEY), ("content-type", "text/plain")];
    assert_eq!(node.ask("POST", "/api/secrets", &plain, "{}").await.code(), 415);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("MAX_JSON_BODY_SIZE", "1kb").start().await;
    let large = json!({"key": "A", "value": "v".repeat(2000)});
    assert_eq!(node.admin("POST", "/api/secrets", Some(large)).await.api_error().1, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn secrets_are_for_admins_only() {
    let (_database, node) = node().await;
    let user = format!("Bearer {}", token(&json!({"sub": "u", "role": "authenticated"})));
    let anon = format!("Bearer {ANON_KEY}");
    let forged = format!("Bearer ik_{}", "0".repeat(64));
    let expired = format!(
        "Bearer {}",
        token(&json!({"sub": "local:admin", "role": "project_admin", "exp": in_seconds(-5)}))
    );
    for (method, path) in [
        ("GET", "/api/secrets"),
        ("POST", "/api/secrets"),
        ("GET", "/api/secrets/API_KEY"),
        ("PUT", "/api/secrets/API_KEY"),
        ("DELETE", "/api/secrets/API_KEY"),
        ("POST", "/api/secrets/api-key/rotate"),
        ("POST", "/api/secrets/anon-key/rotate"),
    ] {
        assert_eq!(node.ask(method, path, &[], "{}").await.code(), 401, "{method} {path}");
        for (credential, status) in [(&user, 403), (&anon, 401), (&forged, 401), (&expired, 401)] {
            let answer = node.ask(method, path, &[("authorization", credential)], "{}").await;
            assert_eq!(answer.code(), status, "{method} {path} {credential}");
        }
    }
}

#[tokio::test]
async fn a_rotated_api_key_is_good_on_every_node_and_so_is_the_old_one_until_its_grace_ends() {
    let (database, node) = node().await;
    let other = Serve::over(&database).start().await;
    let rotated =
        node.admin("POST", "/api/secrets/api-key/rotate", Some(json!({"gracePeriodHours": 1}))).await;
    assert_eq!(rotated.code(), 200, "{rotated:?}");
    let answer = rotated.json();
    let message = "API key rotated successfully. Old key will remain valid during grace period.";
    assert_eq!((&answer["success"], &answer["message"]), (&json!(true), &json!(message)));
    assert!(answer["oldKeyExpiresAt"].as_str().unwrap().ends_with('Z'));
    let new = answer["apiKey"].as_str().unwrap().to_owned();
    assert!(new.starts_with("ik_") && new.len() == 67 && new != API_KEY, "{new}");

    let status = async |node: &Node, key: &str| {
        node.ask("GET", "/api/secrets", &[("x-api-key", key)], "").await.code()
    };
    assert_eq!((status(&node, &new).await, status(&node, API_KEY).await), (200, 200), "at once on this node");
    in_time("the new key on the other node", async { while status(&other, &new).await != 200 {} }).await;
    assert_eq!(status(&other, API_KEY).await, 200);

    // The next rotation retires this one, beside the first, and ends at once.
    let headers = [("x-api-key", new.as_str()), ("content-type", "application/json")];
    let last = node.ask("POST", "/api/secrets/api-key/rotate", &headers, r#"{"gracePeriodHours":0}"#).await;
    let last = last.json()["apiKey"].as_str().unwrap().to_owned();
    assert_eq!((status(&node, &last).await, status(&node, &new).await), (200, 401));
    assert_eq!(status(&node, API_KEY).await, 200, "its own grace goes on");
    in_time("the last key's end on the other node", async { while status(&other, &new).await != 401 {} })
        .await;
    assert_eq!(audited(&database, "ROTATE_API_KEY").await["details"]["gracePeriodHours"], 0);

    let old = "SELECT count(*) FROM system.secrets WHERE key ~ '^API_KEY_OLD_[0-9]+$' AND is_reserved";
    assert_eq!(database.number(old).await, 2);
}

#[tokio::test]
async fn a_rotated_anon_key_goes_on_for_a_week() {
    let (_database, node) = node().await;
    let rotated = node.admin("POST", "/api/secrets/anon-key/rotate", None).await;
    assert_eq!(rotated.code(), 200, "{rotated:?}");
    let new = rotated.json()["anonKey"].as_str().unwrap().to_owned();
    assert!(new.starts_with("anon_") && new.len() == 69, "{new}");
    let ends = rotated.json()["oldKeyExpiresAt"].as_str().unwrap().to_owned();
    let ends = time::OffsetDateTime::parse(&ends, &time::format_description::well_known::Rfc3339).unwrap();
    let left = ends.unix_timestamp() - in_seconds(0);
    assert!((604_000..=604_800).contains(&left), "{left}");
    // Anybody's key opens the users' routes no further than this.
    for key in [new.as_str(), ANON_KEY] {
        let bearer = format!("Bearer {key}");
        let answer = node.ask("GET", "/api/database/records/t", &[("authorization", &bearer)], "").await;
        assert_ne!(answer.code(), 401, "{answer:?}");
    }
}

#[tokio::test]
async fn rotations_at_once_follow_one_another() {
    let (database, node) = node().await;
    let rotations = (0..6).map(|_| node.admin("POST", "/api/secrets/api-key/rotate", None));
    let answers = futures_util::future::join_all(rotations).await;
    for answer in &answers {
        assert_eq!(answer.code(), 200, "{answer:?}");
        let key = answer.json()["apiKey"].as_str().unwrap().to_owned();
        assert_eq!(node.ask("GET", "/api/secrets", &[("x-api-key", &key)], "").await.code(), 200);
    }
    assert_eq!(database.number("SELECT count(*) FROM system.secrets WHERE key LIKE 'API\\_KEY%'").await, 7);
}

#[tokio::test]
async fn a_grace_period_out_of_bounds_rotates_nothing() {
    let (database, node) = node().await;
    for (path, longest) in [("api-key", 168), ("anon-key", 720)] {
        let path = format!("/api/secrets/{path}/rotate");
        for hours in
            [json!(-1), json!(longest + 1), json!(1.5), json!("soon"), json!(true), json!(null), json!([])]
        {
            let answer = node.admin("POST", &path, Some(json!({"gracePeriodHours": hours}))).await;
            assert_eq!(answer.api_error().1, "INVALID_INPUT", "{hours}");
        }
        let longest = node.admin("POST", &path, Some(json!({"gracePeriodHours": longest}))).await;
        assert_eq!(longest.code(), 200, "{longest:?}");
    }
    assert_eq!(database.number("SELECT count(*) FROM system.secrets WHERE key LIKE '%OLD%'").await, 2);
}

#[tokio::test]
async fn a_retired_key_ends_even_while_the_database_is_away() {
    let mut postgres = Postgres::start();
    let database = postgres.database().await;
    let node = Serve::over(&database).start().await;
    node.deploy("env", std::fs::read(component("env")).unwrap()).await;
    assert_eq!(node.admin("POST", "/api/secrets/api-key/rotate", None).await.code(), 200);
    let soon =
        "UPDATE system.secrets SET expires_at = now() + interval '3 seconds' WHERE key LIKE 'API_KEY_OLD%'";
    database.execute(soon).await;
    database.write_secret("MARK", &encrypt("read")).await;
    node.variable_becomes("MARK", Some("read")).await;
    postgres.stop();
    in_time("the grace's end", async {
        while node.admin("GET", "/api/functions", None).await.code() != 401 {}
    })
    .await;
}

#[tokio::test]
async fn a_secret_of_another_key_is_reported_and_can_be_stored_again() {
    let (database, node) = node().await;
    database.write_secret("FOREIGN", &encrypt_with("another key", "v")).await;
    let answer = node.admin("GET", "/api/secrets/FOREIGN", None).await;
    assert_eq!(answer.api_error().1, "SECRET_UNREADABLE");
    assert_eq!(node.admin("PUT", "/api/secrets/FOREIGN", Some(json!({"value": "v"}))).await.code(), 200);
    assert_eq!(node.admin("GET", "/api/secrets/FOREIGN", None).await.json()["value"], "v");
}
