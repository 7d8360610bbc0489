//! The command line over the admin API: what it prints, and how it ends.

use serde_json::json;
use std::path::PathBuf;
use wasmforge_tests::{API_KEY, Database, Launch, Peer, Project, Serve, component};

const HELLO: &str = "export default () => new Response('hello');";

#[tokio::test]
async fn functions_are_listed_for_people_and_for_scripts() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let empty = node.command(&["list"]).finish().await;
    assert!(empty.status.success() && empty.stdout.is_empty(), "{empty:?}");
    assert!(empty.stderr.contains("wasmforge new"), "{empty:?}");
    node.store_source("greet", HELLO).await;
    node.deploy("hello", std::fs::read(component("hello")).unwrap()).await;
    let table = node.commanded(&["list"]).await;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("SLUG   STATUS  KIND"), "{table}");
    assert!(lines[1].starts_with("hello  active  component  1"), "{table}");
    assert!(lines[2].starts_with("greet  active  source     1"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours in a pipe: {table}");
    assert_eq!(node.commanded_json(&["list"]).await, node.admin("GET", "/api/functions", None).await.json());
}

#[tokio::test]
async fn who_is_at_fault_is_told_by_one_line_and_an_exit_code() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let stranger = node.command(&["list"]).var("ACCESS_API_KEY", "ik_wrong").finish().await;
    assert_eq!(stranger.code(), 3, "{stranger:?}");
    assert!(stranger.stderr.contains("--api-key") && stranger.stderr.lines().count() == 1, "{stranger:?}");

    let nobody = Launch::new(["list", "--url", "http://127.0.0.1:9", "--api-key", "ik_x"]).finish().await;
    assert_eq!(nobody.code(), 4, "{nobody:?}");
    assert!(
        nobody.stderr.contains("nothing listens there") && nobody.stderr.contains("wasmforge dev"),
        "{nobody:?}"
    );

    let unknown = node.command(&["inspect", "nowhere"]).finish().await;
    assert_eq!(unknown.code(), 5, "{unknown:?}");
    assert!(unknown.stderr.contains("wasmforge list"), "{unknown:?}");

    for misuse in [&["frobnicate"][..], &["delete", "no slug"], &["inspect", "./no.such/file"]] {
        assert_eq!(node.command(misuse).finish().await.code(), 2, "{misuse:?}");
    }
    let address = Launch::new(["list", "--url", "localhost:7130", "--api-key", "ik_x"]).finish().await;
    assert_eq!(address.code(), 2, "{address:?}");

    let keyless = Launch::new(["list", "--url", "http://example.invalid"]).finish().await;
    assert_eq!(keyless.code(), 1, "{keyless:?}");
    assert!(keyless.stderr.contains("ACCESS_API_KEY"), "{keyless:?}");
}

#[tokio::test]
async fn an_answer_that_is_not_the_admin_apis_is_told_as_such() {
    let peer = Peer::start(|request| match request.path.as_str() {
        "/api/functions" => (200, "<html>a proxy</html>".to_owned()),
        "/api/functions/odd" => (200, "{\"slug\":7}".to_owned()),
        "/api/functions/busy" => (
            429,
            "{\"error\":\"TOO_MANY_REQUESTS\",\"message\":\"Slow down\",\"nextActions\":\"Wait.\"}"
                .to_owned(),
        ),
        _ => (502, "Bad Gateway".to_owned()),
    })
    .await;
    let url = peer.url("");
    let ask = |arguments: &'static [&'static str]| {
        Launch::new(arguments).arg("--url").arg(&url).arg("--api-key").arg("ik_x").finish()
    };
    for command in [&["list"][..], &["inspect", "odd"], &["inspect", "other"]] {
        let foreign = ask(command).await;
        assert_eq!(foreign.code(), 4, "{command:?}: {foreign:?}");
        assert!(foreign.stderr.contains("platform listener"), "{command:?}: {foreign:?}");
    }
    let busy = ask(&["inspect", "busy"]).await;
    assert_eq!((busy.code(), busy.stderr.as_str()), (3, "wasmforge: Slow down; Wait."));
}

