//! What a process is told by its environment and its command line.
//!
//! The names without a prefix are those of InsForge's Deno container; our own begin with `WASMFORGE_`. The [reference]
//! lists every variable, and `docs/configuration.md` is printed from it.

mod admin;
mod ai;
mod compile;
mod files;
mod history;
mod keyvalue;
mod otlp;
mod outbound;
mod queue;
pub mod reference;
mod rest;
mod secret;
mod sql;
mod storage;
mod variables;

pub use admin::AdminAccount;
pub use compile::CompileConfig;
pub use history::{HistoryConfig, Retention};
pub use otlp::{OtlpConfig, OtlpEndpoint};
pub use outbound::OutboundConfig;
pub use queue::QueueConfig;
pub use rest::RestConfig;
pub use secret::Secret;
pub use sql::SqlConfig;
pub use storage::{S3Config, StorageConfig, StoreConfig};
pub use variables::{ConfigError, Variables};

use crate::engine::{LimitPolicy, MIB};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use wasmforge_host_api::ai::AiSettings;
use wasmforge_host_api::files::FilesSettings;
use wasmforge_host_api::keyvalue::KeyValueLimits;

/// Where PostgreSQL is.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `postgres://user:password@host:port/database`; holds the password.
    pub url: Secret,
    /// Host and database, for messages.
    pub name: String,
}

/// Whether to change the database's schema at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// Add what is missing; where the role may not, run without.
    Auto,
    /// Change nothing: the database stays exactly as InsForge made it, and functions are revalidated by `updated_at`.
    Never,
}

/// How invocations are admitted.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionConfig {
    /// Invocations that run at once, of all functions.
    pub concurrency: u32,
    /// Invocations that wait for a place.
    pub queue: u32,
    /// How long one waits before it is answered `503`.
    pub queue_timeout: Duration,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For a person at a terminal.
    Pretty,
}

/// Everything that `serve` is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The functions listener.
    pub functions_addr: SocketAddr,
    /// The platform listener; `None` in sidecar mode.
    pub platform_addr: Option<SocketAddr>,
    /// PostgreSQL.
    pub database: DatabaseConfig,
    /// Whether to add our columns and triggers.
    pub migrate: Migrate,
    /// How often the version row is read, in case a notification was lost.
    pub poll_interval: Duration,
    /// The key that secrets are encrypted with: `ENCRYPTION_KEY`, or `JWT_SECRET` where that is empty.
    pub encryption_key: Secret,
    /// Verifies and signs HS256 tokens.
    pub jwt_secret: Secret,
    /// `ACCESS_API_KEY` and `ACCESS_ANON_KEY`: seed keys of a first start.
    pub access_api_key: Option<Secret>,
    /// See [`Config::access_api_key`].
    pub access_anon_key: Option<Secret>,
    /// Who may sign in as the administrator; `None` where nobody may, and only keys open the admin API.
    pub admin: Option<AdminAccount>,
    /// Whether writes of functions are counted per address (`INSFORGE_DISABLE_WRITE_RATE_LIMIT`).
    pub limit_writes: bool,
    /// Where objects are kept.
    pub storage: StorageConfig,
    /// Which files functions find.
    pub files: FilesSettings,
    /// Limits of invocations.
    pub limits: LimitPolicy,
    /// Admission.
    pub admission: AdmissionConfig,
    /// Compilation.
    pub compile: CompileConfig,
    /// Where functions' SQL goes.
    pub sql: SqlConfig,
    /// How long history is kept.
    pub retention: Retention,
    /// Where the log file is.
    pub history: HistoryConfig,
    /// Where traces and metrics go.
    pub otlp: OtlpConfig,
    /// Language models.
    pub ai: AiSettings,
    /// What functions may keep under keys.
    pub keyvalue: KeyValueLimits,
    /// Bytes of the largest JSON body that the admin API accepts: `MAX_JSON_BODY_SIZE`, such as `100mb`.
    pub max_json_body: u64,
    /// What functions may reach.
    pub outbound: OutboundConfig,
    /// PostgREST.
    pub rest: RestConfig,
    /// Requests that are answered later, and the changes of rows.
    pub queue: QueueConfig,
    /// Whether a caller sees a guest's trap message.
    pub dev_mode: bool,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How long running invocations may go on after SIGTERM.
    pub drain: Duration,
    /// Where the addresses are written once they answer.
    pub ready_file: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration of `serve`.
    ///
    /// # Errors
    /// [`ConfigError`] names the first of our own variables that cannot be used.
    pub fn from_variables(vars: &Variables) -> Result<Self, ConfigError> {
        let jwt_secret = Secret::new(vars.text("JWT_SECRET", ""));
        let encryption_key = match vars.get("ENCRYPTION_KEY") {
            Some(key) => Secret::new(key),
            None => jwt_secret.clone(),
        };
        Ok(Self {
            functions_addr: functions_addr(vars),
            platform_addr: Some(
                vars.parse("WASMFORGE_PLATFORM_ADDR", "HOST:PORT")?
                    .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7130))),
            ),
            database: database(vars),
            migrate: match vars.get("WASMFORGE_MIGRATE") {
                Some("never") => Migrate::Never,
                _ => Migrate::Auto,
            },
            poll_interval: vars.millis("WASMFORGE_POLL_MS")?.unwrap_or(Duration::from_secs(2)),
            encryption_key,
            jwt_secret,
            access_api_key: vars.get("ACCESS_API_KEY").map(Secret::new),
            access_anon_key: vars.get("ACCESS_ANON_KEY").map(Secret::new),
            admin: AdminAccount::from_variables(vars),
            limit_writes: !vars.flag("INSFORGE_DISABLE_WRITE_RATE_LIMIT"),
            storage: StorageConfig::from_variables(vars),
            files: files::from_variables(vars)?,
            limits: limits(vars)?,
            admission: AdmissionConfig {
                concurrency: vars.parse("WASMFORGE_MAX_CONCURRENCY", "a number")?.unwrap_or(1000).max(1),
                queue: vars.parse("WASMFORGE_QUEUE_DEPTH", "a number")?.unwrap_or(1000),
                queue_timeout: vars.millis("WASMFORGE_QUEUE_TIMEOUT_MS")?.unwrap_or(Duration::from_secs(10)),
            },
            compile: compile::from_variables(vars)?,
            sql: SqlConfig::from_variables(vars)?,
            retention: Retention::from_variables(vars)?,
            history: HistoryConfig::from_variables(vars)?,
            otlp: OtlpConfig::from_variables(vars),
            ai: ai::settings(vars)?,
            keyvalue: keyvalue::limits(vars)?,
            max_json_body: max_json_body(vars),
            outbound: OutboundConfig::from_variables(vars)?,
            rest: RestConfig::from_variables(vars),
            queue: QueueConfig::from_variables(vars)?,
            dev_mode: vars.flag("WASMFORGE_DEV"),
            log_format: match vars.get("WASMFORGE_LOG_FORMAT") {
                Some("pretty") => LogFormat::Pretty,
                _ => LogFormat::Json,
            },
            drain: vars.millis("WASMFORGE_DRAIN_MS")?.unwrap_or(Duration::from_secs(30)),
            ready_file: None,
        })
    }
}

