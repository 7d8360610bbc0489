//! `Prefer: respond-async`.

use super::{becomes, deploy_probe, later, node, result, serve, url};
use serde_json::json;
use wasmforge_tests::{Database, in_seconds, request, token};

#[tokio::test]
async fn a_request_is_accepted_and_its_answer_is_there_later_on_both_listeners() {
    let (_database, node) = node().await;
    for (endpoint, base) in [(node.functions, ""), (node.platform(), "/functions")] {
        let accepted = later(endpoint, &format!("{base}/probe?do=set-cookies"), &[], "").await;
        assert_eq!(accepted.code(), 202, "{accepted:?}");
        assert_eq!(accepted.header("preference-applied"), Some("respond-async"));
        let body = accepted.json();
        let id = body["id"].as_str().unwrap();
        assert_eq!(
            body,
            json!({ "id": id, "status": "pending", "url": format!("{base}/probe/invocations/{id}") })
        );
        assert_eq!(accepted.header("location"), body["url"].as_str());
        let answer = result(endpoint, &url(&accepted)).await;
        assert_eq!((answer.code(), answer.text()), (200, "ok"));
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 3, "{answer:?}");
        assert!(!answer.invocation().is_empty());
        assert_eq!(endpoint.get(&url(&accepted)).await.text(), "ok", "it can be read again");
    }
}

#[tokio::test]
async fn every_byte_of_a_body_arrives_and_comes_back() {
    let (_database, node) = node().await;
    let body: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let accepted = later(node.functions, "/probe?do=echo", &[], body.clone()).await;
    let answer = result(node.functions, &url(&accepted)).await;
    assert!(answer.code() == 200 && answer.body == body, "{} bytes", answer.body.len());
}

