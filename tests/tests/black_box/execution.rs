//! What a guest gets, and what it does not.

use serde_json::json;
use wasmforge_tests::Run;

#[tokio::test]
async fn every_request_gets_a_fresh_instance() {
    let probe = Run::guest("probe").start().await;
    for _ in 0..5 {
        assert_eq!(probe.does("count").await.json(), json!({ "count": 1 }));
    }
}
