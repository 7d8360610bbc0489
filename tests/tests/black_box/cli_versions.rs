//! `versions`, `rollback`, `traffic`, `promote` and trials from the command line.

use serde_json::{Value, json};
use wasmforge_tests::{Database, Node, Project, Serve};

/// A node with a function of three versions, which say their number.
async fn three_versions(database: &Database) -> Node {
    let node = Serve::over(database).start().await;
    let project = Project::new();
    for version in 1..=3 {
        project.write("says.js", &format!("export default () => new Response('version {version}');"));
        node.commanded(&["deploy", project.path("says.js").to_str().unwrap()]).await;
    }
    node
}

#[tokio::test]
async fn versions_are_listed_and_a_rollback_is_one_command() {
    let database = Database::create().await;
    let node = three_versions(&database).await;
    let table = node.commanded(&["versions", "says"]).await;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("VERSION  TRAFFIC") && lines[1].starts_with("3        live"), "{table}");
    assert!(lines[1].contains("module") && lines.len() == 4, "{table}");
    let versions = node.commanded_json(&["versions", "says"]).await;
    let numbers: Vec<&Value> =
        versions["versions"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
    assert_eq!(numbers, [3, 2, 1]);

    assert_eq!(node.commanded(&["rollback", "says"]).await, "says: version 2 is live, after version 3");
    assert_eq!(node.commanded(&["invoke", "says"]).await, "version 2");
    assert_eq!(node.commanded_json(&["rollback", "says", "1"]).await["to"], 1);
    assert_eq!(node.commanded(&["invoke", "says"]).await, "version 1");
    assert_eq!(node.commanded(&["invoke", "says", "--version", "3"]).await, "version 3");
    for (arguments, code) in [
        (&["rollback", "says", "9"][..], 5),
        (&["rollback", "says"], 3),
        (&["rollback", "nowhere"], 5),
        (&["versions", "nowhere"], 5),
        (&["rollback", "says", "last"], 2),
        (&["invoke", "says", "--version", "9"], 5),
    ] {
        let refused = node.command(arguments).finish().await;
        assert_eq!(refused.code(), code, "{arguments:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_version_is_tried_before_it_is_live() {
    let database = Database::create().await;
    let node = three_versions(&database).await;
    let project = Project::new().file("says.js", "export default () => new Response('version 4');");
    let file = project.path("says.js");
    let deployed = node.commanded(&["deploy", file.to_str().unwrap(), "--canary", "0"]).await;
    assert!(deployed.ends_with("/functions/says (0 % to version 4)"), "{deployed}");
    assert_eq!(node.commanded(&["invoke", "says"]).await, "version 3");
    assert_eq!(node.commanded(&["invoke", "says", "--version", "4"]).await, "version 4");
    assert!(node.commanded(&["inspect", "says"]).await.contains("version  3, 0 % to 4"));

    let split = node.commanded(&["traffic", "says", "4", "100"]).await;
    assert_eq!(split, "says: version 3 is live, version 4 answers 100 % of requests");
    assert_eq!(node.commanded(&["invoke", "says"]).await, "version 4");
    let cleared = node.commanded(&["traffic", "says", "--clear"]).await;
    assert_eq!(cleared, "says: version 3 is live and answers all requests");
    assert_eq!(node.commanded(&["invoke", "says"]).await, "version 3");

    node.commanded(&["traffic", "says", "4", "10"]).await;
    let function = node.commanded_json(&["traffic", "says"]).await;
    assert_eq!(function["traffic"]["canary"], json!({ "version": 4, "percent": 10 }));
    assert_eq!(
        node.commanded(&["promote", "says"]).await,
        "says: version 4 is live and answers all requests"
    );
    assert_eq!(node.commanded(&["invoke", "says"]).await, "version 4");
    for (arguments, code) in [
        (&["promote", "says"][..], 3),
        (&["traffic", "says", "4"], 2),
        (&["traffic", "says", "4", "101"], 2),
        (&["traffic", "says", "9", "10"], 5),
        (&["deploy", file.to_str().unwrap(), "--canary", "101"], 2),
    ] {
        let refused = node.command(arguments).finish().await;
        assert_eq!(refused.code(), code, "{arguments:?}: {refused:?}");
    }
}

#[tokio::test]
async fn the_versions_of_a_component_are_inspected() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("sql", std::fs::read(wasmforge_tests::component("sql")).unwrap()).await;
    let told = node.commanded(&["inspect", "sql"]).await;
    assert!(
        told.contains("wasmforge:platform/sql@") && told.contains("wallMs               60000"),
        "{told}"
    );
}
