//! PostgreSQL: whether it answers, its clock, our migrations, the login roles, the secrets.

use super::finding::Finding;
use crate::config::{Config, Migrate};
use crate::registry::{Examination, ExamineError};

/// InsForge's, and the oldest that ours is tested with.
const OLDEST: i32 = 150_000;

/// How far clocks may be apart. Tokens are good to the second.
const CLOCK_CAUTION_MS: i64 = 2_000;
const CLOCK_BAD_MS: i64 = 30_000;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    match Examination::of(config).await {
        Ok(found) => vec![
            server(config, &found),
            clock("the database's clock", found.clock_ahead_ms),
            migrations(config, &found),
            roles(config, &found),
            secrets(&found),
        ],
        Err(error) => vec![unreachable(config, &error)],
    }
}

fn unreachable(config: &Config, error: &ExamineError) -> Finding {
    let name = &config.database.name;
    let fix = match error {
        ExamineError::Url => "write DATABASE_URL like postgres://user:password@host:5432/database",
        ExamineError::Sql(sqlx::Error::Database(error)) => match error.code().as_deref() {
            Some("28P01" | "28000") => "correct user and password in DATABASE_URL",
            Some("3D000") => "create the database, or correct its name in DATABASE_URL",
            Some("57P03") => "wait until it has started",
            _ => "see what PostgreSQL's log says",
        },
        ExamineError::Sql(_) | ExamineError::TooLate => {
            "start PostgreSQL there, or correct DATABASE_URL or POSTGRES_HOST and POSTGRES_PORT"
        }
    };
    Finding::bad("database", format!("{name}: {error}"), fix)
}

fn server(config: &Config, found: &Examination) -> Finding {
    let text = format!("PostgreSQL {} at {}, as {}", found.version, config.database.name, found.role);
    match found.version_number >= OLDEST {
        true => Finding::good("database", text),
        false => Finding::caution("database", text, "upgrade to PostgreSQL 15 or later"),
    }
}

/// Shared with the server's clock, seen from afar.
pub(super) fn clock(whose: &str, ahead_ms: i64) -> Finding {
    let seconds = ahead_ms.unsigned_abs() as f64 / 1000.0;
    let side = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let text = format!("{whose} is {seconds:.1} s {side} ours");
    let fix = "synchronise both machines' clocks (NTP)";
    match ahead_ms.abs() {
        CLOCK_BAD_MS.. => Finding::bad("clock", text, fix),
        CLOCK_CAUTION_MS.. => Finding::caution("clock", text, fix),
        _ => Finding::good("clock", format!("{whose} agrees with ours")),
    }
}

fn migrations(config: &Config, found: &Examination) -> Finding {
    if config.migrate == Migrate::Never {
        return Finding::absent("migrations", "WASMFORGE_MIGRATE=never: what needs tables of ours is off");
    }
    match (found.has_tables, found.pending.as_slice()) {
        (true, []) => Finding::good("migrations", "all applied"),
        (true, pending) => Finding::caution(
            "migrations",
            format!("not applied: {}", pending.join(", ")),
            "start `wasmforge serve` with a role that owns the schema functions",
        ),
        (false, _) if found.is_insforges => Finding::bad(
            "migrations",
            "InsForge's tables are not there yet",
            "let InsForge's backend finish its migrations",
        ),
        (false, _) => Finding::caution(
            "migrations",
            "the database is empty",
            "start `wasmforge serve`: it makes the tables",
        ),
    }
}

fn roles(config: &Config, found: &Examination) -> Finding {
    if config.sql.caller_url.is_some() && config.sql.service_url.is_some() {
        return Finding::good(
            "login roles",
            "named by WASMFORGE_SQL_CALLER_URL and WASMFORGE_SQL_SERVICE_URL",
        );
    }
    if found.missing_roles.is_empty() {
        return Finding::good("login roles", "functions' SQL has its roles");
    }
    let text = format!("missing: {}", found.missing_roles.join(", "));
    match found.may_create_roles && config.migrate == Migrate::Auto {
        true => Finding::good("login roles", "made when a function first asks for SQL"),
        false => Finding::caution(
            "login roles",
            text,
            "give our role CREATEROLE, or name roles in WASMFORGE_SQL_CALLER_URL and WASMFORGE_SQL_SERVICE_URL",
        ),
    }
}

fn secrets(found: &Examination) -> Finding {
    match found.unreadable_secrets.as_slice() {
        [] => Finding::good("secrets", format!("{} stored, all can be decrypted", found.secrets)),
        bad => Finding::bad(
            "secrets",
            format!("ENCRYPTION_KEY does not decrypt {} of {}: {}", bad.len(), found.secrets, bad.join(", ")),
            "use the ENCRYPTION_KEY that they were stored with (or JWT_SECRET, where there was none), or set them again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn clocks_may_differ_a_little() {
        let state = |ahead| clock("it", ahead).state;
        assert_eq!((state(0), state(-1_999)), (State::Good, State::Good));
        assert_eq!((state(2_000), state(-30_000)), (State::Caution, State::Bad));
        assert!(clock("it", -5_000).found.contains("5.0 s behind"));
    }
}
