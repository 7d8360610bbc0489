//! `/api/metadata`: what there is in a project, for tools that work on it.

mod markdown;

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::QueryOf;
use super::moment::timestamp;
use super::shapes::{self, FunctionMetadata};
use super::{ApiError, PlatformState};
use crate::registry::{BucketSize, Channel, Channels, DatabaseSize, Policy};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of metadata.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .routes(routes!(project))
        .routes(routes!(database))
        .routes(routes!(storage))
        .routes(routes!(functions))
        .routes(routes!(realtime))
        .routes(routes!(api_key))
        .routes(routes!(anon_key))
        .routes(routes!(project_id))
}

/// What there is in the project
#[derive(Serialize, ToSchema)]
pub(super) struct ProjectMetadata {
    database: DatabaseMetadata,
    storage: StorageMetadata,
    functions: Vec<FunctionMetadata>,
    realtime: RealtimeMetadata,
    /// This program's.
    version: &'static str,
}

/// The tables of the schema `public`
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DatabaseMetadata {
    tables: Vec<TableMetadata>,
    #[serde(rename = "totalSizeInGB")]
    total_size_in_gb: f64,
}

/// A table
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TableMetadata {
    table_name: String,
    /// Of a table over 64 MiB, what PostgreSQL last estimated.
    record_count: u64,
}

/// The storage's buckets
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StorageMetadata {
    buckets: Vec<BucketMetadata>,
    #[serde(rename = "totalSizeInGB")]
    total_size_in_gb: f64,
}

/// A bucket
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BucketMetadata {
    name: String,
    /// Whether anybody may read it.
    public: bool,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    object_count: u64,
}

/// Channels, and who may use them
#[derive(Serialize, ToSchema)]
struct RealtimeMetadata {
    channels: Vec<ChannelMetadata>,
    permissions: RealtimePermissions,
}

/// A pattern of channels
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChannelMetadata {
    id: Uuid,
    pattern: String,
    description: Option<String>,
    webhook_urls: Option<Vec<String>>,
    enabled: bool,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// The policies of channels
#[derive(Serialize, ToSchema)]
struct RealtimePermissions {
    /// Those of `realtime.channels`.
    subscribe: Policies,
    /// Those of `realtime.messages`.
    publish: Policies,
}

/// Policies of one table
#[derive(Serialize, ToSchema)]
struct Policies {
    policies: Vec<PolicyMetadata>,
}

/// A row-level security policy
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PolicyMetadata {
    policy_name: String,
    table_name: String,
    command: String,
    roles: Vec<String>,
    using: Option<String>,
    with_check: Option<String>,
}

/// The administrator's key
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyAnswer {
    api_key: String,
}

/// The key of anonymous clients
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AnonKeyAnswer {
    anon_key: String,
}

/// The project's name at a cloud
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProjectId {
    /// Always `null`: there is none.
    project_id: Option<String>,
}

/// In which form
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Form {
    /// `json` or `markdown`.
    #[param(pattern = "^(json|markdown)$", default = "json")]
    format: Option<String>,
}

/// What there is in the project
#[utoipa::path(
    get, path = "/api/metadata", tag = "metadata", security(("apiKey" = []), ("bearer" = [])), params(Form),
    responses((status = 200, description = "The project's parts", content(
        (ProjectMetadata = "application/json"),
        (String = "text/markdown"),
    )))
)]
async fn project(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(form): QueryOf<Form>,
) -> Result<Response, ApiError> {
    let as_markdown = match form.format.as_deref() {
        None | Some("json") => false,
        Some("markdown") => true,
        Some(_) => return Err(ApiError::invalid_input("Invalid format parameter")),
    };
    let project = ProjectMetadata {
        database: DatabaseMetadata::of(state.registry.database_size().await?),
        storage: StorageMetadata::of(state.registry.buckets().await?),
        functions: state.registry.list().await?.iter().map(shapes::metadata).collect(),
        realtime: RealtimeMetadata::of(state.registry.channels().await?),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(match as_markdown {
        true => ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], markdown::of(&project)).into_response(),
        false => Json(project).into_response(),
    })
}

/// The project's tables
#[utoipa::path(
    get, path = "/api/metadata/database", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = DatabaseMetadata))
)]
async fn database(State(state): State<PlatformState>, _: Admin) -> Result<Json<DatabaseMetadata>, ApiError> {
    Ok(Json(DatabaseMetadata::of(state.registry.database_size().await?)))
}

