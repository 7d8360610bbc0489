//! `manage-bot` against a stand-in of Telegram's Bot API, and a real table.

use serde_json::{Value, json};
use wasmforge_tests::{
    API_KEY, Answer, Database, Guest, Node, Serve, Telegram, component, encrypt, fernet_decrypt, in_seconds,
    request, token, token_signed_with,
};

wasmforge_tests::twins!(both: "manage-bot", "manage-bot-js": a_token_is_verified_with_telegram, an_added_bot_is_a_row_with_its_token_encrypted, a_bot_that_was_deleted_can_be_added_again, only_signed_in_callers_are_served, the_tables_policies_decide_who_adds_bots, what_is_no_request_is_refused, a_telegram_that_fails_is_a_502_and_the_token_is_told_to_nobody, a_missing_setting_is_named);

const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const SECRET: &str = "987654321:AAF-this_is_the_bots_secret";
const OTHER: &str = "111:AAF-another";

/// A node with the function, a project's tables and secrets, and a Telegram that knows two bots.
async fn node(guest: Guest) -> (Database, Telegram, Node) {
    let telegram = Telegram::with_bots(&[(SECRET, "nezuko_bot", "Nezuko"), (OTHER, "b_bot", "B")]).await;
    let (database, node) = node_with(guest, &telegram).await;
    (database, telegram, node)
}

async fn node_with(guest: Guest, telegram: &Telegram) -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_ALLOW_PRIVATE_NETWORK", 1).start().await;
    database.execute(include_str!("bots.sql")).await;
    let secrets = [
        ("BOT_ENCRYPTION_KEY", KEY),
        ("BOT_OWNER_TELEGRAM_ID", "4242"),
        ("TELEGRAM_API_URL", &telegram.url()),
    ];
    for (name, value) in secrets {
        database.write_secret(name, &encrypt(value)).await;
    }
    node.deploy_guest("manage-bot", guest).await;
    node.deploy("env", std::fs::read(component("env")).unwrap()).await;
    for (name, value) in secrets {
        node.variable_becomes(name, Some(value)).await;
    }
    (database, node)
}

fn user() -> String {
    let sub = "7f1d1e9e-0000-4000-8000-000000000001";
    token(&json!({ "sub": sub, "role": "authenticated", "exp": in_seconds(60) }))
}

async fn asked(node: &Node, bearer: Option<&str>, body: Value) -> Answer {
    let call = request("POST", "/manage-bot").header("content-type", "application/json");
    let call =
        bearer.iter().fold(call, |call, bearer| call.header("authorization", format!("Bearer {bearer}")));
    let answer = node.functions.send(call.body(body.to_string()).unwrap()).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
    answer
}

async fn user_asks(node: &Node, action: &str, token: &str) -> (u16, Value) {
    let answer = asked(node, Some(&user()), json!({ "action": action, "token": token })).await;
    (answer.code(), answer.json())
}

fn error(message: &str) -> Value {
    json!({ "error": message })
}

async fn a_token_is_verified_with_telegram(guest: Guest) {
    let (_database, telegram, node) = node(guest).await;
    let bot = json!({ "bot_id": 987_654_321, "username": "nezuko_bot", "name": "Nezuko" });
    assert_eq!(user_asks(&node, "verify", SECRET).await, (200, bot));
    let asked_before = telegram.asked();
    assert_eq!(user_asks(&node, "verify", "987654321:AAF-wrong").await, (400, error("Invalid token")));
    assert_eq!(telegram.asked(), asked_before + 1);
    for no_token in ["", "987654321", "x/../y:z", "1:a/getUpdates"] {
        assert_eq!(user_asks(&node, "verify", no_token).await, (400, error("Invalid token")), "{no_token}");
    }
    assert_eq!(telegram.asked(), asked_before + 1, "what cannot be a token is not sent");
}

