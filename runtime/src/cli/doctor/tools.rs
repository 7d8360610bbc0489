//! The programs that authors use: only those who write in that language need them.

use super::finding::Finding;
use tokio::process::Command;

/// The oldest Node that bundles functions.
const NODE: u32 = 20;

pub(super) async fn examine() -> Vec<Finding> {
    vec![rust().await, node().await]
}

async fn rust() -> Finding {
    const SUBJECT: &str = "Rust";
    let Some(version) = said("cargo", &["--version"]).await else {
        return Finding::absent(SUBJECT, "cargo is not there: only functions in Rust need it");
    };
    let sysroot = said("rustc", &["--print", "sysroot"]).await.unwrap_or_default();
    let target = std::path::Path::new(&sysroot).join("lib/rustlib/wasm32-wasip2");
    match target.is_dir() {
        true => Finding::good(SUBJECT, format!("{version}, with the target wasm32-wasip2")),
        false => Finding::caution(
            SUBJECT,
            format!("{version}, without the target of functions"),
            "rustup target add wasm32-wasip2",
        ),
    }
}

async fn node() -> Finding {
    const SUBJECT: &str = "Node";
    let Some(version) = said("node", &["--version"]).await else {
        return Finding::absent(
            SUBJECT,
            "node is not there: only functions that import packages or files need it",
        );
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    match major {
        Some(NODE..) => Finding::good(SUBJECT, version),
        _ => Finding::caution(SUBJECT, version, "install Node 20 or newer to bundle functions"),
    }
}

/// What a program writes, if it runs.
async fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).kill_on_drop(true).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