#[tokio::test]
async fn the_function_sees_the_request_as_it_was_and_a_key() {
    let (_database, node) = node().await;
    let headers = [("authorization", "Bearer whatever"), ("x-own", "a"), ("x-own", "b"), ("cookie", "c=1")];
    let accepted = later(node.functions, "/probe?do=headers&a=%2F", &headers, "{}").await;
    let seen = result(node.functions, &url(&accepted)).await.json();
    assert_eq!((&seen["method"], &seen["path"]), (&json!("POST"), &json!("/probe?do=headers&a=%2F")));
    assert_eq!(seen["authority"], node.functions.0.to_string());
    let values = |name: &str| -> Vec<String> {
        let fields = seen["headers"].as_array().unwrap().iter().filter(|field| field[0] == name);
        fields.map(|field| field[1].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(values("authorization"), ["Bearer whatever"]);
    assert_eq!((values("x-own"), values("cookie")), (vec!["a".into(), "b".into()], vec!["c=1".to_owned()]));
    assert_eq!(
        (values("x-wasmforge-attempt"), values("content-length")),
        (vec!["1".into()], vec!["2".to_owned()])
    );
    assert_eq!(values("prefer"), [""; 0]);
    let key = values("idempotency-key");
    assert!(key.len() == 1 && key[0] != accepted.json()["id"], "the key does not open the answer: {key:?}");

    let accepted = later(node.functions, "/probe?do=headers", &[("idempotency-key", "mine")], "").await;
    let seen = result(node.functions, &url(&accepted)).await.json();
    assert!(seen["headers"].as_array().unwrap().contains(&json!(["idempotency-key", "mine"])), "{seen}");
}

#[tokio::test]
async fn a_failure_is_tried_again_and_its_last_answer_is_kept() {
    let (database, node) = node().await;
    let accepted = later(node.functions, "/probe?do=status&code=503", &[], "").await;
    assert_eq!(result(node.functions, &url(&accepted)).await.code(), 503);
    let row =
        "(SELECT status || ' ' || attempts || ' ' || last_status || ' ' || last_error FROM functions.jobs)";
    assert_eq!(database.text(row).await.as_deref(), Some("dead 3 503 the function answered 503"));
    assert_eq!(node.metric("wasmforge_jobs_attempts_total{source=\"async\",result=\"retried\"}").await, 2.0);

    database.execute("DELETE FROM functions.jobs").await;
    let headers = [("x-wasmforge-max-attempts", "1")];
    let accepted = later(node.functions, "/probe?do=trap", &headers, "").await;
    assert_eq!(result(node.functions, &url(&accepted)).await.code(), 500);
    let row = "(SELECT status || ' ' || attempts || ' ' || last_error FROM functions.jobs)";
    assert_eq!(database.text(row).await.as_deref(), Some("dead 1 the function answered 500 (TRAP)"));
}

#[tokio::test]
async fn an_answer_that_is_no_failure_is_an_answer() {
    let (database, node) = node().await;
    for code in [204, 302, 404] {
        let accepted = later(node.functions, &format!("/probe?do=status&code={code}"), &[], "").await;
        assert_eq!(result(node.functions, &url(&accepted)).await.code(), code);
    }
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs WHERE attempts <> 1)").await, 0);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_asked_for_again() {
    let (database, node) = node().await;
    let accepted = later(node.functions, "/probe?do=big-body&mib=7", &[], "").await;
    let (status, code) = result(node.functions, &url(&accepted)).await.failure();
    assert_eq!((status, code.as_str()), (500, "INVOCATION_FAILED"));
    assert_eq!(database.number("(SELECT attempts FROM functions.jobs)").await, 1);
}

#[tokio::test]
async fn credentials_are_encrypted_and_erased_at_the_end() {
    let (database, node) = node().await;
    let secrets = [("authorization", "Bearer hunter2"), ("x-api-key", "hunter3"), ("cookie", "s=hunter4")];
    let path = "/probe?do=status&code=503";
    let accepted =
        later(node.functions, path, &[secrets[0], secrets[1], secrets[2], ("x-open", "seen")], "").await;
    let stored = database.text("(SELECT row_to_json(j) FROM functions.jobs j)").await.unwrap();
    assert!(stored.contains("seen") && !stored.contains("hunter"), "{stored}");
    result(node.functions, &url(&accepted)).await;
    becomes(&database, "(SELECT credential IS NULL AND had_credential FROM functions.jobs)").await;
    assert!(!node.written().contains("hunter"), "nothing of it is logged");
}

#[tokio::test]
async fn a_token_that_expires_in_the_queue_was_good_enough_when_it_came() {
    let database = Database::create().await;
    let door = serve(&database).var("WASMFORGE_JOBS_WORKERS", 0).start().await;
    deploy_probe(&door).await;
    door.update("probe", json!({ "auth": "authenticated" })).await;
    let claims = json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": "authenticated", "exp": in_seconds(2) });
    let bearer = format!("Bearer {}", token(&claims));
    let accepted = later(door.functions, "/probe", &[("authorization", &bearer)], "").await;
    assert_eq!(accepted.code(), 202, "{accepted:?}");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(later(door.functions, "/probe", &[("authorization", &bearer)], "").await.code(), 401);
    let worker = serve(&database).start().await;
    assert_eq!(result(worker.functions, &url(&accepted)).await.text(), "ok");
}

#[tokio::test]
async fn a_result_is_gone_after_its_time() {
    let database = Database::create().await;
    let node = serve(&database).var("WASMFORGE_JOBS_RETENTION_MS", 1).start().await;
    deploy_probe(&node).await;
    let accepted = later(node.functions, "/probe", &[], "").await;
    becomes(&database, "(SELECT finished_at < now() - interval '1 millisecond' FROM functions.jobs)").await;
    let answer = node.functions.get(&url(&accepted)).await;
    assert_eq!(answer.failure(), (410, "INVOCATION_EXPIRED".into()));
}

#[tokio::test]
async fn only_the_very_url_leads_to_a_result() {
    let (_database, node) = node().await;
    node.deploy("other", wasmforge_tests::answering(200)).await;
    let accepted = later(node.functions, "/probe", &[], "").await;
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    result(node.functions, &url(&accepted)).await;
    for path in [format!("/other/invocations/{id}"), format!("/probe/invocations/{}", uuid::Uuid::new_v4())] {
        let answer = node.functions.get(&path).await;
        assert_eq!(answer.failure(), (404, "INVOCATION_NOT_FOUND".into()), "{path}");
    }
    for path in
        [format!("/probe/invocations/{id}/"), "/probe/invocations/1".into(), "/probe/invocations/".into()]
    {
        assert_eq!(node.functions.get(&path).await.text(), "Not Found", "{path}");
    }
    let posted = node.functions.post(&url(&accepted), "").await;
    assert_eq!((posted.code(), posted.header("allow")), (405, Some("GET, HEAD")));
    let head = request("HEAD", &url(&accepted)).body("").unwrap();
    assert_eq!(node.functions.send(head).await.code(), 200);
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_a_result() {
    let (_database, node) = node().await;
    let accepted = later(node.platform(), "/functions/probe", &[("origin", "https://a.example")], "").await;
    assert_eq!(accepted.header("access-control-allow-origin"), Some("*"));
    result(node.platform(), &url(&accepted)).await;
    let asked = request("GET", &url(&accepted)).header("origin", "https://a.example").body("").unwrap();
    assert_eq!(node.platform().send(asked).await.header("access-control-allow-origin"), Some("*"));
    let preflight =
        request("OPTIONS", &url(&accepted)).header("origin", "https://a.example").body("").unwrap();
    assert_eq!(node.platform().send(preflight).await.code(), 204);
}

#[tokio::test]
async fn a_function_may_leave_work_for_later_too_and_not_without_end() {
    let (_database, node) = node().await;
    let again = format!(
        "export default async (request) => {{
            const {{ searchParams }} = new URL(request.url);
            const answer = await fetch('{}', {{
                method: 'POST', headers: {{ prefer: 'respond-async' }}, body: searchParams.get('n'),
            }});
            return new Response(await answer.text(), {{ status: answer.status }});
        }};",
        node.functions.url("/probe?do=echo")
    );
    node.store_source("starter", &again).await;
    let started = node.functions.get("/starter?n=seven").await;
    assert_eq!(started.code(), 202, "{started:?}");
    assert_eq!(result(node.functions, &url(&started)).await.text(), "seven");

    let itself = again.replace("/probe?do=echo", "/itself");
    // A `202` of its own would look like the queue's.
    let itself = itself.replace("status: answer.status", "status: answer.ok ? 200 : answer.status");
    node.store_source("itself", &itself).await;
    let mut next = url(&later(node.functions, "/itself", &[("x-wasmforge-max-attempts", "1")], "").await);
    let mut runs = 0;
    let last = loop {
        let answer = result(node.functions, &next).await;
        runs += 1;
        if answer.code() != 200 || !answer.text().contains("invocations") {
            break answer;
        }
        next = answer.json()["url"].as_str().unwrap().to_owned();
    };
    assert_eq!((runs, last.code()), (9, 508), "{last:?}");
}
