//! The JSON that the API answers with: InsForge's fields, and ours after them.

pub(super) use super::moment::timestamp;

use super::version_shapes::{EffectiveLimits, TrafficShape};
use crate::engine::LimitPolicy;
use crate::registry::{AuthPolicy, Definition, Deployed, FunctionKind};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A function
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Function)]
pub(super) struct FunctionShape {
    id: Uuid,
    /// Its name in the URL.
    slug: String,
    /// Its name for people.
    name: String,
    description: Option<String>,
    /// The source text; for a component, a comment that says what it is. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// `draft`, `active`, or a word of another writer's.
    status: String,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// When it was last written.
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    /// When it was last set to `active`.
    #[schema(format = DateTime)]
    deployed_at: Option<String>,
    #[serde(flatten)]
    deployed: Option<DeployedShape>,
}

/// What this runtime adds to InsForge's fields; not there on a database that it may not extend
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeployedFunction)]
struct DeployedShape {
    #[schema(required = false)]
    kind: FunctionKind,
    /// The version that is live.
    #[schema(required = false)]
    version: i64,
    /// The hash of the module's bytes, or of the source text's.
    #[schema(required = false)]
    module_sha256: String,
    /// How many bytes that is.
    #[schema(required = false)]
    module_size: i64,
    /// The limits that it asks for; `null` for the node's own.
    #[schema(required = false)]
    limits: Option<Value>,
    /// What it is granted; `null` for nothing.
    #[schema(required = false)]
    capabilities: Option<Value>,
    /// Who may call it.
    #[schema(required = false)]
    auth: AuthPolicy,
    #[serde(flatten)]
    details: Option<DeployedDetails>,
}

/// What is only told of one function, not in lists
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeployedDetails {
    /// Which versions get its requests.
    #[schema(required = false)]
    traffic: TrafficShape,
    /// The limits that it runs under: its own and the node's.
    #[schema(required = false)]
    effective_limits: EffectiveLimits,
}

/// One function, with everything that is known of it.
pub(super) fn function(definition: &Definition, policy: &LimitPolicy) -> FunctionShape {
    let mut function = listed(definition);
    if let (Some(shape), Some(deployed)) = (&mut function.deployed, &definition.deployed) {
        // A column that another writer filled with nonsense sets no limit.
        let limits = deployed.limits.clone().and_then(|limits| serde_json::from_value(limits).ok());
        shape.details = Some(DeployedDetails {
            traffic: TrafficShape::new(deployed.version, deployed.canary),
            effective_limits: policy.resolve(&limits.unwrap_or_default()).into(),
        });
    }
    function
}

/// A function; `code` is there only where the definition has it.
fn listed(definition: &Definition) -> FunctionShape {
    let moment = |moment: Option<OffsetDateTime>| moment.and_then(timestamp);
    FunctionShape {
        id: definition.id,
        slug: definition.slug.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        code: definition.code.clone(),
        status: definition.status.clone(),
        created_at: moment(definition.created_at),
        updated_at: moment(definition.updated_at),
        deployed_at: moment(definition.deployed_at),
        deployed: definition.deployed.as_ref().map(deployed),
    }
}

fn deployed(deployed: &Deployed) -> DeployedShape {
    DeployedShape {
        kind: deployed.kind,
        version: deployed.version,
        module_sha256: deployed.module.to_hex(),
        module_size: deployed.size,
        limits: deployed.limits.clone(),
        capabilities: deployed.capabilities.clone(),
        auth: deployed.auth,
        details: None,
    }
}

/// All functions, newest first
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionList {
    functions: Vec<FunctionShape>,
    runtime: RuntimeStatus,
    /// Always `null`: there is no remote deployment.
    deployment_url: Option<String>,
}

/// The runtime that a list of functions speaks of: this process
#[derive(Serialize, ToSchema)]
struct RuntimeStatus {
    /// Always `running`.
    status: &'static str,
}

/// The list of functions.
pub(super) fn list(definitions: &[Definition]) -> FunctionList {
    FunctionList {
        functions: definitions.iter().map(listed).collect(),
        runtime: RuntimeStatus { status: "running" },
        deployment_url: None,
    }
}

/// The answer to a write
#[derive(Serialize, ToSchema)]
pub(super) struct FunctionWritten {
    /// Always `true`.
    success: bool,
    function: FunctionShape,
    /// Always `null`: there is no remote deployment.
    deployment: Option<String>,
}

/// The answer to a write.
pub(super) fn written(definition: &Definition, policy: &LimitPolicy) -> FunctionWritten {
    FunctionWritten { success: true, function: function(definition, policy), deployment: None }
}

/// That something was done, in words
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// Always `true`.
    success: bool,
    message: String,
}

impl Done {
    /// What was done.
    pub(super) fn saying(message: String) -> Self {
        Self { success: true, message }
    }
}

/// What the project's metadata say of a function
#[derive(Serialize, ToSchema)]
pub(super) struct FunctionMetadata {
    slug: String,
    name: String,
    description: Option<String>,
    status: String,
}

impl FunctionMetadata {
    /// Its slug, its status, and what its author says of it.
    pub(super) fn parts(&self) -> (&str, &str, Option<&str>) {
        (&self.slug, &self.status, self.description.as_deref())
    }
}

/// What `/api/metadata/functions` says of a function.
pub(super) fn metadata(definition: &Definition) -> FunctionMetadata {
    FunctionMetadata {
        slug: definition.slug.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        status: definition.status.clone(),
    }
}
