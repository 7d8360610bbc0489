//! The dashboard: its files over HTTP, and its pages in a browser.

use http::Request;
use serde_json::json;
use wasmforge_tests::{Answer, Database, Node, Serve, request};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

/// The addresses of the script and the style sheet in the page.
fn files_of(page: &str) -> Vec<&str> {
    page.split('"').filter(|part| part.starts_with("/dashboard/assets/")).collect()
}

fn get(path: &str, header: &str, value: &str) -> Request<Vec<u8>> {
    request("GET", path).header(header, value).body(Vec::new()).unwrap()
}

fn assert_guarded(answer: &Answer) {
    assert_eq!(answer.header("content-security-policy"), Some(POLICY));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
}

#[tokio::test]
async fn the_page_is_there_without_a_credential_and_guarded() {
    let (_database, node) = node().await;
    let platform = node.platform();
    for path in ["/dashboard", "/dashboard/", "/dashboard/functions/greet/logs", "/dashboard/no/such/page"] {
        let page = platform.get(path).await;
        assert_eq!(
            (page.code(), page.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert_guarded(&page);
        let text = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(!text.contains("<script>") && !text.contains("style=") && !text.contains("://"), "{text}");
    }
}

#[tokio::test]
async fn what_has_its_hash_in_its_name_is_kept_and_the_rest_is_asked_for_again() {
    let (_database, node) = node().await;
    let platform = node.platform();
    let page = platform.get("/dashboard").await;
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    let files = files_of(&text);
    assert_eq!(files.len(), 2, "{text}");
    for path in files {
        let file = platform.get(path).await;
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert_guarded(&file);
    }
    let etag = page.header("etag").unwrap();
    let known = platform.send(get("/dashboard", "if-none-match", &format!("\"other\", W/{etag}"))).await;
    assert_eq!((known.code(), known.body.len(), known.header("etag")), (304, 0, Some(etag)));
    assert_eq!(platform.send(get("/dashboard", "if-none-match", "\"other\"")).await.code(), 200);
}

#[tokio::test]
async fn a_script_that_is_not_there_is_not_answered_with_a_page() {
    let (_database, node) = node().await;
    for path in ["/dashboard/assets/app-OLD.js", "/dashboard/assets/../../etc/passwd", "/dashboard/assets/"] {
        let answer = node.platform().get(path).await;
        assert_eq!(answer.code(), 404, "{path}");
        assert!(answer.body.is_empty(), "{path}");
    }
    // Of a folder's own files only the dashboard's are served.
    let hidden = node.platform().get("/dashboard/.gitignore").await;
    assert_eq!(hidden.header("content-type"), Some("text/html; charset=utf-8"));
}

#[tokio::test]
async fn a_browser_that_asks_for_the_root_is_shown_the_way_and_a_program_is_not() {
    let (_database, node) = node().await;
    let shown = node.platform().send(get("/", "accept", "text/html,application/xhtml+xml,*/*;q=0.8")).await;
    assert_eq!((shown.code(), shown.header("location")), (307, Some("/dashboard")));
    let told = node.platform().send(get("/", "accept", "*/*")).await;
    assert_eq!(told.code(), 404);
    assert_eq!(told.json()["error"], "NOT_FOUND");
}

#[tokio::test]
async fn the_pages_are_read_and_nothing_else() {
    let (_database, node) = node().await;
    for method in ["POST", "PUT", "DELETE"] {
        let answer = node.platform().send(request(method, "/dashboard").body(Vec::new()).unwrap()).await;
        assert_eq!(
            (answer.code(), answer.json()["error"].as_str()),
            (405, Some("METHOD_NOT_ALLOWED")),
            "{method}"
        );
    }
    let head = node.platform().send(request("HEAD", "/dashboard").body(Vec::new()).unwrap()).await;
    assert_eq!((head.code(), head.body.len()), (200, 0));
    assert_guarded(&head);
}

#[tokio::test]
async fn a_function_cannot_take_charge_of_the_pages_beside_it() {
    let (_database, node) = node().await;
    let code = "export default () => new Response('', { headers: { 'service-worker-allowed': '/', 'x-other': '1' } })";
    let created = node.create(json!({ "name": "f", "slug": "f", "code": code })).await;
    assert_eq!(created.code(), 201, "{created:?}");
    let own = node.functions.get("/f").await;
    assert_eq!(own.header("service-worker-allowed"), Some("/"));
    let shared = node.platform().get("/functions/f").await;
    assert_eq!((shared.header("service-worker-allowed"), shared.header("x-other")), (None, Some("1")));
}

/// Each is a file of `tests/clients/dashboard/flows`, which says what an operator does and expects.
mod in_a_browser {
    use serde_json::{Value, json};
    use wasmforge_tests::{ADMIN, Database, Project, Serve, browse, component};

    async fn flow(name: &str, more: Value) {
        let database = Database::create().await;
        // What the flow of triggers is about.
        database.execute("CREATE TABLE public.notes (id bigint PRIMARY KEY, text text)").await;
        let [username, password] = ADMIN;
        let serve = Serve::over(&database).var("ROOT_ADMIN_USERNAME", username);
        let serve = serve.var("ROOT_ADMIN_PASSWORD", password).var("INSFORGE_DISABLE_WRITE_RATE_LIMIT", "1");
        let node = serve.start().await;
        browse(&node, name, more).await;
    }

    #[tokio::test]
    async fn signing_in_and_out_leaves_in_the_tab_what_is_documented() {
        flow("sign_in", json!({})).await;
    }

    #[tokio::test]
    async fn the_platform_of_a_developers_machine_has_it_too() {
        let functions = Project::new().file("functions/greet.js", "export default () => new Response('hi');");
        let data = tempfile::tempdir().unwrap();
        let [username, password] = ADMIN;
        let node = Serve::development(&functions.path("functions"), data.path())
            .var("ROOT_ADMIN_USERNAME", username)
            .var("ROOT_ADMIN_PASSWORD", password)
            .start()
            .await;
        node.answers_soon("greet", 200).await;
        browse(&node, "sign_in", json!({})).await;
        browse(&node, "edit", json!({})).await;
    }

    #[tokio::test]
    async fn a_component_is_uploaded_invoked_and_watched() {
        flow("upload", json!({ "component": component("hello") })).await;
    }

    #[tokio::test]
    async fn a_source_is_edited_with_its_error_at_the_line_and_rolled_back() {
        flow("edit", json!({})).await;
    }

    #[tokio::test]
    async fn of_two_who_edit_one_function_the_later_is_asked() {
        flow("conflict", json!({})).await;
    }

    #[tokio::test]
    async fn a_version_is_tried_by_its_number_given_a_share_and_made_live() {
        flow("canary", json!({})).await;
    }

    #[tokio::test]
    async fn a_job_is_found_and_deleted_and_a_trigger_comes_and_goes() {
        flow("queue", json!({})).await;
    }

    #[tokio::test]
    async fn limits_and_grants_are_set_and_a_function_is_deleted() {
        flow("settings", json!({})).await;
    }

    #[tokio::test]
    async fn secrets_come_and_go_and_are_shown_only_when_asked_for() {
        flow("secrets", json!({})).await;
    }

    #[tokio::test]
    async fn a_schedule_is_created_run_paused_and_deleted() {
        flow("schedules", json!({})).await;
    }

    #[tokio::test]
    async fn everything_that_matters_can_be_done_with_the_keyboard() {
        flow("keyboard", json!({})).await;
    }

    #[tokio::test]
    async fn every_page_is_for_everybody_in_the_light() {
        flow("accessible", json!({ "colorScheme": "light", "width": 1280 })).await;
    }

    #[tokio::test]
    async fn every_page_is_for_everybody_in_the_dark() {
        flow("accessible", json!({ "colorScheme": "dark", "width": 900 })).await;
    }

    #[tokio::test]
    async fn every_page_is_for_everybody_on_a_phone() {
        flow("accessible", json!({ "colorScheme": "light", "width": 390 })).await;
    }

    #[tokio::test]
    async fn errors_of_the_page_and_of_the_platform_are_shown() {
        flow("errors", json!({})).await;
    }
}
