//! Schedules: their API, and what fires when.

mod api;
mod firing;
mod input;
mod insforge;
mod nodes;

use serde_json::{Value, json};
use std::time::Duration;
use wasmforge_tests::{Answer, Node, Peer, in_time};

/// A schedule that is due every second, with these fields in place of the usual ones.
fn every_second(url: &str, fields: Value) -> Value {
    let mut body =
        json!({ "name": "tick", "cronSchedule": "1 second", "functionUrl": url, "httpMethod": "POST" });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// A schedule that is not due while a test runs.
fn never_now(url: &str, fields: Value) -> Value {
    let mut fields = fields;
    fields["cronSchedule"] = "0 0 29 2 *".into();
    every_second(url, fields)
}

/// What these tests ask of a node.
trait Schedules {
    async fn schedule(&self, body: Value) -> Answer;
    /// Makes a schedule that must be accepted. Returns its id.
    async fn scheduled(&self, body: Value) -> String;
    async fn on_schedule(&self, method: &str, id: &str, body: Option<Value>) -> Answer;
    async fn change(&self, id: &str, body: Value) -> Answer;
    async fn shown(&self, id: &str) -> Value;
    /// Its history, oldest first.
    async fn history(&self, id: &str) -> Vec<Value>;
    /// Its history once `holds` holds for it.
    async fn history_when(&self, id: &str, what: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value>;
    /// Runs it now.
    async fn run_now(&self, id: &str);
}

impl Schedules for Node {
    async fn schedule(&self, body: Value) -> Answer {
        self.admin("POST", "/api/schedules", Some(body)).await
    }

    async fn scheduled(&self, body: Value) -> String {
        let answer = self.schedule(body).await;
        assert_eq!(answer.code(), 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn on_schedule(&self, method: &str, id: &str, body: Option<Value>) -> Answer {
        self.admin(method, &format!("/api/schedules/{id}"), body).await
    }

    async fn change(&self, id: &str, body: Value) -> Answer {
        let answer = self.on_schedule("PATCH", id, Some(body)).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
        answer
    }

    async fn shown(&self, id: &str) -> Value {
        self.on_schedule("GET", id, None).await.json()
    }

    async fn history(&self, id: &str) -> Vec<Value> {
        let answer = self.admin("GET", &format!("/api/schedules/{id}/logs?limit=100"), None).await;
        let mut logs = answer.json()["logs"].as_array().unwrap().clone();
        logs.reverse();
        logs
    }

    async fn history_when(&self, id: &str, what: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        in_time(what, async {
            loop {
                let history = self.history(id).await;
                if holds(&history) {
                    return history;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
    }

    async fn run_now(&self, id: &str) {
        let answer = self.admin("POST", &format!("/api/schedules/{id}/run"), None).await;
        assert_eq!(answer.code(), 202, "{answer:?}");
        assert!(answer.json()["runId"].is_string(), "{answer:?}");
    }
}

/// A peer that is content with everything.
async fn content() -> Peer {
    Peer::start(|_| (200, "ok".into())).await
}

/// Waits until a peer was sent so many requests.
async fn received(peer: &Peer, count: usize) {
    in_time(&format!("{count} requests"), async {
        while peer.received().len() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}