/// `HOST` and `PORT` as InsForge's runtime reads them: a port outside 1–65535 is warned about and replaced.
fn functions_addr(vars: &Variables) -> SocketAddr {
    let port = match vars.get("PORT") {
        None => 7133,
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port > 0 && text.bytes().all(|b| b.is_ascii_digit()) => port,
            _ => {
                tracing::warn!("Invalid PORT value \"{text}\", falling back to 7133");
                7133
            }
        },
    };
    let host = vars.text("HOST", "::");
    let ip = host.parse::<IpAddr>().unwrap_or_else(|_| {
        if host == "localhost" {
            return IpAddr::from([127, 0, 0, 1]);
        }
        tracing::warn!("HOST {host:?} is not an IP address, listening on ::");
        IpAddr::from([0u16; 8])
    });
    SocketAddr::new(ip, port)
}

fn database(vars: &Variables) -> DatabaseConfig {
    if let Some(url) = vars.get("DATABASE_URL") {
        let name = url.rsplit_once('@').map_or(url, |(_, name)| name).split('?').next().unwrap_or_default();
        return DatabaseConfig { url: Secret::new(url), name: name.to_owned() };
    }
    let user = vars.text("POSTGRES_USER", "postgres");
    let password = vars.text("POSTGRES_PASSWORD", "postgres");
    let name = vars.text("POSTGRES_DB", "insforge");
    let host = vars.text("POSTGRES_HOST", "postgres");
    let port = vars.text("POSTGRES_PORT", "5432");
    let url = format!("postgres://{}:{}@{host}:{port}/{}", encode(&user), encode(&password), encode(&name));
    DatabaseConfig { url: Secret::new(url), name: format!("{host}:{port}/{name}") }
}

