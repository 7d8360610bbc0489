//! The login roles that guests' SQL runs on, made when the database turns out not to know them.

use super::connect::sqlstate;
use super::{PostgresRegistry, Shared};
use crate::config::Migrate;
use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use std::time::Duration;
use wasmforge_host_api::sql::{LoginRole, LoginRoles};

const PROVIDE: &str = include_str!("../login_role.sql");

/// Roles belong to the whole cluster: nodes over several of its databases may change them at the same moment.
const TRIES: u32 = 10;

#[async_trait]
impl LoginRoles for PostgresRegistry {
    async fn provide(&self, role: LoginRole, password: &str) -> Result<(), String> {
        provide(&self.0, role, password).await
    }
}

async fn provide(shared: &Shared, role: LoginRole, password: &str) -> Result<(), String> {
    if shared.config.migrate == Migrate::Never {
        let name = role.name();
        return Err(format!(
            "the database has no role {name} for us, and WASMFORGE_MIGRATE=never forbids to create it"
        ));
    }
    let statement = statement(role, password);
    let mut tries = 0;
    loop {
        tries += 1;
        let provided = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&shared.pool).await;
        match provided {
            Ok(_) => {
                tracing::info!(role = role.name(), "the login role for functions' SQL is in place");
                return Ok(());
            }
            Err(error) if tries < TRIES && is_race(&error) => {
                tokio::time::sleep(Duration::from_millis(u64::from(rand::random::<u8>()))).await;
            }
            Err(error) => {
                return Err(format!("the role {} cannot be created: {}", role.name(), reason(&error)));
            }
        }
    }
}

fn statement(role: LoginRole, password: &str) -> String {
    PROVIDE
        .replace("{role}", role.name())
        .replace("{members}", &role.members_of().join(", "))
        .replace("{password}", password)
}

/// Two transactions changed the same row of a catalogue, which has no code of its own; or the connection was ended.
fn is_race(error: &sqlx::Error) -> bool {
    sqlstate(error)
        .is_some_and(|code| matches!(code.as_str(), "57P01" | "XX000" | "23505" | "42710" | "40P01"))
}

/// What PostgreSQL said, without the statement: that holds the password.
fn reason(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .map_or_else(|| "the database is not available".to_owned(), |error| error.message().to_owned())
}