#[tokio::test]
async fn an_invocation_streams_and_ends_with_its_status() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let source = "export default async (request) => {
        const url = new URL(request.url);
        const status = Number(url.searchParams.get('status') ?? 200);
        const about = [request.method, request.headers.get('content-type'), request.headers.get('x-a')].join();
        return new Response(`${about}|${await request.text()}`, { status, headers: { 'x-b': 'c' } });
    };";
    node.store_source("tell", source).await;
    assert_eq!(node.commanded(&["invoke", "tell"]).await, "GET,,|");
    let typed = &["invoke", "tell", "-d", r#"{"a":1}"#, "-H", "X-A: b"];
    assert_eq!(node.commanded(typed).await, r#"POST,application/json,b|{"a":1}"#);
    let piped = node.command(&["invoke", "tell", "-X", "PUT", "-d", "-"]).stdin("from a pipe").finish().await;
    assert_eq!(piped.stdout, "PUT,application/octet-stream,|from a pipe");
    let project = Project::new().file("body.txt", "from a file");
    let file = format!("@{}", project.path("body.txt").display());
    assert_eq!(
        node.commanded(&["invoke", "tell", "-d", &file, "-H", "content-type: text/x"]).await,
        "POST,text/x,|from a file"
    );
    for (status, code) in [(201, 0), (302, 0), (418, 3), (404, 5), (500, 4)] {
        let target = format!("tell?status={status}");
        let answered = node.command(&["invoke", &target, "-i"]).finish().await;
        assert_eq!(answered.code(), code, "{answered:?}");
        assert!(answered.stdout.starts_with(&status.to_string()), "{answered:?}");
        assert!(
            answered.stdout.contains("\nx-b: c\n") && answered.stdout.ends_with("\n\nGET,,|"),
            "{answered:?}"
        );
    }
    assert_eq!(node.command(&["invoke", "nowhere"]).finish().await.code(), 5);
    let missing = node.command(&["invoke", "tell", "-d", "@/nowhere"]).finish().await;
    assert!(missing.code() == 1 && missing.stderr.contains("/nowhere"), "{missing:?}");
}

#[tokio::test]
async fn a_streamed_answer_is_written_as_it_comes() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let source = "export default () => new Response(new ReadableStream({
        async start(controller) {
            controller.enqueue(new TextEncoder().encode('first\\n'));
            await new Promise(() => setTimeout(() => {}, 30000));
        },
    }));";
    node.store_source("slow", source).await;
    let mut running = node.command(&["invoke", "slow"]).start();
    running.stdout.find("the first line", |line| (line == "first").then_some(())).await;
    assert!(running.is_running());
}

#[tokio::test]
async fn a_function_that_is_not_public_is_invoked_as_the_administrator() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let body = json!({ "name": "own", "slug": "own", "code": HELLO, "auth": "service" });
    assert_eq!(node.create(body).await.code(), 201);
    assert_eq!(node.command(&["invoke", "own"]).finish().await.code(), 3);
    assert_eq!(node.commanded(&["invoke", "own", "--as-admin"]).await, "hello");
}

#[tokio::test]
async fn a_function_is_inspected_as_a_file_and_on_a_server() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let file = component("sql");
    let file = file.to_str().unwrap();
    let told = node.commanded(&["inspect", file]).await;
    assert!(told.contains("component, HTTP handler of WASI 0.2"), "{told}");
    assert!(
        told.contains("wasmforge:platform/sql@") && told.contains("sql        default: as the caller"),
        "{told}"
    );
    let json = node.commanded_json(&["inspect", file]).await;
    assert!(json["grants"].as_array().unwrap().contains(&json!("sql")), "{json}");

    let source =
        "import { kv } from 'wasmforge';\nimport './part.js';\nexport default () => new Response(kv);";
    let project = Project::new().file("f.ts", source);
    let json = node.commanded_json(&["inspect", project.path("f.ts").to_str().unwrap()]).await;
    assert_eq!(json["imports"], json!(["wasmforge", "./part.js"]));
    assert_eq!(json["grants"], json!(["http", "keyvalue", "secrets"]));
    assert_eq!(json["size"], source.len());

    let body = json!({
        "name": "greet", "slug": "greet", "code": HELLO, "limits": { "wallMs": 5000 },
        "capabilities": { "http": { "hosts": ["example.com"] } },
    });
    assert_eq!(node.create(body).await.code(), 201);
    let told = node.commanded(&["inspect", "greet"]).await;
    assert!(told.contains("version  1") && told.contains("wallMs               5000"), "{told}");
    assert!(told.contains(r#"http       {"hosts":["example.com"]}"#), "{told}");
    assert_eq!(node.commanded_json(&["inspect", "greet"]).await["function"]["slug"], "greet");

    let broken = Project::new().file("f.wasm", "no component");
    let refused = node.command(&["inspect", broken.path("f.wasm").to_str().unwrap()]).finish().await;
    assert!(refused.code() == 1 && refused.stderr.contains("does not begin with"), "{refused:?}");
}

#[tokio::test]
async fn only_what_changed_is_deployed() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let project = Project::new().file("functions/a.js", HELLO).file("functions/b.js", HELLO);
    let url = node.platform().url("");
    let deploy = |extra: &[&str]| {
        let launch = project.wasmforge([PathBuf::from("deploy"), project.path("functions")]);
        let launch = extra.iter().fold(launch, |launch, argument| launch.arg(argument));
        launch.var("WASMFORGE_URL", &url).var("ACCESS_API_KEY", API_KEY).finish()
    };
    let first = deploy(&[]).await;
    assert_eq!(first.stdout, format!("{url}/functions/a (version 1)\n{url}/functions/b (version 1)"));
    project.write("functions/b.js", "export default () => new Response('bye');");
    let second = deploy(&[]).await;
    assert_eq!(
        second.stdout,
        format!("{url}/functions/a (unchanged, version 1)\n{url}/functions/b (version 2)"),
        "{second:?}"
    );
    let forced = deploy(&["--force", "--json"]).await;
    let forced: serde_json::Value = serde_json::from_str(&forced.stdout).unwrap();
    assert_eq!(forced["functions"][0]["outcome"], "deployed", "{forced}");

    project.write("grants.json", r#"{"sql":"none"}"#);
    let grants = project.path("grants.json");
    let grants = grants.to_str().unwrap();
    let settings = ["--auth", "service", "--grants", grants, "--limits", "wallMs=5000"];
    assert!(deploy(&settings).await.status.success());
    let function = node.read("a").await.json();
    assert_eq!((&function["auth"], &function["limits"]), (&json!("service"), &json!({ "wallMs": 5000 })));
    assert_eq!(function["capabilities"], json!({ "sql": "none" }));
    assert_eq!(deploy(&settings).await.stdout.matches("unchanged").count(), 2);

    assert!(deploy(&["--draft"]).await.status.success());
    assert_eq!(node.read("a").await.json()["status"], "draft");
    let refused = deploy(&["--limits", "speed=9"]).await;
    assert!(refused.code() == 1 && refused.stderr.contains("speed"), "{refused:?}");
}

#[tokio::test]
async fn a_components_settings_are_deployed_with_it() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let file = component("hello");
    let file = file.to_str().unwrap();
    node.commanded(&["deploy", file, "--auth", "authenticated", "--name", "Hello"]).await;
    let function = node.read("hello").await.json();
    assert_eq!((&function["version"], &function["auth"]), (&json!(1), &json!("authenticated")));
    assert_eq!(function["name"], "Hello");
    let again = node.commanded(&["deploy", file]).await;
    assert!(again.ends_with("(unchanged, version 1)"), "{again}");
}