/// Percent-encodes what would end a part of a URL early.
fn encode(part: &str) -> String {
    part.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

fn limits(vars: &Variables) -> Result<LimitPolicy, ConfigError> {
    let mut policy = LimitPolicy::default();
    let (default, maximum) = (&mut policy.default, &mut policy.maximum);
    match vars.get("WORKER_TIMEOUT_MS").map(str::parse) {
        Some(Ok(ms)) => default.wall = Duration::from_millis(ms),
        Some(Err(_)) => tracing::warn!("WORKER_TIMEOUT_MS is not a number of milliseconds, using 60000"),
        None => {}
    }
    default.cpu = vars.millis("WASMFORGE_CPU_MS")?.unwrap_or(default.cpu);
    default.fuel = vars.parse("WASMFORGE_FUEL", "a number of instructions")?;
    default.memory = vars.mib("WASMFORGE_MEMORY_MIB")?.unwrap_or(default.memory);
    default.request_body = vars.mib("WASMFORGE_REQUEST_BODY_MIB")?.unwrap_or(default.request_body);
    default.response_body = vars.mib("WASMFORGE_RESPONSE_BODY_MIB")?.unwrap_or(default.response_body);
    default.concurrency =
        vars.parse("WASMFORGE_FUNCTION_CONCURRENCY", "a number")?.unwrap_or(default.concurrency).max(1);
    maximum.wall = vars.millis("WASMFORGE_MAX_WALL_MS")?.unwrap_or(maximum.wall).max(default.wall);
    maximum.cpu = vars.millis("WASMFORGE_MAX_CPU_MS")?.unwrap_or(maximum.cpu).max(default.cpu);
    maximum.memory = vars.mib("WASMFORGE_MAX_MEMORY_MIB")?.unwrap_or(maximum.memory).max(default.memory);
    maximum.request_body = maximum.request_body.max(default.request_body);
    maximum.response_body = maximum.response_body.max(default.response_body);
    maximum.concurrency = maximum.concurrency.max(default.concurrency);
    Ok(policy)
}

/// `MAX_JSON_BODY_SIZE` as InsForge's backend reads it: a number of bytes, or one with `b`, `kb`, `mb` or `gb`.
fn max_json_body(vars: &Variables) -> u64 {
    let default = 100 * MIB;
    let Some(text) = vars.get("MAX_JSON_BODY_SIZE") else { return default };
    let text = text.trim().to_ascii_lowercase();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit.trim() {
        "" | "b" => 1,
        "kb" => 1024,
        "mb" => MIB,
        "gb" => 1024 * MIB,
        _ => 0,
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)) {
        Some(size) if size > 0 => size,
        _ => {
            tracing::warn!("MAX_JSON_BODY_SIZE {text:?} is not a size, using 100mb");
            default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(&vars.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn an_empty_encryption_key_falls_through_to_the_jwt_secret() {
        let config = config(&[("ENCRYPTION_KEY", ""), ("JWT_SECRET", "s3cret")]).unwrap();
        assert_eq!(config.encryption_key.expose(), "s3cret");
    }

    #[test]
    fn insforges_container_environment_is_understood() {
        let config = config(&[
            ("PORT", "7133"),
            ("POSTGRES_HOST", "db"),
            ("POSTGRES_PASSWORD", "p@ss/word"),
            ("WORKER_TIMEOUT_MS", "1500"),
        ])
        .unwrap();
        assert_eq!(config.functions_addr.to_string(), "[::]:7133");
        assert_eq!(config.database.url.expose(), "postgres://postgres:p%40ss%2Fword@db:5432/insforge");
        assert_eq!(config.database.name, "db:5432/insforge");
        assert_eq!(config.limits.default.wall, Duration::from_millis(1500));
    }

    #[test]
    fn a_bad_port_falls_back_as_insforges_runtime_does() {
        for port in ["0", "65536", "+80", "http"] {
            assert_eq!(config(&[("PORT", port)]).unwrap().functions_addr.port(), 7133);
        }
    }

    #[test]
    fn a_bad_value_of_ours_is_refused_by_name() {
        let error = config(&[("WASMFORGE_MEMORY_MIB", "lots")]).unwrap_err();
        assert_eq!(error.to_string(), "WASMFORGE_MEMORY_MIB=\"lots\" is not a number of MiB");
    }

    #[test]
    fn body_sizes_are_read_as_insforge_does() {
        for (text, size) in [
            ("100mb", 100 * MIB),
            ("5 KB", 5 * 1024),
            ("77", 77),
            ("1gb", 1024 * MIB),
            ("lots", 100 * MIB),
            ("0", 100 * MIB),
        ] {
            assert_eq!(config(&[("MAX_JSON_BODY_SIZE", text)]).unwrap().max_json_body, size, "{text}");
        }
    }

    #[test]
    fn neither_configuration_nor_database_prints_a_secret() {
        let config =
            config(&[("DATABASE_URL", "postgres://u:hunter2@h/d"), ("JWT_SECRET", "hunter2")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
