//! The dashboard in Chromium, as an operator uses it.

use crate::serve::{API_KEY, Node};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

/// User name and password of the administrator of nodes that are used in a browser.
pub const ADMIN: [&str; 2] = ["operator", "a password of tests"];

/// A flow goes through many pages.
const PATIENCE: Duration = Duration::from_secs(150);

/// Runs `tests/clients/dashboard/flows/<name>.js` against a node, whose administrator is [`ADMIN`], with what `more` tells it
/// besides. Fails with what the flow did not find, and with whatever the page complained about.
pub async fn browse(node: &Node, name: &str, more: Value) {
    let folder = folder();
    let mut flow = tokio::process::Command::new("node");
    flow.arg(folder.join("flow.js")).arg(name).kill_on_drop(true);
    flow.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = flow.spawn().unwrap_or_else(|error| panic!("node: {error}"));
    let [username, password] = ADMIN;
    let mut given = json!({
        "platform": node.platform().url(""),
        "apiKey": API_KEY,
        "username": username,
        "password": password,
        "chromium": std::env::var("WASMFORGE_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
    });
    given.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let mut stdin = child.stdin.take().unwrap();
    let written = async { stdin.write_all(given.to_string().as_bytes()).await.map(|()| drop(stdin)) };
    let both = async { tokio::join!(written, child.wait_with_output()) };
    let (written, output) =
        timeout(PATIENCE, both).await.unwrap_or_else(|_elapsed| panic!("{name}: not within {PATIENCE:?}"));
    let output = output.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && written.is_ok(), "{name}: {complaint}");
}

/// Where the client's packages are installed: `WASMFORGE_DASHBOARD_CLIENT`, or the client's own folder.
fn folder() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/dashboard");
    let folder = std::env::var_os("WASMFORGE_DASHBOARD_CLIENT").map_or_else(own, PathBuf::from);
    let package = folder.join("node_modules/playwright-core");
    assert!(package.is_dir(), "there is no {}; run `npm ci` there, or `cargo xtask test`", package.display());
    folder
}
