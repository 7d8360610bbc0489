//! Builds Rust functions with cargo.
//!
//! All crates of one workspace are built in one invocation, always the same one: cargo then does nothing for what
//! has not changed, and never builds a dependency again for another combination of features.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// What functions are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Builds the crates at `folders`: for each the path of its component, or why there is none. The compiler's own
/// messages go to stderr as they come.
pub(super) async fn build(folders: &[PathBuf]) -> HashMap<PathBuf, Result<PathBuf, String>> {
    let mut results = HashMap::new();
    let mut workspaces: BTreeMap<PathBuf, Workspace> = BTreeMap::new();
    for folder in folders {
        match Crate::of(folder).await {
            Ok((workspace, member)) => {
                workspaces.entry(workspace.root.clone()).or_insert(workspace).members.push(member);
            }
            Err(problem) => drop(results.insert(folder.clone(), Err(problem))),
        }
    }
    for workspace in workspaces.into_values() {
        workspace.build(&mut results).await;
    }
    results
}

struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
    members: Vec<Crate>,
}

struct Crate {
    folder: PathBuf,
    manifest: PathBuf,
    name: String,
}

impl Crate {
    /// Asks cargo which package and workspace a folder belongs to.
    async fn of(folder: &Path) -> Result<(Workspace, Self), String> {
        let manifest = folder.join("Cargo.toml").canonicalize().map_err(|error| error.to_string())?;
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"])
            .arg(&manifest)
            .output()
            .await
            .map_err(|error| format!("cargo, which builds Rust functions, cannot be run: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let path = |key: &str| metadata.get(key).and_then(Value::as_str).map(PathBuf::from);
        let name = metadata
            .get("packages")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|package| text(package, "manifest_path").is_some_and(|path| Path::new(path) == manifest))
            .and_then(|package| text(package, "name"));
        match (name, path("workspace_root"), path("target_directory")) {
            (Some(name), Some(root), Some(target_dir)) => Ok((
                Workspace { root, target_dir, members: Vec::new() },
                Self { folder: folder.to_owned(), name: name.to_owned(), manifest },
            )),
            _ => Err("its Cargo.toml defines no package".to_owned()),
        }
    }
}

impl Workspace {
    async fn build(&self, results: &mut HashMap<PathBuf, Result<PathBuf, String>>) {
        let run = self.command().output().await;
        let artifacts = match &run {
            Ok(output) => components(&output.stdout),
            Err(_) => HashMap::new(),
        };
        for member in &self.members {
            let result = match (artifacts.get(&member.manifest), &run) {
                (Some(component), _) => Ok(component.clone()),
                (None, Err(error)) => Err(format!("cargo cannot be run: {error}")),
                (None, Ok(output)) if output.status.success() => {
                    Err("it builds no component: set crate-type = [\"cdylib\"] in [lib]".to_owned())
                }
                (None, Ok(_)) => Err("it does not compile; see the compiler's messages above".to_owned()),
            };
            results.insert(member.folder.clone(), result);
        }
    }

    fn command(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root).args(["build", "--keep-going", "--target", TARGET]);
        command.args(["--profile", self.profile(), "--message-format=json-render-diagnostics"]);
        for member in &self.members {
            command.args(["-p", &member.name]);
        }
        // A compiler of its own cannot share a target folder with another one.
        if let Some(rustc) = std::env::var_os("WASMFORGE_GUEST_RUSTC").filter(|path| !path.is_empty()) {
            command.env("RUSTC", rustc).arg("--target-dir").arg(self.target_dir.join("guest-toolchain"));
        }
        command.stderr(Stdio::inherit());
        command
    }

    /// Our own workspace has a profile for guests; another's release profile is the nearest thing.
    fn profile(&self) -> &'static str {
        let manifest = fs::read_to_string(self.root.join("Cargo.toml")).unwrap_or_default();
        match manifest.lines().any(|line| line.trim() == "[profile.guest]") {
            true => "guest",
            false => "release",
        }
    }
}

/// The cargo that started us, or the one on the `PATH`. Stopped if we are.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// The components that cargo reports, by manifest. A library is preferred to a program: it is the one with a
/// request handler.
fn components(messages: &[u8]) -> HashMap<PathBuf, PathBuf> {
    let mut found: HashMap<PathBuf, PathBuf> = HashMap::new();
    for message in messages.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(message) else { continue };
        let file = strings(message.get("filenames")).find(|file| file.ends_with(".wasm"));
        let (Some(file), Some(manifest)) = (file, text(&message, "manifest_path")) else { continue };
        let library = strings(message.pointer("/target/kind")).any(|kind| kind == "cdylib");
        if library || !found.contains_key(Path::new(manifest)) {
            found.insert(PathBuf::from(manifest), PathBuf::from(file));
        }
    }
    found
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_of_a_library_is_taken_from_cargos_messages() {
        let messages = br#"not json
{"reason":"compiler-artifact","manifest_path":"/p/a/Cargo.toml","target":{"kind":["lib"]},"filenames":["/t/liba.rlib"]}
{"reason":"compiler-artifact","manifest_path":"/p/b/Cargo.toml","target":{"kind":["cdylib"]},"filenames":["/t/b.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/p/b/Cargo.toml","target":{"kind":["bin"]},"filenames":["/t/b-main.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/p/c/Cargo.toml","target":{"kind":["bin"]},"filenames":["/t/c.wasm"]}
"#;
        let expected = [("/p/b/Cargo.toml", "/t/b.wasm"), ("/p/c/Cargo.toml", "/t/c.wasm")];
        assert_eq!(components(messages), expected.map(|(m, f)| (PathBuf::from(m), PathBuf::from(f))).into());
    }

    #[tokio::test]
    async fn a_crate_that_is_not_one_is_reported_for_itself() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("Cargo.toml"), "[package]\nname = 7\n").unwrap();
        let folder = temp.path().to_owned();
        let results = build(std::slice::from_ref(&folder)).await;
        assert!(results[&folder].as_ref().unwrap_err().contains("name"), "{results:?}");
    }
}