async fn an_added_bot_is_a_row_with_its_token_encrypted(guest: Guest) {
    let (database, _telegram, node) = node(guest).await;
    let (status, added) = user_asks(&node, "add", SECRET).await;
    assert_eq!(
        (status, &added["bot_id"], &added["is_active"]),
        (201, &json!(987_654_321), &json!(true)),
        "{added}"
    );
    let row = database.text("(SELECT to_json(b) FROM bot_instances b)").await.unwrap();
    let row: Value = serde_json::from_str(&row).unwrap();
    for (column, value) in [
        ("id", added["id"].clone()),
        ("owner_telegram_id", json!(4242)),
        ("bot_id", json!(987_654_321)),
        ("bot_username", json!("nezuko_bot")),
        ("bot_name", json!("Nezuko")),
        ("is_active", json!(true)),
        ("deleted_at", Value::Null),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    assert_eq!(fernet_decrypt(KEY, row["token_encrypted"].as_str().unwrap()), SECRET);

    assert_eq!(user_asks(&node, "add", SECRET).await, (409, error("Bot already exists")));
    assert_eq!(user_asks(&node, "add", OTHER).await.0, 201);
    assert_eq!(database.number("(SELECT count(*) FROM bot_instances)").await, 2);
    let distinct = "(SELECT count(DISTINCT substr(token_encrypted, 1, 40)) FROM bot_instances)";
    assert_eq!(database.number(distinct).await, 2, "an IV was used twice");
}

async fn a_bot_that_was_deleted_can_be_added_again(guest: Guest) {
    let (database, _telegram, node) = node(guest).await;
    let first = user_asks(&node, "add", SECRET).await.1;
    database.execute("UPDATE bot_instances SET deleted_at = now(), is_active = false").await;
    let (status, second) = user_asks(&node, "add", SECRET).await;
    assert_eq!((status, &second["id"]), (201, &first["id"]));
    let live = "(SELECT count(*) FROM bot_instances WHERE is_active AND deleted_at IS NULL)";
    assert_eq!(database.number(live).await, 1);
}

async fn only_signed_in_callers_are_served(guest: Guest) {
    let (database, telegram, node) = node(guest).await;
    let claims = |role: &str, seconds| json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": role, "exp": in_seconds(seconds) });
    let strangers = [
        None,
        Some(token(&claims("anon", 60))),
        Some(token(&claims("authenticated", -60))),
        Some(token_signed_with("another secret", &claims("authenticated", 60))),
        Some("nonsense".to_owned()),
    ];
    for stranger in strangers {
        for action in ["verify", "add"] {
            let body = json!({ "action": action, "token": SECRET });
            let answer = asked(&node, stranger.as_deref(), body).await;
            assert_eq!((answer.code(), answer.json()), (401, error("Unauthorized")), "{stranger:?}");
        }
    }
    assert_eq!((telegram.asked(), database.number("(SELECT count(*) FROM bot_instances)").await), (0, 0));
    let admin = asked(&node, Some(API_KEY), json!({ "action": "verify", "token": SECRET })).await;
    assert_eq!(admin.code(), 200);
}

async fn the_tables_policies_decide_who_adds_bots(guest: Guest) {
    let (database, _telegram, node) = node(guest).await;
    database
        .execute(
            "ALTER TABLE bot_instances ENABLE ROW LEVEL SECURITY;
             CREATE POLICY owner ON bot_instances TO authenticated
             USING (current_setting('request.jwt.claims')::json ->> 'sub' = 'f0000000-0000-4000-8000-000000000001')",
        )
        .await;
    assert_eq!(user_asks(&node, "verify", SECRET).await.0, 200);
    let (status, body) = user_asks(&node, "add", SECRET).await;
    assert!((400..600).contains(&status) && !body.to_string().contains(SECRET), "{status} {body}");
    assert_eq!(database.number("(SELECT count(*) FROM bot_instances)").await, 0);
}

async fn what_is_no_request_is_refused(guest: Guest) {
    let (_database, telegram, node) = node(guest).await;
    assert_eq!(user_asks(&node, "remove", SECRET).await, (400, error("Unknown action")));
    for body in [json!([]), json!({}), json!({ "action": 7 }), json!("verify")] {
        assert_eq!(asked(&node, Some(&user()), body.clone()).await.code(), 400, "{body}");
    }
    assert_eq!(node.functions.get("/manage-bot").await.code(), 405);
    let preflight = node.functions.send(request("OPTIONS", "/manage-bot").body("").unwrap()).await;
    assert_eq!((preflight.code(), preflight.body.len()), (204, 0));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("Content-Type, Authorization"));
    assert_eq!(telegram.asked(), 0);
}

async fn a_telegram_that_fails_is_a_502_and_the_token_is_told_to_nobody(guest: Guest) {
    let telegram = Telegram::failing(500, "Internal Server Error").await;
    let (database, node) = node_with(guest, &telegram).await;
    assert_eq!(user_asks(&node, "verify", SECRET).await, (502, error("Telegram answered 500")));
    assert_eq!(user_asks(&node, "add", SECRET).await.0, 502);
    drop(telegram);
    assert_eq!(user_asks(&node, "add", SECRET).await, (502, error("Telegram cannot be reached")));
    assert_eq!(database.number("(SELECT count(*) FROM bot_instances)").await, 0);
    let last = node.functions.get("/env?name=NONE").await;
    node.call_line(&last.invocation()).await;
    assert!(!node.written().contains("bots_secret"), "the token is in the log");
}

async fn a_missing_setting_is_named(guest: Guest) {
    let (database, _telegram, node) = node(guest).await;
    database.write_secret("BOT_ENCRYPTION_KEY", &encrypt("no key")).await;
    node.variable_becomes("BOT_ENCRYPTION_KEY", Some("no key")).await;
    assert_eq!(user_asks(&node, "add", SECRET).await, (500, error("BOT_ENCRYPTION_KEY is not a Fernet key")));
    database.execute("DELETE FROM system.secrets WHERE key = 'BOT_ENCRYPTION_KEY'").await;
    node.variable_becomes("BOT_ENCRYPTION_KEY", None).await;
    let missing = "the environment variable BOT_ENCRYPTION_KEY is not set";
    assert_eq!(user_asks(&node, "add", SECRET).await, (500, error(missing)));
    assert_eq!(database.number("(SELECT count(*) FROM bot_instances)").await, 0);
}
