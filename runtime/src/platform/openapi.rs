//! `/openapi.json`: the APIs described by the code that serves them.

mod complete;
mod invocation;

use super::PlatformState;
use axum::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde_json::json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What stands above the routes.
pub(super) fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Wasmforge")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Edge functions in WebAssembly sandboxes: the platform's API"));
    let mut components = Components::new();
    let key = ApiKeyValue::with_description("x-api-key", "The administrator's key, `ik_…`");
    components.add_security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(key)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The administrator's key, or a token with the role `project_admin`"));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    OpenApiBuilder::new().info(info.build()).components(Some(components)).build()
}

/// The finished description as it is sent.
#[derive(Clone)]
pub(super) struct Described(Bytes);

impl Described {
    /// The description of all routes, with what holds for many of them.
    pub(super) fn new(mut document: OpenApi) -> Self {
        invocation::describe(&mut document);
        complete::complete(&mut document);
        Self(json!(document).to_string().into())
    }
}

/// The route of the description.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(description))
}

/// This description
#[utoipa::path(
    get, path = "/openapi.json", tag = "health",
    responses((status = 200, body = Value, description = "OpenAPI 3.1"))
)]
async fn description(Extension(Described(text)): Extension<Described>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// What adds a route that no description comes with.
    const UNDESCRIBED: [&str; 5] = [".route(\"", ".route(&", ".route_service(", ".nest(", ".nest_service("];

    /// Pages for people, which are no part of the API.
    const PAGES: &str = "platform/dashboard.rs";

    fn undescribed(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                undescribed(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| UNDESCRIBED.iter().any(|call| line.contains(call)));
                found.extend(lines.map(|line| format!("{}: {}", path.display(), line.trim())));
            }
        }
    }

    #[test]
    fn every_route_is_added_with_its_description() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        for folder in ["platform", "server"] {
            undescribed(&sources.join(folder), &mut found);
        }
        found.retain(|line| !line.contains(PAGES) && !line.contains("platform/openapi.rs"));
        assert!(found.is_empty(), "routes beside `routes!`: {found:#?}");
    }
}
