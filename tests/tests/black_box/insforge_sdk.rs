//! InsForge's published SDK against our listeners: functions, the database, the signed-in user.

use serde_json::{Value, json};
use wasmforge_tests::{
    ANON_KEY, API_KEY, Database, Node, Outcome, Postgrest, SdkClient, Serve, component, in_seconds, in_time,
    token_signed_with,
};

/// PostgREST wants 32 bytes.
pub const SECRET: &str = "a-token-secret-of-32-bytes-or-more";
pub const ANN: &str = "00000000-0000-4000-8000-00000000000a";
const BOB: &str = "00000000-0000-4000-8000-00000000000b";

pub const SCHEMA: &str = "
    CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL DEFAULT auth.uid(),
        slug text UNIQUE, likes int NOT NULL DEFAULT 0, due date);
    ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
    CREATE POLICY seen ON posts FOR SELECT USING (true);
    CREATE POLICY own ON posts USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    CREATE FUNCTION whoami() RETURNS json LANGUAGE sql STABLE AS $$
        SELECT json_build_object('role', current_user, 'sub', auth.jwt() ->> 'sub') $$;
    CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$;
    INSERT INTO auth.users (id, email, password, email_verified, profile)
        VALUES ('00000000-0000-4000-8000-00000000000a', 'ann@example.com', 'hash', true, '{\"name\":\"Ann\"}');";

/// A node with functions.
async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).var("JWT_SECRET", SECRET).start().await;
    for name in ["probe", "echo", "hello", "sse", "json-api"] {
        node.deploy(name, std::fs::read(component(name)).unwrap()).await;
    }
    (database, node)
}

/// A node with PostgREST and the tables above.
async fn backend() -> (Database, Postgrest, Node) {
    let database = Database::create().await;
    let mut postgrest = Postgrest::beside(&database, SECRET);
    let serve = Serve::over(&database).var("JWT_SECRET", SECRET).var("POSTGREST_BASE_URL", postgrest.url());
    let node = serve.start().await;
    database.execute(SCHEMA).await;
    postgrest.start().await;
    (database, postgrest, node)
}

pub fn token_of(subject: &str) -> String {
    let claims = json!({ "sub": subject, "role": "authenticated", "exp": in_seconds(60) });
    token_signed_with(SECRET, &claims)
}

/// `createClient` with the platform's address, and more.
pub fn client(node: &Node, more: &Value) -> SdkClient {
    let mut config = json!({ "baseUrl": node.platform().url(""), "retryDelay": 10 });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    SdkClient::new(config)
}

/// The same as a function makes it for its caller.
pub fn client_of(node: &Node, subject: &str) -> SdkClient {
    client(node, &json!({ "edgeFunctionToken": token_of(subject) }))
}

#[tokio::test]
async fn functions_are_invoked_at_either_address() {
    let (_database, node) = node().await;
    let body = json!({ "body": { "a": [1, "ö", null] } });
    let through = |path: &str| (node.platform().url(path), 200);

    let proxied = client(&node, &json!({})).invoke("echo", body.clone()).await;
    assert_eq!(proxied.data(), &body["body"]);
    assert_eq!(proxied.asked(), [(through("/functions/echo").0.as_str(), 200)]);

    let direct = json!({ "functionsUrl": node.functions.url("") });
    let direct = client(&node, &direct).invoke("echo", body.clone()).await;
    assert_eq!(direct.data(), &body["body"]);
    assert_eq!(direct.asked(), [(node.functions.url("/echo").as_str(), 200)]);

    // What is not there is asked for at the other address.
    let elsewhere = json!({ "functionsUrl": node.platform().url("/elsewhere") });
    let elsewhere = client(&node, &elsewhere).invoke("echo", body.clone()).await;
    assert_eq!(elsewhere.data(), &body["body"]);
    let urls = [(through("/elsewhere/echo").0, 404), through("/functions/echo")];
    assert_eq!(elsewhere.asked(), urls.each_ref().map(|(url, status)| (url.as_str(), *status)));

    let direct = json!({ "functionsUrl": node.functions.url("") });
    let nowhere = client(&node, &direct).invoke("nowhere", body).await;
    assert_eq!(nowhere.asked().iter().map(|(_, status)| *status).collect::<Vec<_>>(), [404, 404]);
    let error = nowhere.error();
    assert_eq!((&error["statusCode"], &error["name"]), (&json!(404), &json!("InsForgeError")));
    assert_eq!(error["error"], "Function not found or not active");
}

