//! Two versions that share a function's requests, and versions that are asked for by their number.

use bytes::Bytes;
use serde_json::{Value, json};
use wasmforge_tests::{
    API_KEY, Answer, Database, Endpoint, Headers, Node, Serve, answering, component, in_seconds, in_time,
    request, token,
};

/// A node that only notices bring changes to.
fn noticing(database: &Database) -> Serve {
    Serve::over(database).var("WASMFORGE_POLL_MS", 3_600_000)
}

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = noticing(&database).start().await;
    (database, node)
}

/// A node whose function `f` answers 201, and 202 as its canary for so many of a hundred.
async fn with_canary(percent: u8) -> (Database, Node) {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    let canary = deploy_canary(&node, percent, answering(202)).await;
    assert_eq!(canary.code(), 200, "{canary:?}");
    (database, node)
}

async fn deploy_canary(node: &Node, percent: u8, module: Vec<u8>) -> Answer {
    let headers = [("x-api-key", API_KEY), ("content-type", "application/wasm")];
    node.ask("PUT", &format!("/api/functions/f/module?canary={percent}"), &headers, module).await
}

async fn traffic(node: &Node, body: Value) -> Answer {
    node.admin("PUT", "/api/functions/f/traffic", Some(body)).await
}

async fn get(endpoint: Endpoint, path: &str, headers: Headers<'_>) -> Answer {
    let get = headers.iter().fold(request("GET", path), |r, (name, value)| r.header(*name, *value));
    endpoint.send(get.body(Bytes::new()).unwrap()).await
}

/// What a caller gets, status and version.
async fn sticky(node: &Node, caller: &str) -> (u16, String) {
    ran(&get(node.functions, "/f", &[("x-wasmforge-sticky", caller)]).await)
}

fn ran(answer: &Answer) -> (u16, String) {
    (answer.code(), answer.header("x-wasmforge-version").unwrap_or_default().to_owned())
}

fn of(status: u16, version: &str) -> (u16, String) {
    (status, version.to_owned())
}

/// What somebody gets who asks for a version.
async fn named(node: &Node, version: &str) -> Answer {
    get(node.functions, "/f", &[("x-wasmforge-version", version), ("x-api-key", API_KEY)]).await
}

