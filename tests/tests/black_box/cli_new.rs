//! `wasmforge new`: each template passes its own test and can be deployed.

use std::path::{Path, PathBuf};
use tokio::process::Command;
use wasmforge_tests::{API_KEY, Database, Project, Serve, scratch};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A new project `greet` in a folder of its own.
async fn made(template: &str) -> Project {
    let project = Project::new();
    let arguments =
        [PathBuf::from("new"), project.path("greet"), PathBuf::from("--template"), template.into()];
    let made = project.wasmforge(arguments).arg("--sdk").arg(repository()).finish().await;
    assert!(made.status.success() && made.stdout.contains("wasmforge deploy"), "{made:?}");
    project
}

/// Deploys the project's functions, and calls the one that it has.
async fn deploys(project: &Project) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let folder = project.path("greet/functions");
    let launch = project.wasmforge([PathBuf::from("deploy"), folder]);
    let deployed =
        launch.var("WASMFORGE_URL", node.platform().url("")).var("ACCESS_API_KEY", API_KEY).finish().await;
    assert!(deployed.status.success(), "{deployed:?}");
    assert_eq!(node.commanded(&["invoke", "greet?name=you"]).await, r#"{"message":"Hello, you!"}"#);
}

async fn succeeds(command: &mut Command) {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_javascript_project_passes_its_test_and_is_deployed() {
    let project = made("javascript").await;
    succeeds(Command::new("npm").arg("test").current_dir(project.path("greet"))).await;
    let checked = project.wasmforge([PathBuf::from("check"), project.path("greet/functions")]).finish().await;
    assert!(checked.status.success() && checked.stdout.is_empty(), "{checked:?}");
    deploys(&project).await;
}

#[tokio::test]
async fn a_typescript_project_passes_its_test_and_is_deployed() {
    let project = made("typescript").await;
    let compiler = repository().join("guest-sdk/js/package/node_modules");
    if compiler.is_dir() {
        std::os::unix::fs::symlink(compiler, project.path("greet/node_modules")).unwrap();
        succeeds(Command::new("npm").arg("test").current_dir(project.path("greet"))).await;
    } else {
        eprintln!("{} is not there: types are not checked", compiler.display());
    }
    let checked = project.wasmforge([PathBuf::from("check"), project.path("greet/functions")]).finish().await;
    assert!(checked.status.success() && checked.stdout.is_empty(), "{checked:?}");
    deploys(&project).await;
}

#[tokio::test]
async fn a_rust_project_passes_its_test_and_is_deployed() {
    let project = made("rust").await;
    // The versions that are here already, in a target folder that outlives the test.
    std::fs::copy(repository().join("Cargo.lock"), project.path("greet/Cargo.lock")).unwrap();
    let target = scratch("new-project");
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).arg("--offline").current_dir(project.path("greet"));
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo
    };
    succeeds(&mut cargo(&["test"])).await;
    succeeds(&mut cargo(&["build", "--release", "--target", "wasm32-wasip2"])).await;
    let module = target.join("wasm32-wasip2/release/greet.wasm");
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.commanded(&["deploy", module.to_str().unwrap()]).await;
    assert_eq!(node.commanded(&["invoke", "greet?name=you"]).await, r#"{"message":"Hello, you!"}"#);
}

#[tokio::test]
async fn what_is_there_is_not_written_over_and_bad_names_are_refused() {
    let project = Project::new().file("taken/thesis.tex", "mine");
    for name in ["taken", "health", "no slug"] {
        let refused = project.wasmforge([PathBuf::from("new"), project.path(name)]).finish().await;
        assert_eq!(refused.code(), 2, "{name}: {refused:?}");
    }
    assert_eq!(project.read("taken/thesis.tex"), "mine");
    let arguments = ["new", "greet", "--template", "rust", "--sdk", "/nowhere"];
    assert_eq!(project.wasmforge(arguments).finish().await.code(), 2);
    let arguments = ["new", "greet", "--template", "cobol"];
    assert_eq!(project.wasmforge(arguments).finish().await.code(), 2);
}
