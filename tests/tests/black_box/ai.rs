//! Functions that ask language models.

use bytes::Bytes;
use serde_json::json;
use wasmforge_tests::{
    Answer, Database, Guest, OpenAi, Run, Running, Serve, component, encrypt, eventually, request,
};

wasmforge_tests::twins!(example: "ai", "ai-ts": the_first_part_arrives_before_the_answer_ends, the_example_answers_in_every_way);

const KEY: &str = "sk-the-key-of-tests";

/// A guest that runs alone, with that server as its models'.
fn run(guest: &str, server: &OpenAi) -> Run {
    asking(Run::guest(guest), server)
}

fn asking(run: Run, server: &OpenAi) -> Run {
    let run = run.var("WASMFORGE_AI_BASE_URL", server.base_url());
    run.var("WASMFORGE_AI_API_KEY", KEY)
}

async fn probe() -> (OpenAi, Running) {
    let server = OpenAi::start().await;
    let probe = run("ai-probe", &server).start().await;
    (server, probe)
}

/// What became of a call, as the probe tells it.
async fn told(probe: &Running, what: &str, model: &str) -> String {
    let answer = probe.get(&format!("/?do={what}&model=test/{model}")).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    answer.text().to_owned()
}

#[tokio::test]
async fn a_chat_is_asked_and_answered_as_a_whole() {
    let (server, probe) = probe().await;
    let told = told(&probe, "chat", "good").await;
    assert_eq!(
        told,
        r#"Ok(Completion { text: "Tea is a drink.", tool_calls: None, finish_reason: Some("stop"), model: Some("test/good"), usage: Usage { prompt: 11, completion: 5 } })"#
    );
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-the-key-of-tests"));
    let messages = json!([{"role": "user", "content": "hi"}]);
    assert_eq!(
        asked.body,
        json!({"model": "test/good", "messages": messages, "temperature": 0.5, "max_tokens": 9})
    );
}