/// Status and code of a refusal by the admin API.
fn refused(answer: &Answer) -> (u16, String) {
    (answer.code(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

/// Asks until everybody gets the same.
async fn everybody_gets(node: &Node, status: u16, version: &str) {
    let asked = async {
        for caller in 0..40 {
            while sticky(node, &caller.to_string()).await != of(status, version) {}
        }
    };
    in_time(&format!("everybody getting version {version}"), asked).await;
}

#[tokio::test]
async fn callers_are_split_by_their_key_and_the_same_everywhere() {
    let (database, first) = with_canary(30).await;
    let second = noticing(&database).start().await;
    let shown = first.read("f").await.json();
    assert_eq!(shown["version"], 1);
    assert_eq!(shown["traffic"], json!({ "live": 1, "canary": { "version": 2, "percent": 30 } }));
    let mut canaries = Vec::new();
    for caller in 0..300 {
        let key = format!("user-{caller}");
        let got = sticky(&first, &key).await;
        assert_eq!(got, sticky(&second, &key).await, "{key}");
        assert!(got == of(201, "1") || got == of(202, "2"), "{got:?}");
        canaries.extend((got.0 == 202).then_some(key));
    }
    // The keys are always the same, and so is their number; a fair draw of 300 is outside of this once in 10,000 times.
    assert!((60..120).contains(&canaries.len()), "{} of 300 got the canary", canaries.len());
    // Whoever has it keeps it while its part grows.
    assert_eq!(traffic(&first, json!({ "version": 2, "percent": 60 })).await.code(), 200);
    for key in &canaries {
        assert_eq!(sticky(&first, key).await, of(202, "2"), "{key}");
    }
    let platform = get(first.platform(), "/functions/f", &[("x-wasmforge-sticky", &canaries[0])]).await;
    assert_eq!(ran(&platform), of(202, "2"));
}

#[tokio::test]
async fn without_a_key_the_clients_address_counts() {
    let (_database, node) = with_canary(50).await;
    let by_address = ran(&node.functions.get("/f").await);
    for _ in 0..20 {
        assert_eq!(ran(&node.functions.get("/f").await), by_address);
        assert_eq!(ran(&node.platform().get("/functions/f").await), by_address);
    }
    let mut seen = std::collections::HashSet::new();
    for client in 0..40 {
        let (client, proxied) = (format!("10.1.2.{client}"), format!("10.1.2.{client}, 10.0.0.7"));
        let direct = ran(&get(node.functions, "/f", &[("x-forwarded-for", &client)]).await);
        assert_eq!(direct, ran(&get(node.functions, "/f", &[("x-forwarded-for", &proxied)]).await));
        seen.insert(direct);
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[tokio::test]
async fn a_canary_is_promoted_ended_or_replaced() {
    let (database, first) = with_canary(100).await;
    let second = noticing(&database).start().await;
    everybody_gets(&second, 202, "2").await;
    let ended = first.admin("DELETE", "/api/functions/f/traffic", None).await.json();
    assert_eq!(ended["function"]["traffic"], json!({ "live": 1, "canary": null }));
    everybody_gets(&second, 201, "1").await;
    assert_eq!(
        first.admin("DELETE", "/api/functions/f/traffic", None).await.code(),
        200,
        "there is none to end"
    );

    assert_eq!(traffic(&second, json!({ "version": 2, "percent": 100 })).await.code(), 200);
    everybody_gets(&first, 202, "2").await;
    let promoted = first.admin("POST", "/api/functions/f/promote", None).await.json();
    assert_eq!(
        (&promoted["from"], &promoted["to"], &promoted["function"]["version"]),
        (&json!(1), &json!(2), &json!(2))
    );
    assert_eq!(promoted["function"]["traffic"], json!({ "live": 2, "canary": null }));
    let again = first.admin("POST", "/api/functions/f/promote", None).await;
    assert_eq!(refused(&again), of(409, "NO_CANARY"));

    // Whatever goes live gets every request: another deploy, a rollback, a row written past the API.
    deploy_canary(&first, 100, answering(203)).await;
    first.deploy("f", answering(204)).await;
    everybody_gets(&first, 204, "4").await;
    deploy_canary(&first, 100, answering(205)).await;
    assert_eq!(first.admin("POST", "/api/functions/f/rollback", Some(json!({}))).await.json()["to"], 3);
    everybody_gets(&second, 203, "3").await;
    deploy_canary(&first, 100, answering(206)).await;
    database.write_module("f", &answering(207)).await;
    everybody_gets(&first, 207, "7").await;
    deploy_canary(&first, 100, answering(208)).await;
    first.delete("f").await;
    assert_eq!(first.deploy("f", answering(209)).await["traffic"], json!({ "live": 9, "canary": null }));
}

#[tokio::test]
async fn a_version_is_tried_by_its_number_before_anybody_gets_it() {
    let (_database, node) = with_canary(0).await;
    everybody_gets(&node, 201, "1").await;
    let bearer =
        format!("Bearer {}", token(&json!({ "sub": "ann", "role": "project_admin", "exp": in_seconds(60) })));
    for endpoint in [(node.functions, "/f"), (node.platform(), "/functions/f")] {
        for credential in [("x-api-key", API_KEY), ("authorization", bearer.as_str())] {
            for (version, status) in [("2", 202), ("1", 201), (" 2 ", 202)] {
                let answer =
                    get(endpoint.0, endpoint.1, &[("x-wasmforge-version", version), credential]).await;
                assert_eq!(ran(&answer), of(status, version.trim()), "{credential:?}");
            }
        }
    }
    let key = format!("Bearer {API_KEY}");
    assert_eq!(
        ran(&get(node.functions, "/f", &[("x-wasmforge-version", "2"), ("authorization", &key)]).await),
        of(202, "2")
    );
    // A version behind the live one, and one of a draft.
    node.deploy("f", answering(203)).await;
    assert_eq!(ran(&named(&node, "1").await), of(201, "1"));
    node.update("f", json!({ "status": "draft" })).await;
    assert_eq!(node.status_of("f").await, 404);
    assert_eq!((ran(&named(&node, "3").await), ran(&named(&node, "2").await)), (of(203, "3"), of(202, "2")));
    node.delete("f").await;
    assert_eq!(named(&node, "3").await.failure(), of(404, "VERSION_NOT_FOUND"));
}

#[tokio::test]
async fn only_an_administrator_names_a_version() {
    let (_database, node) = with_canary(0).await;
    let user =
        format!("Bearer {}", token(&json!({ "sub": "u", "role": "authenticated", "exp": in_seconds(60) })));
    let old =
        format!("Bearer {}", token(&json!({ "sub": "a", "role": "project_admin", "exp": in_seconds(-60) })));
    let admin =
        format!("Bearer {}", token(&json!({ "sub": "a", "role": "project_admin", "exp": in_seconds(60) })));
    let wrong = API_KEY.replace("ik_0", "ik_1");
    let credentials: [Headers<'_>; 6] = [
        &[],
        &[("authorization", &user)],
        &[("authorization", &old)],
        &[("authorization", "Bearer x")],
        &[("x-api-key", &wrong)],
        // One that fails is never tried as another.
        &[("x-api-key", &wrong), ("authorization", &admin)],
    ];
    for credential in credentials {
        for version in ["1", "2", "77", "x"] {
            let headers = [&[("x-wasmforge-version", version)], credential].concat();
            let answer = get(node.functions, "/f", &headers).await;
            assert_eq!(answer.failure(), of(403, "AUTH_UNAUTHORIZED"), "{headers:?}");
        }
    }
    for version in ["x", "", "0", "-1", "1.5", "99999999999999999999"] {
        assert_eq!(named(&node, version).await.failure(), of(400, "BAD_REQUEST"), "{version}");
    }
    assert_eq!(named(&node, "77").await.failure(), of(404, "VERSION_NOT_FOUND"));
    let headers = [("x-wasmforge-version", "1"), ("x-api-key", API_KEY)];
    assert_eq!(get(node.functions, "/nobody", &headers).await.failure(), of(404, "VERSION_NOT_FOUND"));
}

#[tokio::test]
async fn the_key_that_named_the_version_is_not_the_functions_to_see() {
    let (database, node) = node().await;
    let probe = std::fs::read(component("probe")).unwrap();
    node.deploy("f", probe).await;
    assert_eq!(node.update("f", json!({ "auth": "service" })).await.code(), 200);
    let user =
        format!("Bearer {}", token(&json!({ "sub": "u", "role": "authenticated", "exp": in_seconds(60) })));
    let headers = [("x-wasmforge-version", "1"), ("x-api-key", API_KEY), ("authorization", &*user)];
    for version in ["1", "2"] {
        let headers = [&[("x-wasmforge-version", version)], &headers[1..]].concat();
        let answer = get(node.functions, "/f?do=headers", &headers).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
        let seen = answer.json()["headers"].to_string();
        assert!(!seen.contains(API_KEY) && !seen.contains("x-wasmforge-version"), "{seen}");
        assert!(seen.contains(&user), "{seen}");
    }
    // Without a version to name it is a header like any other.
    let seen =
        get(node.functions, "/f?do=headers", &[("x-api-key", API_KEY)]).await.json()["headers"].to_string();
    assert!(seen.contains(API_KEY), "{seen}");
    database
        .execute(
            "DELETE FROM functions.modules m WHERE m.slug = 'f'; UPDATE functions.versions SET auth = auth",
        )
        .await;
    node.deploy("f", answering(203)).await;
    assert_eq!(named(&node, "1").await.failure(), of(410, "VERSION_GONE"));
}

#[tokio::test]
async fn a_canary_that_does_not_compile_leaves_its_callers_to_the_live_version() {
    let (database, node) = node().await;
    node.deploy("f", answering(201)).await;
    let store = |version: i64, bytes: &str, auth: &str| {
        format!(
            "SELECT functions.wasmforge_keep_version('f', {version}, id, 'component', sha256('{bytes}'), '{bytes}', NULL, NULL,
                '{auth}') FROM functions.definitions"
        )
    };
    database.execute(&store(2, "\\x0061736d", "public")).await;
    assert_eq!(
        refused(&traffic(&node, json!({ "version": 2, "percent": 100 })).await),
        of(409, "VERSION_NOT_BUILT")
    );
    // Past the API nobody compiles it first.
    database.execute(&store(3, "\\x0061736d00", "public")).await;
    database.execute("INSERT INTO functions.traffic (slug, version, percent) VALUES ('f', 3, 100)").await;
    let build = "(SELECT build FROM functions.versions WHERE slug = 'f' AND version = 3)";
    let noticed = async {
        while database.text(build).await.as_deref() != Some("bad") {
            assert_eq!(sticky(&node, "u").await, of(201, "1"));
        }
    };
    in_time("the canary being tried", noticed).await;
    everybody_gets(&node, 201, "1").await;
    let failed = named(&node, "3").await;
    assert_eq!((failed.failure(), ran(&failed).1.as_str()), (of(500, "NOT_BUILT"), "3"));

    // The live version's policy is asked, not only the canary's that was tried.
    assert_eq!(node.update("f", json!({ "auth": "service" })).await.code(), 200);
    database.execute(&store(9, "\\x0061736d0000", "public")).await;
    database.execute("INSERT INTO functions.traffic (slug, version, percent) VALUES ('f', 9, 100)").await;
    let build = "(SELECT build FROM functions.versions WHERE slug = 'f' AND version = 9)";
    let noticed = async {
        while database.text(build).await.as_deref() != Some("bad") {
            assert_eq!(sticky(&node, "u").await.0, 401);
        }
    };
    in_time("the second canary being tried", noticed).await;
}

#[tokio::test]
async fn a_canary_whose_code_is_gone_leaves_its_callers_to_the_live_version() {
    let (database, first) = with_canary(100).await;
    everybody_gets(&first, 202, "2").await;
    database
        .execute(
            "DELETE FROM functions.artifacts;
             DELETE FROM functions.modules m USING functions.versions v WHERE v.version = 2 AND m.sha256 = v.module_sha256",
        )
        .await;
    let cache = tempfile::tempdir().unwrap();
    let second = noticing(&database).code_cache(cache.path()).start().await;
    everybody_gets(&second, 201, "1").await;
}

#[tokio::test]
async fn limits_and_records_are_those_of_the_version_that_ran() {
    let (_database, node) = node().await;
    node.deploy("f", std::fs::read(component("probe")).unwrap()).await;
    let canary = node
        .admin("PUT", "/api/functions/f?canary=0", Some(json!({ "limits": { "wallMs": 100 } })))
        .await
        .json();
    assert_eq!((&canary["function"]["version"], &canary["function"]["limits"]), (&json!(1), &Value::Null));
    let sleep = "/f?do=sleep&ms=1000";
    let headers = [("x-wasmforge-version", "2"), ("x-api-key", API_KEY)];
    let late = get(node.functions, sleep, &headers).await;
    assert_eq!((late.failure(), ran(&late).1.as_str()), (of(504, "TIMEOUT"), "2"));
    assert_eq!(node.call_line(&late.invocation()).await["version"], 2);
    let live = node.functions.get(sleep).await;
    assert_eq!(ran(&live), of(200, "1"));
    assert_eq!(node.call_line(&live.invocation()).await["version"], 1);
}

#[tokio::test]
async fn a_canary_that_hangs_takes_no_place_of_the_live_version() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_QUEUE_DEPTH", 0).start().await;
    node.deploy("f", std::fs::read(component("probe")).unwrap()).await;
    node.update("f", json!({ "limits": { "concurrency": 1 } })).await;
    node.admin("PUT", "/api/functions/f?canary=0", Some(json!({ "auth": "authenticated" }))).await;
    let slow = request("GET", "/f?do=slow-body&chunks=1000&ms=50").header("x-wasmforge-version", "3");
    let slow = slow.header("x-api-key", API_KEY).body(Bytes::new()).unwrap();
    let mut hanging = node.functions.open(slow).await;
    hanging.at_least(1).await;
    assert_eq!(named(&node, "3").await.failure(), of(503, "OVERLOADED"));
    assert_eq!(ran(&node.functions.get("/f").await), of(200, "2"));
}

#[tokio::test]
async fn what_is_no_split_is_refused() {
    let (_database, node) = with_canary(10).await;
    for body in [
        json!({}),
        json!({ "version": 2 }),
        json!({ "percent": 5 }),
        json!({ "version": 2, "percent": -1 }),
        json!({ "version": 2, "percent": 101 }),
        json!({ "version": 2, "percent": 1.5 }),
        json!({ "version": 2, "percent": "5" }),
        json!({ "version": "2", "percent": 5 }),
        json!({ "version": null, "percent": 5 }),
    ] {
        assert_eq!(refused(&traffic(&node, body.clone()).await), of(400, "INVALID_INPUT"), "{body}");
    }
    assert_eq!(
        refused(&traffic(&node, json!({ "version": 9, "percent": 5 })).await),
        of(404, "VERSION_NOT_FOUND")
    );
    assert_eq!(
        refused(&traffic(&node, json!({ "version": 1, "percent": 5 })).await),
        of(409, "VERSION_IS_LIVE")
    );
    let code = json!({ "code": "export default () => new Response()" });
    for (query, body) in [
        ("canary=101", code.clone()),
        ("canary=-1", code.clone()),
        ("canary=x", code.clone()),
        ("canary=", code.clone()),
        ("canary=5", json!({})),
        ("canary=5", json!({ "name": "n", "auth": "service" })),
        ("canary=5", json!({ "status": "draft", "auth": "service" })),
        ("canary=5", json!({ "code": "export default (" })),
    ] {
        let answer = node.admin("PUT", &format!("/api/functions/f?{query}"), Some(body.clone())).await;
        assert_eq!(answer.code(), 400, "{query} {body} {answer:?}");
    }
    let bad = deploy_canary(&node, 5, b"\0asm".to_vec()).await;
    assert_eq!(refused(&bad), of(400, "INVALID_MODULE"));
    // A canary stands beside something.
    let headers = [("x-api-key", API_KEY), ("content-type", "application/wasm")];
    let first = node.ask("PUT", "/api/functions/new/module?canary=5", &headers, answering(203)).await;
    assert_eq!(refused(&first), of(409, "NO_LIVE_VERSION"));
    let new = json!({ "name": "new", "code": "export default () => new Response()" });
    let first = node.admin("POST", "/api/functions?canary=5", Some(new)).await;
    assert_eq!(refused(&first), of(409, "NO_LIVE_VERSION"));
    let missing = node.admin("PUT", "/api/functions/new?canary=5", Some(json!({ "auth": "service" }))).await;
    assert_eq!(refused(&missing), of(404, "FUNCTION_NOT_FOUND"));
    let shown = node.read("f").await.json();
    assert_eq!(
        shown["traffic"],
        json!({ "live": 1, "canary": { "version": 2, "percent": 10 } }),
        "nothing was changed"
    );
    let history = node.admin("GET", "/api/functions/f/versions", None).await.json();
    let shares: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|v| (&v["percent"], &v["live"])).collect();
    assert_eq!(shares, [(&json!(10), &json!(false)), (&json!(90), &json!(true))]);
}

#[tokio::test]
async fn who_does_not_know_of_versions_goes_to_the_function() {
    let (_database, node) = node().await;
    node.deploy("f", answering(201)).await;
    assert_eq!(ran(&node.functions.get("/f").await), of(201, "1"));
    node.update("f", json!({ "auth": "service" })).await;
    let refused = node.functions.get("/f").await;
    assert_eq!(ran(&refused), of(401, "2"), "an answer tells the version also where it is a refusal");
    assert_eq!(node.functions.get("/nobody").await.header("x-wasmforge-version"), None);
}
