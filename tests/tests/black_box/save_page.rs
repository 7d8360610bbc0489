//! The example `save-page`: the web, the database and storage in one function, as its caller.

use serde_json::{Value, json};
use tempfile::TempDir;
use wasmforge_tests::{Answer, Database, Node, Peer, Serve, component, in_seconds, request, token};

const SCHEMA: &str = "
    CREATE TABLE pages (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL DEFAULT auth.uid(), url text NOT NULL);
    ALTER TABLE pages ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON pages USING (owner = auth.uid());
    INSERT INTO storage.buckets (name, public) VALUES ('pages', false);
    ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON storage.objects TO authenticated
        USING (uploaded_by = auth.jwt() ->> 'sub') WITH CHECK (uploaded_by = auth.jwt() ->> 'sub');";

const ANN: &str = "a0000000-0000-4000-8000-000000000001";
const BOB: &str = "b0000000-0000-4000-8000-000000000002";

struct Saving {
    web: Peer,
    database: Database,
    node: Node,
    _folder: TempDir,
}

impl Saving {
    async fn start() -> Self {
        let web = Peer::start(|request| match request.path.as_str() {
            "/page" => (200, r#"{"page":"one"}"#.to_owned()),
            _ => (404, "nothing".to_owned()),
        });
        let (folder, database) = (tempfile::tempdir().unwrap(), Database::create().await);
        let node = Serve::over(&database)
            .var("WASMFORGE_ALLOW_PRIVATE_NETWORK", 1)
            .var("STORAGE_DIR", folder.path().join("objects").display())
            .start()
            .await;
        database.execute(SCHEMA).await;
        node.deploy("save-page", std::fs::read(component("save-page")).unwrap()).await;
        Self { web: web.await, database, node, _folder: folder }
    }

    async fn asked(&self, user: &str, method: &str, query: &str, body: Value) -> Answer {
        let bearer = token(&json!({ "sub": user, "role": "authenticated", "exp": in_seconds(60) }));
        let call = request(method, &format!("/save-page{query}"))
            .header("authorization", format!("Bearer {bearer}"));
        self.node.functions.send(call.body(body.to_string()).unwrap()).await
    }

    async fn rows(&self) -> (i64, i64) {
        let count =
            async |table: &str| self.database.number(&format!("(SELECT count(*) FROM {table})")).await;
        (count("pages").await, count("storage.objects").await)
    }
}

#[tokio::test]
async fn a_saved_page_is_its_savers_alone() {
    let saving = Saving::start().await;
    let url = saving.web.url("/page");
    let saved = saving.asked(ANN, "POST", "", json!({ "url": url })).await;
    assert_eq!((saved.code(), &saved.json()["url"]), (201, &json!(url)), "{saved:?}");
    assert_eq!(saving.rows().await, (1, 1));
    let id = saved.json()["id"].clone();

    let shown = saving.asked(ANN, "GET", &format!("?id={id}"), Value::Null).await;
    assert_eq!((shown.text(), shown.header("content-type")), (r#"{"page":"one"}"#, Some("application/json")));
    assert_eq!(saving.asked(ANN, "GET", "", Value::Null).await.json(), json!([{ "id": id, "url": url }]));
    assert_eq!(saving.asked(BOB, "GET", "", Value::Null).await.json(), json!([]));
    assert_eq!(saving.asked(BOB, "GET", &format!("?id={id}"), Value::Null).await.code(), 404);
}

#[tokio::test]
async fn what_cannot_be_had_or_kept_leaves_nothing() {
    let saving = Saving::start().await;
    let absent = json!({ "url": saving.web.url("/absent") });
    assert_eq!(saving.asked(ANN, "POST", "", absent).await.code(), 502);
    assert_eq!(saving.asked(ANN, "POST", "", json!({ "url": "http://127.0.0.1:1/" })).await.code(), 502);
    // There is no place to keep it: the row that was written goes again.
    saving.database.execute("DELETE FROM storage.buckets").await;
    let refused = saving.asked(ANN, "POST", "", json!({ "url": saving.web.url("/page") })).await;
    assert_eq!(refused.code(), 404, "{refused:?}");
    assert_eq!(saving.rows().await, (0, 0));
}