/// The project's buckets
#[utoipa::path(
    get, path = "/api/metadata/storage", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = StorageMetadata))
)]
async fn storage(State(state): State<PlatformState>, _: Admin) -> Result<Json<StorageMetadata>, ApiError> {
    Ok(Json(StorageMetadata::of(state.registry.buckets().await?)))
}

/// The project's functions
#[utoipa::path(
    get, path = "/api/metadata/functions", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = [FunctionMetadata]))
)]
async fn functions(
    State(state): State<PlatformState>,
    _: Admin,
) -> Result<Json<Vec<FunctionMetadata>>, ApiError> {
    Ok(Json(state.registry.list().await?.iter().map(shapes::metadata).collect()))
}

/// The project's channels
#[utoipa::path(
    get, path = "/api/metadata/realtime", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = RealtimeMetadata))
)]
async fn realtime(State(state): State<PlatformState>, _: Admin) -> Result<Json<RealtimeMetadata>, ApiError> {
    Ok(Json(RealtimeMetadata::of(state.registry.channels().await?)))
}

/// The administrator's key
#[utoipa::path(
    get, path = "/api/metadata/api-key", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ApiKeyAnswer),
        (status = 404, body = ErrorBody, description = "There is none"),
    )
)]
async fn api_key(State(state): State<PlatformState>, _: Admin) -> Result<Json<ApiKeyAnswer>, ApiError> {
    let credentials = state.registry.credentials();
    let api_key = credentials.api_key().ok_or_else(|| no_key("API key not initialized"))?.to_owned();
    Ok(Json(ApiKeyAnswer { api_key }))
}

/// The key of anonymous clients
#[utoipa::path(
    get, path = "/api/metadata/anon-key", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AnonKeyAnswer),
        (status = 404, body = ErrorBody, description = "There is none"),
    )
)]
async fn anon_key(State(state): State<PlatformState>, _: Admin) -> Result<Json<AnonKeyAnswer>, ApiError> {
    let credentials = state.registry.credentials();
    let anon_key = credentials.anon_key().ok_or_else(|| no_key("Anon key not initialized"))?.to_owned();
    Ok(Json(AnonKeyAnswer { anon_key }))
}

/// The project's name at a cloud
#[utoipa::path(
    get, path = "/api/metadata/project-id", tag = "metadata", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = ProjectId))
)]
async fn project_id(_: Admin) -> Json<ProjectId> {
    Json(ProjectId { project_id: None })
}

fn no_key(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "SECRET_NOT_FOUND", message)
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

impl DatabaseMetadata {
    fn of(size: DatabaseSize) -> Self {
        let table = |table: crate::registry::TableSize| TableMetadata {
            table_name: table.name,
            record_count: table.rows,
        };
        Self { tables: size.tables.into_iter().map(table).collect(), total_size_in_gb: gigabytes(size.bytes) }
    }
}

impl StorageMetadata {
    fn of(buckets: Vec<BucketSize>) -> Self {
        let total_size_in_gb = gigabytes(buckets.iter().map(|bucket| bucket.bytes).sum());
        let bucket = |bucket: BucketSize| BucketMetadata {
            name: bucket.name,
            public: bucket.public,
            created_at: bucket.created_at.and_then(timestamp),
            object_count: bucket.objects,
        };
        Self { buckets: buckets.into_iter().map(bucket).collect(), total_size_in_gb }
    }
}

impl RealtimeMetadata {
    fn of(Channels { channels, policies }: Channels) -> Self {
        let (subscribe, publish): (Vec<_>, Vec<_>) =
            policies.into_iter().partition(|policy| policy.table == "channels");
        let policies =
            |of: Vec<Policy>| Policies { policies: of.into_iter().map(PolicyMetadata::of).collect() };
        Self {
            channels: channels.into_iter().map(ChannelMetadata::of).collect(),
            permissions: RealtimePermissions { subscribe: policies(subscribe), publish: policies(publish) },
        }
    }
}

impl ChannelMetadata {
    fn of(channel: Channel) -> Self {
        Self {
            id: channel.id,
            pattern: channel.pattern,
            description: channel.description,
            webhook_urls: channel.webhook_urls,
            enabled: channel.enabled,
            created_at: channel.created_at.and_then(timestamp),
            updated_at: channel.updated_at.and_then(timestamp),
        }
    }
}

impl PolicyMetadata {
    fn of(policy: Policy) -> Self {
        Self {
            policy_name: policy.name,
            table_name: policy.table,
            command: policy.command,
            roles: policy.roles,
            using: policy.using,
            with_check: policy.with_check,
        }
    }
}
