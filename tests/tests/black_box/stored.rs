//! A node whose function does with storage what a test tells it.

use bytes::Bytes;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Node, Serve, component, in_seconds, request, token};

/// Buckets, and the policies of a project whose users own what they upload.
const OWNERS: &str = "
    INSERT INTO storage.buckets (name, public) VALUES ('files', false), ('shown', true);
    ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON storage.objects TO authenticated
        USING (uploaded_by = auth.jwt() ->> 'sub') WITH CHECK (uploaded_by = auth.jwt() ->> 'sub');";

/// A node whose function `probe` does with storage what it is told.
pub(crate) struct Stored {
    pub(crate) database: Database,
    pub(crate) node: Node,
}

impl Stored {
    /// With these variables.
    pub(crate) async fn with(variables: &[(&str, String)]) -> Self {
        let database = Database::create().await;
        let serve = Serve::over(&database);
        let node = variables.iter().fold(serve, |serve, (name, value)| serve.var(name, value)).start().await;
        node.deploy("probe", std::fs::read(component("storage-probe")).unwrap()).await;
        let stored = Self { database, node };
        stored.database.execute(OWNERS).await;
        stored.grant(json!({ "storage": { "as": "service" } })).await;
        stored
    }

    pub(crate) async fn grant(&self, capabilities: Value) {
        let answer = self.node.update("probe", json!({ "capabilities": capabilities })).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
    }

    /// What comes of a query, for a user.
    pub(crate) async fn does(&self, user: Option<&str>, query: &str, body: impl Into<Bytes>) -> Answer {
        let mut request = request("POST", &format!("/probe?{query}"));
        if let Some(user) = user {
            request = request.header("authorization", format!("Bearer {}", of(user)));
        }
        self.node.functions.send(request.body(body.into()).unwrap()).await
    }

    /// The same where it must succeed.
    pub(crate) async fn done(&self, user: Option<&str>, query: &str, body: impl Into<Bytes>) -> String {
        let answer = self.does(user, query, body).await;
        assert_eq!(answer.code(), 200, "{query}: {}", answer.text());
        answer.text().to_owned()
    }

    /// The same where it must fail: the error.
    pub(crate) async fn error(&self, user: Option<&str>, query: &str, body: impl Into<Bytes>) -> String {
        let answer = self.does(user, query, body).await;
        assert!(!answer.status.is_success(), "{query}: {answer:?}");
        answer.text().to_owned()
    }

    pub(crate) async fn rows(&self) -> i64 {
        self.database.number("(SELECT count(*) FROM storage.objects)").await
    }
}

/// A token of a user who signed in.
pub(crate) fn of(user: &str) -> String {
    token(&json!({ "sub": user, "role": "authenticated", "exp": in_seconds(600) }))
}
