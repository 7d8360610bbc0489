//! The author's tools: bundling, checking, running and deploying JavaScript and TypeScript.

use serde_json::Value;
use std::path::PathBuf;
use wasmforge_tests::{
    API_KEY, Database, Finished, NpmRegistry, Peer, Project, Run, Running, Serve, eventually,
};

const HELLO: &str = "export default () => new Response('hello');";

async fn run(project: &Project, file: &str) -> Running {
    Run::file(&project.path(file)).start().await
}

/// The bundle of a file, written to `out.js`.
async fn build(project: &Project, file: &str) -> Finished {
    let (file, output) = (project.path(file), project.path("out.js"));
    project.wasmforge(["build".into(), file, "--output".into(), output]).finish().await
}

fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

#[tokio::test]
async fn a_function_of_several_files_and_packages_becomes_one_module() {
    let project = Project::new()
        .file("lib/greet.ts", "export const greet = (name: string): string => `Hello, ${name}!`;")
        .file(
            "node_modules/shout/package.json",
            r#"{ "name": "shout", "version": "1.4.0", "main": "main.js" }"#,
        )
        .file("node_modules/shout/main.js", "module.exports = (text) => text.toUpperCase();")
        .file(
            "f.ts",
            "import { greet } from './lib/greet';\nimport shout from 'npm:shout@^1.2';\n\
             export default (): Response => new Response(shout(greet('you')));",
        );
    let built = build(&project, "f.ts").await;
    assert!(built.status.success(), "{}", built.stderr);
    let bundle = project.read("out.js");
    assert!(!bundle.contains("import "), "{bundle}");
    assert!(bundle.contains("//# sourceMappingURL=data:application/json;base64,"), "{bundle}");
    for file in ["f.ts", "out.js"] {
        assert_eq!(run(&project, file).await.get("/").await.text(), "HELLO, YOU!", "{file}");
    }
}

