//! The trigger that the author's guide shows, made.

use super::{becomes, serve};
use serde_json::Value;
use std::path::Path;
use wasmforge_tests::Database;

/// What stands between two marks.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

#[tokio::test]
async fn the_trigger_of_the_guide_works_as_it_is_shown() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/authors-guide.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let section = between(&guide, "\n## Rows that call functions\n", "\n## ");
    let database = Database::create().await;
    let node = serve(&database).start().await;
    database.execute(between(section, "-c 'CREATE", "'\n").replacen("", "CREATE", 1).as_str()).await;
    node.store_source("welcome", between(section, "<<'END'\n", "\nEND\n")).await;
    let trigger: Value = serde_json::from_str(between(section, "-d '", "'\n")).unwrap();
    assert_eq!(node.admin("POST", "/api/triggers", Some(trigger)).await.code(), 201);
    database.execute(&format!("INSERT{}", between(section, "-c \"INSERT", "\"\n"))).await;
    becomes(&database, "(SELECT status = 'succeeded' FROM functions.jobs)").await;
    let told = |line: &str| line.contains("INSERT ann@example.com").then_some(());
    node.process.stdout.find("the line of the function", told).await;
}
