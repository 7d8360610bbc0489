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
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

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
    Failure { failure: String },
}

/// Bundles functions with what they import. Its process is started by the first one, and stops with this.
pub struct Bundler {
    variables: Variables,
    running: Mutex<Option<Running>>,
}

impl Bundler {
    /// A bundler for this environment.
    #[must_use]
    pub fn new(variables: Variables) -> Self {
        Self { variables, running: Mutex::new(None) }
    }

    /// Makes one ES module of a file and everything that it imports, with a source map inside.
    ///
    /// # Errors
    /// [`AuthorError`]; problems have paths relative to the working directory.
    pub async fn bundle(&self, path: &Path) -> Result<Prepared, AuthorError> {
        let entry = path.canonicalize().map_err(AuthorError::file(path))?;
        let folder = entry.parent().unwrap_or(Path::new("/"));
        let cache = cache::of_user(&self.variables).ok_or_else(|| {
            AuthorError::Tool("no place to keep imports: set HOME or WASMFORGE_CACHE".to_owned())
        })?;
        let esbuild = esbuild::provide(folder, &self.variables).await?;
        let request = json!({
            "entry": entry,
            "cache": cache.join("imports"),
            "lock": folder.join(LOCK),
            "known": { "sdk": SDK_MODULE, "services": SERVICES_MODULE, "node": NODE_MODULES },
        });
        let mut running = self.running.lock().await;
        // Whatever goes wrong, the next function gets a new process.
        let mut process = match running.take().filter(|process| process.package == esbuild.package) {
            Some(process) => process,
            None => Running::start(&cache.join("tools"), esbuild)?,
        };
        let answer = match tokio::time::timeout(PATIENCE, process.ask(&request.to_string())).await {
            Ok(answer) => answer?,
            Err(_) => {
                return Err(AuthorError::Tool(format!("bundling took more than {} s", PATIENCE.as_secs())));
            }
        };
        *running = Some(process);
        match answer {
            Answer::Bundle { code, inputs } => Ok(Prepared { code, inputs }),
            Answer::Problems { problems } => {
                Err(AuthorError::Problems(problems.into_iter().map(relative).collect()))
            }
            Answer::Failure { failure } => Err(AuthorError::Tool(failure)),
        }
    }
}

/// The bundler's process.
struct Running {
    package: PathBuf,
    /// Killed when it is dropped.
    _child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(scripts: &Path, esbuild: Esbuild) -> Result<Self, AuthorError> {
        let script = install(scripts).map_err(AuthorError::file(scripts))?;
        let mut node = Command::new("node");
        node.arg(script).arg(&esbuild.package);
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        // Newer releases of Node have a proxy's variables count with this one.
        node.env("NODE_USE_ENV_PROXY", "1");
        if let Some(program) = &esbuild.program {
            node.env("ESBUILD_BINARY_PATH", program);
        }
        let mut child = node.spawn().map_err(unusable)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| unusable(io::ErrorKind::BrokenPipe.into()))?;
        let answers = BufReader::new(answers).lines();
        Ok(Self { package: esbuild.package, _child: child, requests, answers })
    }

    async fn ask(&mut self, request: &str) -> Result<Answer, AuthorError> {
        self.requests.write_all(request.as_bytes()).await.map_err(unusable)?;
        self.requests.write_all(b"\n").await.map_err(unusable)?;
        let answer = self.answers.next_line().await.map_err(unusable)?.unwrap_or_default();
        serde_json::from_str(&answer)
            .map_err(|_| AuthorError::Tool("the bundler ended unexpectedly".to_owned()))
    }
}

fn unusable(error: io::Error) -> AuthorError {
    AuthorError::Tool(format!(
        "Node, which bundles functions that import packages or other files, cannot be run ({error}): install Node 20 or \
         newer"
    ))
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
