//! Runs the bundler, which is a program for Node: the files of `bundler/`.

use super::esbuild::{self, Esbuild};
use super::{AuthorError, Prepared, Problem};
use crate::compile::{NODE_MODULES, SDK_MODULE, SERVICES_MODULE};
use crate::config::Variables;
use crate::dev::cache;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The bundler's files. Its first is run.
const SCRIPTS: [(&str, &str); 6] = [
    ("index.mjs", include_str!("bundler/index.mjs")),
    ("lock.mjs", include_str!("bundler/lock.mjs")),
    ("npm.mjs", include_str!("bundler/npm.mjs")),
    ("plugin.mjs", include_str!("bundler/plugin.mjs")),
    ("remote.mjs", include_str!("bundler/remote.mjs")),
    ("specifiers.mjs", include_str!("bundler/specifiers.mjs")),
];

/// How long bundling may take, downloads included.
const PATIENCE: Duration = Duration::from_secs(600);

/// The file beside a function that holds what its imports were.
const LOCK: &str = "wasmforge.lock";

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Bundle { code: String, inputs: Vec<PathBuf> },
    Problems { problems: Vec<Problem> },
}

/// Makes one ES module of a file and everything that it imports, with a source map inside.
///
/// # Errors
/// [`AuthorError`]; problems have paths relative to the working directory.
pub async fn bundle(path: &Path, variables: &Variables) -> Result<Prepared, AuthorError> {
    let entry = path.canonicalize().map_err(AuthorError::file(path))?;
    let folder = entry.parent().unwrap_or(Path::new("/"));
    let cache = cache::of_user(variables).ok_or_else(|| {
        AuthorError::Tool("no place to keep imports: set HOME or WASMFORGE_CACHE".to_owned())
    })?;
    let esbuild = esbuild::provide(folder, variables).await?;
    let scripts = cache.join("tools");
    let script = install(&scripts).map_err(AuthorError::file(scripts))?;
    let options = json!({
        "entry": entry,
        "esbuild": esbuild.package,
        "cache": cache.join("imports"),
        "lock": folder.join(LOCK),
        "known": { "sdk": SDK_MODULE, "services": SERVICES_MODULE, "node": NODE_MODULES },
    });
    let output = node(&script, &esbuild, options.to_string()).await?;
    match serde_json::from_slice(&output.stdout) {
        Ok(Answer::Bundle { code, inputs }) => Ok(Prepared { code, inputs }),
        Ok(Answer::Problems { problems }) => {
            Err(AuthorError::Problems(problems.into_iter().map(relative).collect()))
        }
        Err(_) => Err(AuthorError::Tool(failure(&output))),
    }
}

async fn node(script: &Path, esbuild: &Esbuild, options: String) -> Result<Output, AuthorError> {
    let mut node = Command::new("node");
    node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // Newer releases of Node have a proxy's variables count with this one.
    node.env("NODE_USE_ENV_PROXY", "1");
    if let Some(program) = &esbuild.program {
        node.env("ESBUILD_BINARY_PATH", program);
    }
    let unusable = |error: io::Error| {
        AuthorError::Tool(format!(
            "Node, which bundles functions that import packages or other files, cannot be run ({error}): install \
             Node 20 or newer"
        ))
    };
    let mut child = node.spawn().map_err(unusable)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may have ended already; its output says why.
        let _ = stdin.write_all(options.as_bytes()).await;
    }
    match tokio::time::timeout(PATIENCE, child.wait_with_output()).await {
        Ok(output) => output.map_err(unusable),
        Err(_) => Err(AuthorError::Tool(format!("bundling took more than {} s", PATIENCE.as_secs()))),
    }
}

/// The line of Node's report that names the error.
fn failure(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.strip_prefix("Error: "));
    let said = said.trim();
    match (line, said.is_empty()) {
        (Some(line), _) => line.to_owned(),
        (None, false) => format!("the bundler failed: {said}"),
        (None, true) => format!("the bundler failed ({})", output.status),
    }
}

/// Writes the bundler under a name made of its content, and gives the file to run.
fn install(folder: &Path) -> io::Result<PathBuf> {
    let mut hash = Sha256::new();
    for (name, text) in SCRIPTS {
        hash.update(name);
        hash.update(text);
    }
    let digest = hex::encode(hash.finalize());
    let place = folder.join(format!("bundler-{}", digest.get(..16).unwrap_or_default()));
    let main = place.join("index.mjs");
    if main.is_file() {
        return Ok(main);
    }
    let partial = folder.join(format!(".partial-bundler-{}", std::process::id()));
    fs::create_dir_all(&partial)?;
    for (name, text) in SCRIPTS {
        fs::write(partial.join(name), text)?;
    }
    match fs::rename(&partial, &place) {
        // Another process was quicker; its files are the same.
        Err(_) if main.is_file() => fs::remove_dir_all(&partial)?,
        renamed => renamed?,
    }
    Ok(main)
}

/// A path as somebody types it here.
fn relative(problem: Problem) -> Problem {
    let here = std::env::current_dir().unwrap_or_default();
    let shorten = |file: String| match Path::new(&file).strip_prefix(&here) {
        Ok(short) => short.display().to_string(),
        Err(_) => file,
    };
    Problem { file: problem.file.map(shorten), ..problem }
}