#[tokio::test]
async fn answers_arrive_as_what_they_are() {
    let (_database, node) = node().await;
    let client = client(&node, &json!({}));
    let get = json!({ "method": "GET" });
    let outcomes = client
        .calls(vec![
            json!(["functions", ["invoke", "hello", { "body": { "name": "Ann" } }]]),
            json!(["functions", ["invoke", "probe"]]),
            json!(["functions", ["invoke", "sse?events=3&ms=10", get]]),
            json!(["functions", ["invoke", "probe?do=status&code=204"]]),
            json!(["functions", ["invoke", "echo", { "body": "text" }]]),
            json!(["functions", ["invoke", "json-api?sku=tea", get]]),
            json!(["functions", ["invoke", "echo", { "method": "PUT", "body": { "put": true } }]]),
        ])
        .await;
    let data: Vec<&Value> = outcomes.iter().map(Outcome::data).collect();
    assert_eq!(data[0]["message"], "Hello, Ann!");
    assert_eq!(data[1], "ok");
    let events: String = (1..=3).map(|n| format!("id: {n}\ndata: event {n} of 3\n\n")).collect();
    assert_eq!(data[2], &json!(events));
    assert_eq!(data[3], &Value::Null);
    assert_eq!(data[4], "text");
    assert_eq!(data[5], &json!({ "sku": "tea", "cents": 450 }));
    assert_eq!(data[6], &json!({ "put": true }));
}

