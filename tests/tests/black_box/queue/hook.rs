//! A function that tells a peer of everything that it is handed, and answers what the peer answers.

use super::serve;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Node, Peer, Received, eventually};

/// What the function was handed, as the peer saw it.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    /// The event.
    pub(super) event: Value,
    /// The header fields of the request.
    pub(super) headers: Value,
}

impl Handed {
    fn of(received: &Received) -> Self {
        let handed = received.json();
        Self { event: handed["event"].clone(), headers: handed["headers"].clone() }
    }

    /// `n` of the row.
    pub(super) fn n(&self) -> i64 {
        self.event["record"]["n"].as_i64().unwrap()
    }
}

/// A peer that answers the function with a status.
pub(super) async fn peer(status: impl Fn(&Handed) -> u16 + Send + Sync + 'static) -> Peer {
    Peer::start(move |received| (status(&Handed::of(received)), String::new())).await
}

/// Everything that was handed so far.
pub(super) fn handed(peer: &Peer) -> Vec<Handed> {
    peer.received().iter().map(Handed::of).collect()
}

/// Waits for so many.
pub(super) async fn handed_all(peer: &Peer, count: usize) -> Vec<Handed> {
    eventually(&format!("{count} calls"), || Some(handed(peer)).filter(|all| all.len() >= count)).await
}

/// A node with the table `notes`, the function `hook` and a trigger between them.
pub(super) async fn hooked(peer: &Peer) -> (Database, Node) {
    let database = Database::create().await;
    let node = serve(&database).start().await;
    database.execute("CREATE TABLE notes (id int PRIMARY KEY, n int, text text)").await;
    store_hook(&node, peer).await;
    let made = trigger(&node, json!({})).await;
    assert_eq!(made.code(), 201, "{made:?}");
    (database, node)
}

pub(super) async fn store_hook(node: &Node, peer: &Peer) {
    let code = format!(
        "export default async (request) => {{
            const handed = {{ headers: Object.fromEntries(request.headers), event: await request.json() }};
            const answer = await fetch('{}', {{ method: 'POST', body: JSON.stringify(handed) }});
            return new Response(null, {{ status: answer.status }});
        }};",
        peer.url("/hook")
    );
    node.store_source("hook", &code).await;
}

/// `POST /api/triggers` for every change of `notes`, but for what `fields` says.
pub(super) async fn trigger(node: &Node, fields: Value) -> Answer {
    let mut body = json!({ "name": "notes", "table": "notes", "events": ["INSERT", "UPDATE", "DELETE"],
        "functionSlug": "hook" });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    node.admin("POST", "/api/triggers", Some(body)).await
}