#[tokio::test]
async fn what_every_function_has_stays_an_import() {
    let project = Project::new()
        .file("node_modules/dep/package.json", r#"{ "name": "dep", "version": "1.0.0" }"#)
        .file("node_modules/dep/index.js", "exports.join = require('path').posix.join;")
        .file(
            "f.js",
            "import { createClient } from 'npm:@insforge/sdk@latest';\nimport { kv } from 'wasmforge';\n\
             import { Buffer } from 'buffer';\nimport { join } from 'dep';\n\
             export default () => new Response([createClient, kv, Buffer, join].join());",
        );
    let built = build(&project, "f.js").await;
    assert!(built.status.success(), "{}", built.stderr);
    let bundle = project.read("out.js");
    for module in ["@insforge/sdk", "wasmforge", "node:buffer", "node:path"] {
        assert!(bundle.contains(&format!("from \"{module}\"")), "{module}: {bundle}");
    }
}

#[tokio::test]
async fn an_address_is_fetched_once_and_locked() {
    let peer = Peer::start(|request| match request.path.as_str() {
        "/mod.js" => (200, "import { two } from './deep/two.js'; export const four = two * 2;".to_owned()),
        "/deep/two.js" => (200, "export const two = 2;".to_owned()),
        _ => (404, "no".to_owned()),
    })
    .await;
    let source = format!(
        "import {{ four }} from '{}'; export default () => new Response(String(four));",
        peer.url("/mod.js")
    );
    let project = Project::new().file("f.js", &source);
    let built = build(&project, "f.js").await;
    assert!(built.status.success(), "{}", built.stderr);
    assert_eq!(run(&project, "out.js").await.get("/").await.text(), "4");
    let lock: Value = serde_json::from_str(&project.read("wasmforge.lock")).unwrap();
    assert_eq!(lock["remote"].as_object().unwrap().len(), 2, "{lock}");
    assert!(build(&project, "f.js").await.status.success());
    assert_eq!(peer.received().len(), 2, "the second time nothing is fetched");

    let changed = lock.to_string().replace("sha256-", "sha256-0");
    project.write("wasmforge.lock", &changed);
    let refused = build(&project, "f.js").await;
    assert!(
        !refused.status.success() && refused.stderr.contains("has changed since it was locked"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn an_address_that_gives_nothing_is_told_with_its_place() {
    let peer = Peer::start(|_| (404, "no".to_owned())).await;
    let source = format!("// A comment\nimport x from '{}';\nexport default () => x;", peer.url("/gone.js"));
    let project = Project::new().file("f.js", &source);
    let refused = build(&project, "f.js").await;
    assert!(!refused.status.success());
    assert!(
        refused.stderr.contains("f.js:2:15: ") && refused.stderr.contains("status 404"),
        "{}",
        refused.stderr
    );
    project.write("f.js", "import x from 'http://example.com/x.js'; export default () => x;");
    let refused = build(&project, "f.js").await;
    assert!(refused.stderr.contains("modules come over https"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_package_that_the_project_lacks_is_installed_and_locked() {
    let registry = NpmRegistry::start("tiny-thing", &["2.1.0"], "module.exports = 'tiny';").await;
    let project = Project::new()
        .file("f.js", "import thing from 'npm:tiny-thing@2'; export default () => new Response(thing);");
    let build = || async {
        let (file, output) = (project.path("f.js"), project.path("out.js"));
        let launch = project.wasmforge([path("build"), file, path("-o"), output]);
        launch.var("npm_config_registry", registry.url()).finish().await
    };
    let built = build().await;
    assert!(built.status.success(), "{}", built.stderr);
    assert_eq!(run(&project, "out.js").await.get("/").await.text(), "tiny");
    let lock: Value = serde_json::from_str(&project.read("wasmforge.lock")).unwrap();
    assert_eq!(lock["npm"]["tiny-thing@2"]["version"], "2.1.0");
    let asked = registry.asked();
    assert!(build().await.status.success());
    assert_eq!(registry.asked(), asked, "the second time nothing is fetched");

    registry.tamper("tiny-thing", "2.1.0", "module.exports = 'evil';");
    let elsewhere = Project::new().file("f.js", &project.read("f.js"));
    elsewhere.write("wasmforge.lock", &project.read("wasmforge.lock"));
    let launch = elsewhere.wasmforge([path("build"), elsewhere.path("f.js")]);
    let refused = launch.var("npm_config_registry", registry.url()).finish().await;
    assert!(!refused.status.success(), "{}", refused.stdout);
    assert!(refused.stderr.contains("is not the package that was locked"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_module_of_jsr_is_taken_from_the_project_or_the_author_is_told_how_to_add_it() {
    let source = "import { hex } from 'jsr:@std/encoding@1/hex'; export default () => new Response(hex);";
    let project = Project::new().file("f.js", source);
    let refused = build(&project, "f.js").await;
    assert!(
        refused.stderr.contains("f.js:1:21: ") && refused.stderr.contains("npx jsr add @std/encoding"),
        "{}",
        refused.stderr
    );
    project.write(
        "node_modules/@std/encoding/package.json",
        r#"{ "version": "1.0.0", "exports": { "./hex": "./hex.js" } }"#,
    );
    project.write("node_modules/@std/encoding/hex.js", "export const hex = 'ff';");
    assert!(build(&project, "f.js").await.status.success());
    assert_eq!(run(&project, "out.js").await.get("/").await.text(), "ff");
}

#[tokio::test]
async fn check_finds_what_is_wrong_and_where() {
    let project = Project::new()
        .file("good.ts", "export default (request: Request): Response => new Response(request.url);")
        .file("broken.ts", "const a: number = 1;\nexport default () => a +;")
        .file("lost.js", "import x from './nowhere.js';\nexport default () => x;")
        .file("files.js", "import fs from 'node:fs';\nexport default () => fs;");
    let check = |file: &'static str| project.wasmforge([path("check"), project.path(file)]).finish();
    let good = check("good.ts").await;
    assert!(good.status.success() && good.stdout.is_empty(), "{} {}", good.stdout, good.stderr);
    for (file, place, words) in [
        ("broken.ts", "broken.ts:2:25: ", "Unexpected"),
        ("lost.js", "lost.js:1:15: ", "Could not resolve \"./nowhere.js\""),
        ("files.js", "files.js:1:16: ", "of Node's modules a function has"),
    ] {
        let found = check(file).await;
        assert_eq!(found.status.code(), Some(1), "{file}: {}", found.stderr);
        assert!(found.stdout.contains(place) && found.stdout.contains(words), "{file}: {}", found.stdout);
    }
}

#[tokio::test]
async fn check_runs_the_projects_own_compiler_of_types() {
    let compiler = "echo \"$0: $*\" >&2\necho \"f.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\"\nexit 2\n";
    let project = Project::new().file("f.ts", HELLO).program("node_modules/.bin/tsc", compiler);
    let check = |arguments: &[&str]| {
        let arguments: Vec<PathBuf> = arguments.iter().map(|argument| path(argument)).collect();
        project.wasmforge([path("check"), project.path("f.ts")].into_iter().chain(arguments)).finish()
    };
    let found = check(&[]).await;
    assert_eq!(found.status.code(), Some(1), "{}", found.stderr);
    assert!(found.stdout.starts_with("f.ts:1:7: TS2322: Type 'string'"), "{}", found.stdout);
    assert!(check(&["--no-types"]).await.status.success());
}

#[tokio::test]
async fn a_saved_file_is_loaded_again_and_a_bad_one_replaces_nothing() {
    let project = Project::new()
        .file("part.js", "export const text = 'one';")
        .file("f.js", "import { text } from './part.js'; export default () => new Response(text);");
    let running = Run::file(&project.path("f.js")).arg("--watch").start().await;
    assert_eq!(running.get("/").await.text(), "one");
    project.write("part.js", "export const text = ;");
    eventually("the message", || {
        running.process.stderr.all().iter().any(|l| l.contains("not loaded")).then_some(())
    })
    .await;
    assert_eq!(running.get("/").await.text(), "one");
    project.write("part.js", "export const text = 'two';");
    eventually("the message", || {
        running.process.stderr.all().iter().any(|l| l.contains("again")).then_some(())
    })
    .await;
    assert_eq!(running.get("/").await.text(), "two");
}

#[tokio::test]
async fn functions_are_deployed_to_a_server_with_what_they_import() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let project = Project::new()
        .file(
            "functions/greet.ts",
            "import { name } from '../name';\nexport default () => new Response(`Hello, ${name}!`);",
        )
        .file("functions/plain/index.js", HELLO)
        .file("functions/README.md", "Nothing to deploy.")
        .file("name.ts", "export const name: string = 'you';");
    let url = node.platform().url("");
    let deploy = |file: &str, key: &str| {
        let launch = project.wasmforge([path("deploy"), project.path(file), path("--url"), path(&url)]);
        launch.var("ACCESS_API_KEY", key).finish()
    };
    let deployed = deploy("functions", API_KEY).await;
    assert!(deployed.status.success(), "{}", deployed.stderr);
    assert_eq!(
        deployed.stdout,
        format!("{url}/functions/greet (version 1)\n{url}/functions/plain (version 1)")
    );
    assert_eq!(node.functions.get("/greet").await.text(), "Hello, you!");
    assert_eq!(node.functions.get("/plain").await.text(), "hello");

    project.write("name.ts", "export const name: string = 'all';");
    let again = deploy("functions/greet.ts", API_KEY).await;
    assert_eq!(again.stdout, format!("{url}/functions/greet (version 2)"), "{}", again.stderr);
    assert_eq!(node.functions.get("/greet").await.text(), "Hello, all!");

    project.write("functions/plain/index.js", "export default () => {");
    let refused = deploy("functions/plain", API_KEY).await;
    assert!(
        !refused.status.success() && refused.stderr.contains("not deployed: plain:\n"),
        "{}",
        refused.stderr
    );
    assert_eq!(node.functions.get("/plain").await.text(), "hello");
    let stranger = deploy("functions/greet.ts", "ik_wrong").await;
    assert!(!stranger.status.success(), "{}", stranger.stdout);
}

#[tokio::test]
async fn a_component_is_deployed_under_a_name_of_its_own() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let project = Project::new();
    let component = wasmforge_tests::component("hello");
    let url = node.platform().url("");
    let launch = project.wasmforge([
        path("deploy"),
        component,
        path("--slug"),
        path("other"),
        path("--url"),
        path(&url),
    ]);
    let deployed = launch.arg("--api-key").arg(API_KEY).finish().await;
    assert_eq!(deployed.stdout, format!("{url}/functions/other (version 1)"), "{}", deployed.stderr);
    assert_eq!(node.functions.post("/other", r#"{"name":"you"}"#).await.code(), 200);
}
