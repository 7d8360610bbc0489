//! The database that functions reach: which login roles, and how they are known.

use super::NodeError;
use crate::config::{Config, Secret};
use crate::registry::RegistryError;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::Arc;
use wasmforge_host_api::auth::Keys;
use wasmforge_host_api::sql::{Connections, Database, LoginRole, LoginRoles, Target};
use zeroize::Zeroizing;

/// The database behind the capability `sql`.
///
/// # Errors
/// [`NodeError::Registry`] and [`NodeError::SqlUrl`] for a URL that cannot be understood.
pub(super) fn database(
    config: &Config,
    keys: Option<Arc<dyn Keys>>,
    roles: Option<Arc<dyn LoginRoles>>,
) -> Result<Database, NodeError> {
    let (Some(keys), Some(roles)) = (keys, roles) else {
        return Ok(Database::none("this process serves without a database"));
    };
    let connections = |given: &Option<Secret>, login: LoginRole, size| -> Result<_, NodeError> {
        if let Some(url) = given {
            let target = Target::of_url(url.expose()).map_err(|_| NodeError::SqlUrl(login))?;
            return Ok(Ok(Connections { target, provider: None, size }));
        }
        let Some(password) = password(&config.encryption_key, login) else {
            return Ok(Err("neither ENCRYPTION_KEY nor JWT_SECRET is set".to_owned()));
        };
        let url = config.database.url.expose();
        let target = Target::of_url(url).map_err(|_| RegistryError::Url)?.as_user(login.name(), &password);
        Ok(Ok(Connections { target, provider: Some((roles.clone(), password)), size }))
    };
    let sql = &config.sql;
    Ok(Database::new(
        keys,
        connections(&sql.caller_url, LoginRole::Caller, sql.caller_connections)?,
        connections(&sql.service_url, LoginRole::Service, sql.service_connections)?,
    ))
}

/// The same on every node that knows the key, so that nothing has to be stored.
fn password(key: &Secret, login: LoginRole) -> Option<Zeroizing<String>> {
    if key.is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(b"password of ");
    mac.update(login.name().as_bytes());
    Some(Zeroizing::new(hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_a_password_of_its_own_that_follows_from_the_key() {
        let of = |key: &str, login| password(&Secret::new(key), login).unwrap();
        assert_eq!(*of("k", LoginRole::Caller), *of("k", LoginRole::Caller));
        assert_ne!(*of("k", LoginRole::Caller), *of("k", LoginRole::Service));
        assert_ne!(*of("k", LoginRole::Caller), *of("l", LoginRole::Caller));
        assert!(password(&Secret::default(), LoginRole::Caller).is_none());
    }
}