#[tokio::test]
async fn a_function_sees_the_request_as_the_sdk_sends_it() {
    let (_database, node) = node().await;
    let token = token_of(ANN);
    let client = client(&node, &json!({ "edgeFunctionToken": token, "headers": { "x-app": "a" } }));
    let sent = async |options: Value| {
        let seen = client.invoke("probe?do=headers", options).await.data().clone();
        let headers = seen["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()));
        (seen["method"].clone(), headers.collect::<std::collections::HashMap<_, _>>())
    };
    let (method, headers) = sent(json!({ "body": { "a": 1 } })).await;
    assert_eq!(method, "POST");
    assert_eq!(headers["authorization"], format!("Bearer {token}"));
    assert_eq!(headers["content-type"], "application/json;charset=UTF-8");
    assert_eq!((headers["content-length"].as_str(), headers["x-app"].as_str()), ("7", "a"));

    let (_, headers) = sent(json!({})).await;
    assert_eq!((headers["content-length"].as_str(), headers.get("content-type")), ("0", None));

    // What the caller says counts, however it is written.
    let own =
        json!({ "method": "GET", "headers": { "AUTHORIZATION": "Bearer own", "x-app": "b", "x-more": "c" } });
    let (method, headers) = sent(own).await;
    assert_eq!((method, headers["authorization"].as_str()), (json!("GET"), "Bearer own"));
    assert_eq!((headers["x-app"].as_str(), headers["x-more"].as_str()), ("b", "c"));
}

#[tokio::test]
async fn errors_arrive_with_what_the_function_said() {
    let (_database, node) = node().await;
    let client = client(&node, &json!({}));
    let refused = client.invoke("json-api", json!({ "body": { "items": [] } })).await;
    let error = refused.error();
    assert_eq!((&error["statusCode"], &error["error"]), (&json!(422), &json!("an order has items")));
    assert_eq!((&error["message"], &refused.result["data"]), (&json!(""), &Value::Null));

    let trapped = client.invoke("probe?do=trap&message=secret", json!({})).await;
    let error = trapped.error();
    assert_eq!(error["statusCode"], 500);
    assert!(error["invocationId"].is_string() && !error.to_string().contains("secret"), "{error}");

    let bare = client.invoke("probe?do=status&code=418", json!({})).await;
    let error = bare.error();
    assert_eq!((&error["statusCode"], &error["error"]), (&json!(418), &json!("REQUEST_FAILED")));
    // The node answers on.
    assert_eq!(client.invoke("probe", json!({})).await.data(), "ok");
}

#[tokio::test]
async fn a_read_that_fails_is_executed_four_times_and_a_write_once() {
    let (_database, node) = node().await;
    let client = client(&node, &json!({}));
    for (method, status, times) in [
        ("GET", 500, 4),
        ("GET", 503, 4),
        ("POST", 500, 1),
        ("PUT", 500, 4),
        ("PATCH", 500, 1),
        ("GET", 501, 1),
    ] {
        let before = calls(&node, "probe").await;
        let slug = format!("probe?do=status&code={status}");
        let outcome = client.invoke(&slug, json!({ "method": method })).await;
        assert_eq!(outcome.error()["statusCode"], status, "{method} {status}");
        assert_eq!(outcome.requests.len(), times, "{method} {status}: {outcome:?}");
        in_time("the calls being counted", async {
            while calls(&node, "probe").await < before + times as u64 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
        assert_eq!(calls(&node, "probe").await - before, times as u64, "{method} {status}");
    }
}

/// How often a function was called so far.
async fn calls(node: &Node, slug: &str) -> u64 {
    let text = node.platform().get("/metrics").await.text().to_owned();
    let of_slug = |line: &&str| {
        line.starts_with("wasmforge_invocations_total{") && line.contains(&format!("slug=\"{slug}\""))
    };
    let counts = text.lines().filter(of_slug).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    counts.sum::<f64>().round() as u64
}

#[tokio::test]
async fn a_client_that_gives_up_ends_the_function() {
    let (_database, node) = node().await;
    let long = "probe?do=sleep&ms=25000";
    let slow = client(&node, &json!({ "timeout": 300 })).invoke(long, json!({ "method": "GET" })).await;
    assert_eq!(
        (&slow.error()["statusCode"], &slow.error()["error"]),
        (&json!(408), &json!("REQUEST_TIMEOUT"))
    );
    assert_eq!(slow.requests.len(), 1, "a timeout is not tried again");

    let aborted = client(&node, &json!({})).aborting_after(300).invoke(long, json!({})).await;
    assert_eq!(aborted.thrown["name"], "AbortError", "{aborted:?}");

    // In the middle of an answer that never ends.
    let cut = client(&node, &json!({})).aborting_at_head().invoke("probe?do=infinite-body", json!({})).await;
    assert_eq!((&cut.error()["error"], cut.asked()[0].1), (&json!("PARSE_ERROR"), 200), "{cut:?}");

    node.health_when("nothing running", |_, report| report["running"] == 0).await;
    let gone = || {
        let lines = node.process.stdout.all();
        (lines.iter().filter(|line| line.contains("client_gone")).count() == 3).then_some(())
    };
    wasmforge_tests::eventually("three records of clients that left", gone).await;
}

#[tokio::test]
async fn the_database_is_read_and_written_by_whom_the_token_speaks_for() {
    let (_database, _postgrest, node) = backend().await;
    let ann = client_of(&node, ANN);
    let posts = json!(["from", "posts"]);
    let outcomes = ann
        .calls(vec![
            json!(["database", posts, ["insert", [{ "slug": "a", "likes": 0 }, { "slug": "b", "likes": 2 }]], ["select", "slug,owner"]]),
            json!(["database", posts, ["insert", { "slug": "c", "due": "" }]]),
            json!(["database", posts, ["upsert", { "slug": "c", "likes": 7 }, { "onConflict": "slug" }], ["select"], ["single"]]),
            json!(["database", posts, ["update", { "likes": 9 }], ["eq", "slug", "a"], ["select", "likes"]]),
            json!(["database", posts, ["select", "slug,likes"], ["gt", "likes", 1], ["order", "likes"], ["limit", 2]]),
            json!(["database", posts, ["delete"], ["in", "slug", ["b", "x"]], ["select", "slug"]]),
            json!(["database", posts, ["select", "*", { "count": "exact", "head": true }]]),
            json!(["database", posts, ["select", "slug"], ["eq", "slug", "x"], ["maybeSingle"]]),
            json!(["database", ["rpc", "add", { "a": 1, "b": 2 }]]),
            json!(["database", ["rpc", "whoami"]]),
            json!(["database", posts, ["select", "due"], ["eq", "slug", "c"], ["single"]]),
        ])
        .await;
    let data: Vec<&Value> = outcomes.iter().map(Outcome::data).collect();
    assert_eq!(data[0], &json!([{ "slug": "a", "owner": ANN }, { "slug": "b", "owner": ANN }]));
    assert_eq!((data[2]["likes"].clone(), data[3]), (json!(7), &json!([{ "likes": 9 }])));
    assert_eq!(data[4], &json!([{ "slug": "b", "likes": 2 }, { "slug": "c", "likes": 7 }]));
    assert_eq!((data[5], &outcomes[6].result["count"]), (&json!([{ "slug": "b" }]), &json!(2)));
    assert_eq!((data[7], data[8]), (&Value::Null, &json!(3)));
    assert_eq!(
        (data[9], data[10]),
        (&json!({ "role": "authenticated", "sub": ANN }), &json!({ "due": null }))
    );

    // Everybody sees Ann's posts; nobody else changes them.
    for other in [client_of(&node, BOB), client(&node, &json!({ "anonKey": ANON_KEY }))] {
        let outcomes = other
            .calls(vec![
                json!(["database", posts, ["select", "slug"], ["order", "slug"]]),
                json!(["database", posts, ["update", { "likes": 0 }], ["eq", "slug", "a"], ["select"]]),
                json!(["database", posts, ["delete"], ["eq", "slug", "a"], ["select"]]),
            ])
            .await;
        assert_eq!(outcomes[0].data(), &json!([{ "slug": "a" }, { "slug": "c" }]));
        assert_eq!((outcomes[1].data(), outcomes[2].data()), (&json!([]), &json!([])));
    }
    let anybody = client(&node, &json!({ "anonKey": ANON_KEY }));
    let refused = anybody.call(json!(["database", posts, ["insert", { "slug": "n" }]])).await;
    assert_eq!((&refused.error()["code"], &refused.result["status"]), (&json!("42501"), &json!(401)));
    // The platform's key stands above all.
    let admin = client(&node, &json!({ "edgeFunctionToken": API_KEY }));
    let cleared =
        admin.call(json!(["database", posts, ["delete"], ["gt", "id", 0], ["select", "slug"]])).await;
    assert_eq!(cleared.data().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_database_refuses_arrives_as_postgrest_says_it() {
    let (_database, mut postgrest, node) = backend().await;
    let ann = client_of(&node, ANN);
    let outcomes = ann
        .calls(vec![
            json!(["database", ["from", "nowhere"], ["select"]]),
            json!(["database", ["from", "posts"], ["select"], ["single"]]),
            json!(["database", ["from", "posts"], ["insert", { "slug": "a", "color": "red" }]]),
            json!(["database", ["rpc", "nowhere"]]),
            json!(["database", ["schema", "system"], ["from", "secrets"], ["select"]]),
        ])
        .await;
    let codes: Vec<_> = outcomes.iter().map(|outcome| outcome.error()["code"].clone()).collect();
    assert_eq!(codes, ["42P01", "PGRST116", "PGRST204", "PGRST202", "PGRST106"]);
    assert!(outcomes[2].error()["message"].as_str().unwrap().contains("color"), "{:?}", outcomes[2]);

    let forged = client(&node, &json!({ "edgeFunctionToken": "forged" }));
    let refused = forged.call(json!(["database", ["from", "posts"], ["select"]])).await;
    assert_eq!(
        (&refused.result["status"], &refused.error()["error"]),
        (&json!(401), &json!("AUTH_UNAUTHORIZED"))
    );

    postgrest.stop();
    let away = ann.call(json!(["database", ["from", "posts"], ["select"]])).await;
    assert_eq!((&away.result["status"], &away.error()["error"]), (&json!(502), &json!("UPSTREAM_FAILURE")));
    assert_eq!(away.requests.len(), 4, "a read is tried again");
    postgrest.start().await;
    assert_eq!(ann.call(json!(["database", ["from", "posts"], ["select"]])).await.data(), &json!([]));
}

#[tokio::test]
async fn the_signed_in_user_is_shown_to_a_client_in_server_mode() {
    let (_database, _postgrest, node) = backend().await;
    let current = json!(["auth", ["getCurrentUser"]]);
    let ann = client_of(&node, ANN).call(current.clone()).await;
    let user = &ann.data()["user"];
    assert_eq!((&user["id"], &user["email"]), (&json!(ANN), &json!("ann@example.com")));
    assert_eq!((&user["emailVerified"], &user["profile"]["name"]), (&json!(true), &json!("Ann")));
    assert_eq!((&user["providers"], &user["metadata"]), (&json!(["email"]), &json!({})));
    assert!(user["createdAt"].is_string() && user["updatedAt"].is_string(), "{user}");

    let expired = json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(-60) });
    for (token, code) in [
        (token_signed_with(SECRET, &expired), "AUTH_UNAUTHORIZED"),
        ("nonsense".to_owned(), "AUTH_UNAUTHORIZED"),
        (API_KEY.to_owned(), "AUTH_UNAUTHORIZED"),
        (token_of("00000000-0000-4000-8000-0000000000ff"), "AUTH_INVALID_CREDENTIALS"),
    ] {
        let nobody = client(&node, &json!({ "edgeFunctionToken": token })).call(current.clone()).await;
        assert_eq!(nobody.result["data"]["user"], Value::Null);
        assert_eq!((&nobody.error()["statusCode"], &nobody.error()["error"]), (&json!(401), &json!(code)));
    }
    // Without a token there is nobody to ask for.
    let anonymous = json!({ "anonKey": ANON_KEY, "isServerMode": true });
    let anonymous = client(&node, &anonymous).call(current).await;
    assert_eq!((anonymous.data(), anonymous.requests.len()), (&json!({ "user": null }), 0));

    let changed = client_of(&node, ANN).call(json!(["auth", ["setProfile", { "bio": "b" }]])).await;
    assert_eq!(changed.data(), &json!({ "id": ANN, "profile": { "name": "Ann", "bio": "b" } }));
    let seen =
        client(&node, &json!({ "anonKey": ANON_KEY })).call(json!(["auth", ["getProfile", ANN]])).await;
    assert_eq!(seen.data()["profile"]["bio"], "b");
}
