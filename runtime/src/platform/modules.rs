//! `PUT /api/functions/<slug>/module`: a component as its own bytes, for the CLI and for CI.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{QueryOf, SlugPath, module};
use super::precondition::{IfMatch, Precondition, Tagged, tagged};
use super::request::{UploadSettings, parse_upload};
use super::rollout::{Rollout, UploadAuth};
use super::shapes::FunctionWritten;
use super::{ApiError, PlatformState, shapes};
use crate::registry::{CanaryUpload, Code, Deployment, Slug, Upload, VersionError, WriteError};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wasmforge_host_api::Capabilities;

/// The route of modules.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(upload))
}

/// The settings of the function that a module is for, as one JSON object.
const SETTINGS: &str = "x-wasmforge-settings";

/// Deploys a component
///
/// Onto the function that exists, or as a new one that is named like its slug. Settings that come with it are there from its
/// first request on.
#[utoipa::path(
    put, path = "/api/functions/{slug}/module", tag = "functions",
    params(
        ("slug" = String, Path, pattern = "^[a-zA-Z0-9_-]+$"),
        Rollout,
        UploadAuth,
        Precondition,
        ("x-wasmforge-settings" = Option<String>, Header,
            description = "A JSON object with any of `auth`, `limits`, `capabilities` and `status`"),
    ),
    security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/wasm", description = "The component's bytes"),
    responses(
        (status = 200, body = FunctionWritten, description = "The function has it"),
        (status = 201, body = FunctionWritten, description = "The function was made"),
        (status = 400, body = ErrorBody, description = "It is no component that can run, the slug is none, or a setting is wrong"),
        (status = 409, body = ErrorBody, description = "The function is not the one that `If-Match` names, or a canary has no live version to stand beside"),
        (status = 501, body = ErrorBody, description = "The database has no place for a module"),
    )
)]
async fn upload(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    QueryOf(rollout): QueryOf<Rollout>,
    QueryOf(UploadAuth { auth }): QueryOf<UploadAuth>,
    IfMatch(expected): IfMatch,
    request: Request,
) -> Result<(StatusCode, Tagged<FunctionWritten>), ApiError> {
    let slug = Slug::parse(&slug).map_err(|error| ApiError::invalid_input(error.to_string()))?;
    if slug.is_reserved() {
        return Err(ApiError::slug_reserved(slug.as_str()));
    }
    let UploadSettings { mut settings, status } = settings(request.headers(), &state.capabilities)?;
    if auth.is_some() && settings.auth.is_some() && auth != settings.auth {
        return Err(ApiError::invalid_input(format!(
            "auth is one thing in the query and another in {SETTINGS}"
        )));
    }
    settings.auth = auth.or(settings.auth);
    let percent = rollout.percent()?;
    if percent.is_some() && status.is_some() {
        return Err(ApiError::invalid_input(
            "status is the function's, not a version's: change it without canary",
        ));
    }
    let bytes = module(request, state.max_module).await?;
    state.loader.admit(bytes.clone()).await?;
    let code = Code::Component(bytes);
    let (status, function) = match percent {
        Some(percent) => {
            let upload = CanaryUpload { code: Some(code), settings, percent };
            let deployed = state.registry.deploy_canary(slug.as_str(), upload, &expected, &author).await;
            (StatusCode::OK, deployed.map_err(no_live)?)
        }
        None => {
            match state.registry.deploy(&slug, Upload { code, settings, status }, &expected, &author).await? {
                Deployment::Created(function) => (StatusCode::CREATED, function),
                Deployment::Updated(function) => (StatusCode::OK, function),
            }
        }
    };
    Ok((status, tagged(&function, shapes::written(&function, &state.config.limits))))
}

/// A function that is not there has nothing that a canary could stand beside.
fn no_live(error: WriteError) -> ApiError {
    match error {
        WriteError::NotFound => VersionError::NoLive.into(),
        error => error.into(),
    }
}

fn settings(headers: &HeaderMap, offered: &Capabilities) -> Result<UploadSettings, ApiError> {
    let object = match headers.get(SETTINGS) {
        None => Map::new(),
        Some(value) => match serde_json::from_slice(value.as_bytes()) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(ApiError::invalid_input(format!("{SETTINGS} is not a JSON object"))),
            Err(error) => {
                return Err(ApiError::invalid_input(format!("{SETTINGS} is not valid JSON: {error}")));
            }
        },
    };
    parse_upload(object, offered)
}
