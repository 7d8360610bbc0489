//! What the platform answers, against what its description says that it answers. Schemathesis makes up the requests,
//! good and bad ones.

use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use wasmforge_tests::{API_KEY, Database, Node, Postgrest, Serve, answering, in_seconds, token_signed_with};

/// What no answer may be.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// PostgREST wants 32 bytes.
const JWT_SECRET: &str = "the-token-secret-of-tests-is-long";

/// Longer than a run takes on a slow machine; it is bounded by its number of requests.
const PATIENCE: Duration = Duration::from_secs(330);

/// A node over a database with something of everything in it, and its objects' folder.
async fn node() -> (Database, Postgrest, tempfile::TempDir, Node) {
    let database = Database::create().await;
    let objects = tempfile::tempdir().unwrap();
    let mut postgrest = Postgrest::beside(&database, JWT_SECRET);
    let node = Serve::over(&database)
        .var("JWT_SECRET", JWT_SECRET)
        .var("POSTGREST_BASE_URL", postgrest.url())
        .var("STORAGE_DIR", objects.path().display())
        .var("ROOT_ADMIN_USERNAME", "root")
        .var("ROOT_ADMIN_PASSWORD", "password")
        .start()
        .await;
    postgrest.start().await;
    node.deploy("f", answering(204)).await;
    database.execute("CREATE TABLE public.notes (id int PRIMARY KEY, note text)").await;
    (database, postgrest, objects, node)
}

/// Runs Schemathesis over the operations that `selection` names.
async fn check(node: &Node, selection: &[&str]) {
    let program = std::env::var_os("WASMFORGE_SCHEMATHESIS").map(PathBuf::from);
    let program = program.expect("WASMFORGE_SCHEMATHESIS names the program: run `cargo xtask test`");
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/schemathesis/hooks.py");
    let folder = tempfile::tempdir().unwrap();
    let claims = json!({"sub": "local:root", "role": "project_admin", "exp": in_seconds(3600)});
    let mut run = Command::new(program);
    run.current_dir(folder.path())
        .env("SCHEMATHESIS_HOOKS", hooks)
        .env("NO_COLOR", "1")
        .args(["run", &node.platform().url("/openapi.json"), "--checks", CHECKS])
        .args(["--header", &format!("x-api-key: {API_KEY}")])
        .args(["--header", &format!("Authorization: Bearer {}", token_signed_with(JWT_SECRET, &claims))])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--no-shrink"])
        .args(["--workers", "1", "--request-timeout", "60", "--warnings", "off", "--continue-on-failure"])
        .args(["--suppress-health-check", "all"])
        .args(selection)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output =
        tokio::time::timeout(PATIENCE, run.output()).await.expect("Schemathesis goes on and on").unwrap();
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the API breaks its own description:\n{said}\n{warned}");
}

#[tokio::test]
async fn every_answer_is_one_that_the_description_tells_of() {
    let (_database, _postgrest, _objects, node) = node().await;
    // Functions answer what they like; a stream has no end; and a rotated key would shut everything else out.
    check(&node, &["--exclude-path-regex", "^/functions/|/stream$|/rotate$"]).await;
}

#[tokio::test]
async fn a_rotation_answers_what_the_description_tells_of() {
    let (_database, _postgrest, _objects, node) = node().await;
    check(&node, &["--include-path", "/api/secrets/anon-key/rotate"]).await;
    check(&node, &["--include-path", "/api/secrets/api-key/rotate"]).await;
}
