//! Every example, every function and every guest is run by a test.

use std::path::Path;
use wasmforge_tests::named_guests;

#[test]
fn every_guest_is_named_by_a_test() {
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let forgotten: Vec<_> =
        named_guests().into_iter().filter(|name| !tests.contains(&format!("\"{name}\""))).collect();
    assert!(forgotten.is_empty(), "no test runs {forgotten:?}");
}

fn sources(dir: &Path) -> String {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| if path.is_dir() { sources(&path) } else { std::fs::read_to_string(path).unwrap() })
        .collect()
}