#[tokio::test]
async fn what_does_not_compile_is_shown_in_the_authors_file() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let project = Project::new().file("broken.ts", "const a: number = 1;\nexport default () => a +;");
    let file = project.path("broken.ts");
    let refused = node.command(&["deploy", file.to_str().unwrap()]).finish().await;
    assert_eq!(refused.code(), 1, "{refused:?}");
    let place = format!("{}:2:25: ", file.display());
    assert!(refused.stderr.contains(&place), "{refused:?}");
    assert!(
        refused.stderr.contains("2 | export default () => a +;\n  |                         ^"),
        "{refused:?}"
    );
    assert_eq!(node.read("broken").await.code(), 404);
}

#[tokio::test]
async fn a_function_is_deleted() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("greet", HELLO).await;
    assert_eq!(node.commanded(&["delete", "greet"]).await, "deleted greet");
    assert_eq!(node.command(&["delete", "greet"]).finish().await.code(), 5);
}

#[tokio::test]
async fn a_reader_that_has_enough_is_no_failure() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let source = "export default () => new Response('line\\n'.repeat(1_000_000));";
    node.store_source("long", source).await;
    let binary = wasmforge_tests::binary();
    let script = format!("'{}' invoke long | head -n 1; echo ${{PIPESTATUS[0]}}", binary.display());
    let output = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .env("WASMFORGE_URL", node.platform().url(""))
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "line\n0\n", "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[tokio::test]
async fn completions_load_in_the_shells_that_are_here() {
    let project = Project::new();
    for (shell, checker) in [("bash", Some("bash")), ("zsh", None), ("fish", None), ("elvish", None)] {
        let made = Launch::new(["completions", shell]).finish().await;
        assert!(made.status.success() && made.stdout.contains("wasmforge"), "{shell}: {made:?}");
        project.write(shell, &made.stdout);
        let Some(checker) = checker else { continue };
        let script = project.path(shell);
        let load = format!("set -e; source '{}'; complete -p wasmforge", script.display());
        let checked = tokio::process::Command::new(checker).args(["-c", &load]).output().await.unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
    assert_eq!(Launch::new(["completions", "tcl"]).finish().await.code(), 2);
}

#[tokio::test]
async fn a_terminal_gets_colours_unless_they_are_not_wanted() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.store_source("greet", HELLO).await;
    let binary = wasmforge_tests::binary();
    let on_terminal = |variable: &'static str| {
        let command = format!("'{}' list", binary.display());
        tokio::process::Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("WASMFORGE_URL", node.platform().url(""))
            .env("ACCESS_API_KEY", API_KEY)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env(variable, "1")
            .output()
    };
    let coloured = on_terminal("X").await.unwrap();
    assert!(String::from_utf8_lossy(&coloured.stdout).contains("\u{1b}["), "{coloured:?}");
    let plain = on_terminal("NO_COLOR").await.unwrap();
    let text = String::from_utf8_lossy(&plain.stdout);
    assert!(text.contains("greet") && !text.contains('\u{1b}'), "{text:?}");
}
