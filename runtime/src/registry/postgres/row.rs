//! From a row to a [`Function`], or to the reason why not.

use crate::engine::LimitOverrides;
use crate::registry::{AuthPolicy, Function, FunctionKind, Grants, ModuleHash, Slug};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::sync::Arc;

/// An active row that cannot be deployed as it is.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) slug: Slug,
    pub(super) reason: String,
}

/// Reads the columns `slug, version, kind, module_sha256, limits, capabilities, auth`.
///
/// `None` for a name that no URL can reach: InsForge stores such names, and its runtime never runs them.
pub(super) fn function(row: &PgRow) -> Result<Option<Result<Arc<Function>, Rejected>>, sqlx::Error> {
    let Ok(slug) = Slug::parse(row.try_get("slug")?) else { return Ok(None) };
    let settings = limits(row.try_get("limits")?)
        .and_then(|limits| Ok((limits, capabilities(row.try_get("capabilities"))?)))
        .and_then(|(limits, grants)| Ok((limits, grants, auth(row.try_get("auth"))?)))
        .and_then(|(limits, grants, auth)| Ok((limits, grants, auth, module(row)?)));
    let (limits, grants, auth, (kind, module)) = match settings {
        Ok(settings) => settings,
        Err(reason) => return Ok(Some(Err(Rejected { slug, reason }))),
    };
    let version = row.try_get("version")?;
    Ok(Some(Ok(Arc::new(Function { slug, version, kind, module, limits, auth, grants }))))
}

fn limits(stored: Option<Value>) -> Result<LimitOverrides, String> {
    match stored {
        None | Some(Value::Null) => Ok(LimitOverrides::default()),
        Some(value) => {
            serde_json::from_value(value).map_err(|error| format!("its limits are not valid: {error}"))
        }
    }
}

fn capabilities(stored: Result<Option<Value>, sqlx::Error>) -> Result<Grants, String> {
    match stored {
        Ok(None | Some(Value::Null)) => Ok(Grants::default()),
        Ok(Some(Value::Object(object))) => Ok(Grants::new(Some(object))),
        Ok(Some(_)) => Err("its capabilities are not an object".to_owned()),
        Err(error) => Err(format!("its capabilities cannot be read: {error}")),
    }
}

fn auth(stored: Result<Option<String>, sqlx::Error>) -> Result<AuthPolicy, String> {
    match stored {
        Ok(word) => parse_auth(word.as_deref()).ok_or_else(|| format!("its auth {word:?} is not a policy")),
        Err(error) => Err(format!("its auth cannot be read: {error}")),
    }
}

/// The policy that the column `auth` names; absent means public, as every function of InsForge's is.
pub(super) fn parse_auth(word: Option<&str>) -> Option<AuthPolicy> {
    match word {
        None | Some("public") => Some(AuthPolicy::Public),
        Some("authenticated") => Some(AuthPolicy::Authenticated),
        Some("service") => Some(AuthPolicy::Service),
        Some(_) => None,
    }
}

/// The word of the column `auth`.
pub(super) fn auth_word(auth: AuthPolicy) -> &'static str {
    match auth {
        AuthPolicy::Public => "public",
        AuthPolicy::Authenticated => "authenticated",
        AuthPolicy::Service => "service",
    }
}

fn module(row: &PgRow) -> Result<(FunctionKind, ModuleHash), String> {
    kind_and_hash(row).map_err(|error| format!("its module cannot be read: {error}"))
}

/// Reads the columns `kind` and `module_sha256`.
pub(super) fn kind_and_hash(row: &PgRow) -> Result<(FunctionKind, ModuleHash), sqlx::Error> {
    let kind = match row.try_get("kind")? {
        "component" => FunctionKind::Component,
        _ => FunctionKind::Source,
    };
    let hash: &[u8] = row.try_get("module_sha256")?;
    let hash: [u8; 32] = hash.try_into().map_err(|_| sqlx::Error::ColumnDecode {
        index: "module_sha256".to_owned(),
        source: "not 32 bytes".into(),
    })?;
    Ok((kind, ModuleHash::from_bytes(hash)))
}
