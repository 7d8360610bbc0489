//! `/openapi.json`: the APIs described by the code that serves them.

use super::PlatformState;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use serde_json::json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder};

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

/// The route of the description.
pub(super) fn router(document: &OpenApi) -> Router<PlatformState> {
    let text = Bytes::from(json!(document).to_string());
    Router::new().route(
        "/openapi.json",
        get(move || async move { ([(CONTENT_TYPE, "application/json")], text).into_response() }),
    )
}
