//! InsForge's published SDK, JavaScript functions, and the platform that these use in their turn.

use crate::insforge_sdk::{ANN, SCHEMA, SECRET, client, client_of, token_of};
use serde_json::{Value, json};
use wasmforge_tests::{ANON_KEY, Database, Guest, Node, Postgrest, Serve, component};

/// A node with tables, PostgREST and the function of `insforge_sdk_javascript.js`, which knows where the platform is.
async fn backend_with_javascript() -> (Database, Postgrest, Node) {
    let database = Database::create().await;
    let mut postgrest = Postgrest::beside(&database, SECRET);
    let serve = Serve::over(&database).var("JWT_SECRET", SECRET).var("POSTGREST_BASE_URL", postgrest.url());
    let node = serve.var("API_BASE_URL", "http://insforge:7130").start().await;
    database.execute(SCHEMA).await;
    postgrest.start().await;
    node.store_source("js", include_str!("insforge_sdk_javascript.js")).await;
    node.deploy("hello", std::fs::read(component("hello")).unwrap()).await;
    (database, postgrest, node)
}

#[tokio::test]
async fn a_javascript_function_answers_the_sdk() {
    let (_database, _postgrest, node) = backend_with_javascript().await;
    let token = token_of(ANN);
    let platform = client_of(&node, ANN);
    let direct = json!({ "functionsUrl": node.functions.url(""), "edgeFunctionToken": token });
    for client in [platform, client(&node, &direct)] {
        let get = json!({ "method": "GET" });
        let outcomes = client
            .calls(vec![
                json!(["functions", ["invoke", "js?do=echo", { "method": "PUT", "body": { "a": [1, "ö", null] } }]]),
                json!(["functions", ["invoke", "js?do=text", get]]),
                json!(["functions", ["invoke", "js?do=nothing"]]),
                json!(["functions", ["invoke", "js?do=stream", get]]),
                json!(["functions", ["invoke", "js?do=throw"]]),
                json!(["functions", ["invoke", "js?do=fail", get]]),
                json!(["functions", ["invoke", "js?do=fail"]]),
            ])
            .await;
        let seen = json!({ "method": "PUT", "token": token, "body": { "a": [1, "ö", null] } });
        assert_eq!((outcomes[0].data(), outcomes[0].asked()[0].1), (&seen, 201));
        assert_eq!((outcomes[1].data(), outcomes[2].data()), (&json!("täxt"), &Value::Null));
        assert_eq!(outcomes[3].data(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
        let thrown = outcomes[4].error();
        assert_eq!((&thrown["statusCode"], &thrown["error"]), (&json!(418), &json!("I am a teapot")));
        for (failed, times) in [(&outcomes[5], 4), (&outcomes[6], 1)] {
            let error = failed.error();
            assert_eq!((&error["error"], &error["message"]), (&json!("busy"), &json!("Come again")));
            assert_eq!((&error["nextActions"], failed.requests.len()), (&json!("Wait"), times));
        }
    }
}

#[tokio::test]
async fn a_client_that_gives_up_ends_the_javascript_function() {
    let (_database, _postgrest, node) = backend_with_javascript().await;
    let slow = client(&node, &json!({ "timeout": 300 })).invoke("js?do=hang", json!({})).await;
    assert_eq!(slow.error()["error"], "REQUEST_TIMEOUT");
    let aborted = client(&node, &json!({})).aborting_after(300).invoke("js?do=hang", json!({})).await;
    assert_eq!(aborted.thrown["name"], "AbortError", "{aborted:?}");
    let cut = client(&node, &json!({})).aborting_at_head().invoke("js?do=endless", json!({})).await;
    assert_eq!((&cut.error()["error"], cut.asked()[0].1), (&json!("PARSE_ERROR"), 200), "{cut:?}");
    node.health_when("nothing running", |_, report| report["running"] == 0).await;
    assert_eq!(client(&node, &json!({})).invoke("js?do=text", json!({})).await.data(), "täxt");
}

#[tokio::test]
async fn a_javascript_function_uses_the_platform_as_its_caller() {
    let (_database, _postgrest, node) = backend_with_javascript().await;
    let ann = client_of(&node, ANN);
    let user = ann.invoke("js?do=user", json!({})).await;
    let user = &user.data()["data"]["user"];
    assert_eq!((&user["id"], &user["email"]), (&json!(ANN), &json!("ann@example.com")), "{user}");
    let posted = ann.invoke("js?do=post", json!({ "body": { "slug": "from-js", "due": "" } })).await;
    assert_eq!(posted.data()["data"], json!([{ "slug": "from-js", "owner": ANN }]), "{posted:?}");
    let called = ann.invoke("js?do=call", json!({})).await;
    assert_eq!(called.data(), &json!({ "data": { "message": "Hello, Ann!" }, "error": null }));

    // Nobody in particular is nobody, and writes nothing.
    let anybody = client(&node, &json!({ "anonKey": ANON_KEY }));
    let nobody = anybody.invoke("js?do=user", json!({})).await;
    assert_eq!(nobody.data()["data"], json!({ "user": null }), "{nobody:?}");
    let refused = anybody.invoke("js?do=post", json!({ "body": { "slug": "nobody" } })).await;
    assert_eq!(refused.data()["error"]["code"], "42501", "{refused:?}");
}

#[tokio::test]
async fn the_function_whoami_tells_the_sdk_who_it_is() {
    let (_database, _postgrest, node) = backend_with_javascript().await;
    node.deploy_guest("demo-whoami", Guest::Source("demo-whoami")).await;
    let ann = client_of(&node, ANN).invoke("demo-whoami", json!({ "method": "GET" })).await;
    assert_eq!(ann.data()["user"]["email"], "ann@example.com");
    let nobody = client(&node, &json!({})).invoke("demo-whoami", json!({})).await;
    assert_eq!(
        (&nobody.error()["statusCode"], &nobody.error()["error"]),
        (&json!(401), &json!("Unauthorized"))
    );
}