#[tokio::test]
async fn a_streamed_chat_comes_in_parts_with_its_usage_at_the_end() {
    let (server, probe) = probe().await;
    let told = told(&probe, "stream", "good").await;
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[..3], ["Tea ", "is ", "a drink."]);
    assert!(lines[3].contains(r#"finish_reason: Some("stop")"#), "{told}");
    assert!(lines[3].contains("prompt: 11, completion: 5"), "{told}");
    let body = &server.asked()[0].body;
    assert_eq!((&body["stream"], &body["stream_options"]["include_usage"]), (&json!(true), &json!(true)));
}

async fn the_first_part_arrives_before_the_answer_ends(guest: Guest) {
    let server = OpenAi::start().await;
    let example = asking(guest.run(), &server).start().await;
    let asked = request("POST", "/?model=test/held").body(Bytes::from("What is tea?")).unwrap();
    let mut answer = example.open(asked).await;
    assert_eq!(answer.at_least(4).await, b"Tea ");
    server.release();
    assert_eq!(answer.finish().await.text(), "is a drink.");
}

#[tokio::test]
async fn what_came_before_a_cut_is_good_and_the_cut_is_an_error() {
    let (_server, probe) = probe().await;
    for (model, error) in
        [("cut", "Broken("), ("unfinished", "Broken(\"the stream ended before the answer did\")")]
    {
        let told = told(&probe, "stream", model).await;
        let lines: Vec<_> = told.lines().collect();
        assert_eq!((lines.len(), &lines[..2]), (3, &["Tea ", "is "][..]), "{model}: {told}");
        assert!(lines[2].starts_with(error), "{model}: {told}");
    }
    assert_eq!(
        told(&probe, "stream", "fails").await,
        "Tea \nProvider { status: 502, message: \"overloaded\" }"
    );
    assert!(told(&probe, "stream", "endless").await.starts_with("Tea \nTooLarge("));
    assert!(told(&probe, "chat", "cut").await.starts_with("Err(Broken("));
}

#[tokio::test]
async fn every_failure_has_its_error() {
    let (_server, probe) = probe().await;
    for (model, error) in [
        ("busy", "RateLimited { retry_after: Some(7) }"),
        // The key that the endpoint repeats is not handed on.
        ("broken", "Provider { status: 500, message: \"the key … is on fire\" }"),
        ("garbage", "InvalidResponse("),
    ] {
        for what in ["chat", "stream", "embed", "paint"] {
            let told = told(&probe, what, model).await;
            assert!(told.trim_start_matches("Err(").starts_with(error), "{what} {model}: {told}");
        }
    }
    assert!(
        told(&probe, "chat", "hidden").await.contains("Provider { status: 503, message: \"overloaded\" }")
    );
    assert!(told(&probe, "stream", "plain").await.starts_with("InvalidResponse("));
    assert!(told(&probe, "chat", "large").await.starts_with("Err(TooLarge("));
}

#[tokio::test]
async fn embeddings_and_images_are_made() {
    let (server, probe) = probe().await;
    assert_eq!(
        told(&probe, "embed", "good").await,
        "Ok(Embeddings { vectors: [[0.0, 0.5], [1.0, 0.5]], usage: Usage { prompt: 4, completion: 0 } })"
    );
    assert_eq!(told(&probe, "paint", "good").await, "Ok([Bytes([0, 1, 2]), Bytes([0, 1, 2])])");
    let asked = server.asked();
    assert_eq!((asked[0].path.as_str(), &asked[0].body["input"]), ("/v1/embeddings", &json!(["hi", "ho"])));
    assert_eq!(asked[1].path, "/v1/images/generations");
    assert_eq!(asked[1].body, json!({"model": "test/good", "prompt": "hi", "n": 2, "size": "9x9"}));
}

#[tokio::test]
async fn tools_are_called_whole_and_in_fragments() {
    let (_server, probe) = probe().await;
    let calls = r#"{"function": Object {"arguments": String("{\"cups\":2}"), "name": String("brew")}"#;
    for what in ["chat", "stream"] {
        let told = told(&probe, what, "tools").await;
        assert!(told.contains(calls) && told.contains("Some(\"tool_calls\")"), "{what}: {told}");
    }
}

async fn the_example_answers_in_every_way(guest: Guest) {
    let server = OpenAi::start().await;
    let example = asking(guest.run(), &server).start().await;
    assert_eq!(example.post("/", "What is tea?").await.text(), "Tea is a drink.");
    let whole = example.post("/?whole", "What is tea?").await;
    assert_eq!(whole.json(), json!({"text": "Tea is a drink.", "usage": {"prompt": 11, "completion": 5}}));
    let line = example.call_line(&whole.invocation()).await;
    assert_eq!((&line["aiPromptTokens"], &line["aiCompletionTokens"]), (&json!(11), &json!(5)));
    assert_eq!((&line["hostCalls"], &line["outboundRequests"]), (&json!(1), &json!(0)));
    let vectors: Vec<Vec<f64>> = serde_json::from_value(example.post("/?embed", "tea").await.json()).unwrap();
    assert_eq!(vectors, [[0.0, 0.5]]);
    assert_eq!(&example.post("/?paint", "tea").await.body[..], [0, 1, 2]);
    assert_eq!(example.post("/?model=test/busy", "tea").await.code(), 503);
    assert_eq!(example.post("/?model=test/broken", "tea").await.code(), 502);
    assert_eq!(example.post("/", "").await.code(), 400);
}

#[tokio::test]
async fn a_model_that_is_not_allowed_is_never_asked() {
    let server = OpenAi::start().await;
    let probe = run("ai-probe", &server).var("WASMFORGE_AI_MODELS", "test/good*, other/*").start().await;
    assert!(told(&probe, "chat", "good").await.starts_with("Ok("));
    assert!(told(&probe, "chat", "good-too").await.starts_with("Ok("));
    for what in ["chat", "stream", "embed", "paint"] {
        let told = told(&probe, what, "best").await;
        let told = told.trim_start_matches("Err(");
        assert!(told.starts_with("ModelNotAllowed(\"test/best\")"), "{what}: {told}");
    }
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn what_makes_no_sense_or_is_too_large_is_never_sent() {
    let (server, probe) = probe().await;
    let other_model = probe.get("/?do=chat&model=test/good&extra=models").await;
    assert!(other_model.text().starts_with("Err(InvalidRequest(\"extra: \\\"models\\\""), "{other_model:?}");
    let large = probe.get(&format!("/?do=chat&model=test/good&size={}", 9 * 1024 * 1024)).await;
    assert!(large.text().starts_with("Err(TooLarge("), "{}", large.text());
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let server = OpenAi::start().await;
    let probe = run("ai-probe", &server).var("WASMFORGE_AI_TIMEOUT_MS", 300).start().await;
    assert_eq!(told(&probe, "chat", "silent").await, "Err(Timeout)");
    assert_eq!(told(&probe, "stream", "held").await, "Tea \nTimeout");
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_call_with_it() {
    let (server, probe) = probe().await;
    let mut client = probe.raw().await;
    assert!(client.write("GET /?do=chat&model=test/silent HTTP/1.1\r\nhost: x\r\n\r\n").await);
    eventually("the model being asked", || (server.waiting() == 1).then_some(())).await;
    drop(client);
    eventually("the call being cancelled", || (server.waiting() == 0).then_some(())).await;
}

#[tokio::test]
async fn without_an_endpoint_the_error_says_so() {
    let probe = Run::guest("ai-probe").start().await;
    assert!(told(&probe, "chat", "good").await.contains("Unavailable(\"neither WASMFORGE_AI_BASE_URL nor"));
    let gone = Run::guest("ai-probe").var("WASMFORGE_AI_BASE_URL", "http://127.0.0.1:1/v1").start().await;
    assert!(told(&gone, "stream", "good").await.starts_with("Unavailable(\"the endpoint cannot be reached"));
}

#[tokio::test]
async fn a_node_takes_the_key_from_its_secrets_and_counts_what_functions_use() {
    let server = OpenAi::start().await;
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_AI_BASE_URL", server.base_url()).start().await;
    database.write_secret("OPENAI_API_KEY", &encrypt("sk-of-the-project")).await;
    node.deploy("asks", std::fs::read(component("ai-probe")).unwrap()).await;
    let ask = async |model: &str| -> Answer {
        node.functions.get(&format!("/asks?do=chat&model=test/{model}")).await
    };
    let is_known = async {
        loop {
            ask("good").await;
            let asked = server.asked();
            if asked.last().unwrap().authorization.as_deref() == Some("Bearer sk-of-the-project") {
                return asked.len();
            }
        }
    };
    let calls = wasmforge_tests::in_time("the key being known", is_known).await;
    let last = ask("good").await;
    node.call_line(&last.invocation()).await;
    let tokens = async |kind: &str| {
        node.metric(&format!(r#"wasmforge_ai_tokens_total{{slug="asks",kind="{kind}"}}"#)).await
    };
    let expected = (calls + 1) as f64;
    assert_eq!((tokens("prompt").await, tokens("completion").await), (11.0 * expected, 5.0 * expected));
    let row = format!(
        "(SELECT concat_ws(' ', host_calls, outbound_requests, ai_prompt_tokens, ai_completion_tokens)
         FROM functions.invocations WHERE id = '{}')",
        last.invocation()
    );
    let row = wasmforge_tests::in_time("the row", async {
        loop {
            if let Some(row) = database.text(&row).await {
                return row;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    assert_eq!(row.await, "1 0 11 5");
    assert!(!node.written().contains("sk-of-the-project"));

    let granted = node.update("asks", json!({"capabilities": {"ai": {"models": ["test/b*"]}}})).await;
    assert_eq!(granted.code(), 200, "{granted:?}");
    let before = server.asked().len();
    let refused = ask("good").await;
    assert_eq!(refused.text(), r#"Err(NotGranted("ai: {\"models\": [\"test/good\"]}"))"#);
    assert_eq!(server.asked().len(), before);
    assert!(ask("best").await.text().starts_with("Ok("));
    let bad = node.update("asks", json!({"capabilities": {"ai": {"models": ["a b"]}}})).await;
    assert_eq!(bad.code(), 400);
    assert!(bad.text().contains("ai.models") || bad.text().contains("models"), "{bad:?}");
}
