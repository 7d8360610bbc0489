//! What `wasmforge dev` adds to `serve`: local services, and functions deployed from a folder as they are saved.
//!
//! [`start`] brings up PostgreSQL and PostgREST and gives their addresses and keys; they stop with
//! [`LocalServices::stop`], or with this process if it dies first. [`Session`] builds and deploys what the folders
//! hold, through the [`Deploy`] that it is given, and again whenever a file is saved.

mod account;
mod artifacts;
mod build;
pub(crate) mod cache;
mod data_dir;
mod deploy;
mod env_file;
mod error;
pub(crate) mod fetch;
mod guest_build;
mod keys;
mod launcher;
mod postgres;
mod postgrest;
mod postmaster;
mod private_file;
mod project;
mod services;
mod session;
mod supervise;
pub(crate) mod watch;

pub use artifacts::{Built, artifacts, files};
pub use data_dir::{DataDir, running_services};
pub use deploy::{Artifact, Deploy, DeployError, Deployed, RegistryDeploy};
pub use error::DevError;
pub use keys::{Keys, local_api_key, remember_keys};
pub use services::{Found, find};
pub use session::{Round, Session};

use crate::config::{Secret, Variables};
use account::Account;
use launcher::Launcher;
use postgres::Postgres;
use postgrest::Postgrest;
use std::path::PathBuf;
use std::sync::Arc;

/// What [`start`] is told.
pub struct Options {
    /// Where everything that must survive a restart is kept; a folder of the user's if `None`.
    pub data_dir: Option<PathBuf>,
    /// The environment: addresses of services that run elsewhere, seeds of keys.
    pub variables: Variables,
    /// The executable that offers the command `confine`: this one, outside tests.
    pub executable: PathBuf,
}

/// The services that run for this process.
pub struct LocalServices {
    database_url: Secret,
    postgrest_url: Option<String>,
    keys: Keys,
    postgres: Option<Postgres>,
    postgrest: Option<Postgrest>,
    data_dir: DataDir,
}

/// Starts what the environment does not name already.
///
/// # Errors
/// [`DevError`], when there can be no database. A missing PostgREST is a warning: only functions that call it fail.
pub async fn start(options: Options) -> Result<LocalServices, DevError> {
    let vars = &options.variables;
    let account = Account::for_services(options.data_dir.as_deref())?;
    let data_dir = DataDir::open(options.data_dir, account.as_ref())?;
    let mut keys = Keys::load_or_create(&data_dir.keys_file(), vars)?;
    let launcher = Arc::new(Launcher::new(options.executable, account.clone()).map_err(DevError::Launcher)?);

    let external = vars.get("DATABASE_URL").map(Secret::new);
    let postgrest_binary = async {
        match vars.get("POSTGREST_BASE_URL") {
            Some(_) => None,
            None => services::postgrest(vars, account.as_ref())
                .await
                .inspect_err(|error| tracing::warn!("{error}; functions that call PostgREST will fail"))
                .ok(),
        }
    };
    let database = async {
        if external.is_some() {
            return Ok(None);
        }
        let binaries = services::postgres(vars, account.as_ref()).await?;
        Postgres::start(launcher.clone(), &data_dir, account.as_ref(), &binaries, &keys).await.map(Some)
    };
    let (postgres, postgrest_binary) = tokio::join!(database, postgrest_binary);
    let postgres = postgres?;

    if external.is_some() {
        keys.follow_environment(vars);
    }
    let database_url = match (&postgres, external) {
        (Some(postgres), _) => postgres.url(),
        (None, Some(url)) => url,
        (None, None) => return Err(DevError::NoDatabase),
    };
    let postgrest = match postgrest_binary {
        Some(binary) => Some(Postgrest::start(launcher, &data_dir, &binary, &database_url, &keys).await?),
        None => None,
    };
    let postgrest_url = match &postgrest {
        Some(postgrest) => Some(postgrest.url()),
        None => vars.get("POSTGREST_BASE_URL").map(str::to_owned),
    };
    let services = LocalServices { database_url, postgrest_url, keys, postgres, postgrest, data_dir };
    env_file::write(&services.data_dir.env_file(), &services.variables())?;
    Ok(services)
}

impl LocalServices {
    /// `postgres://…`, with the password.
    #[must_use]
    pub fn database_url(&self) -> &Secret {
        &self.database_url
    }

    /// PostgREST's address, where there is one.
    #[must_use]
    pub fn postgrest_url(&self) -> Option<&str> {
        self.postgrest_url.as_deref()
    }

    /// The keys of this data folder.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The folder that all of it is kept in.
    #[must_use]
    pub fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// The services and keys as the variables that `serve` would be configured with.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.keys.variables();
        variables.push(("DATABASE_URL".to_owned(), self.database_url.expose().to_owned()));
        variables.extend(self.postgrest_url.iter().map(|url| ("POSTGREST_BASE_URL".to_owned(), url.clone())));
        variables
    }

    /// Stops what [`start`] started, the database last.
    pub async fn stop(self) {
        if let Some(postgrest) = self.postgrest {
            postgrest.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}
