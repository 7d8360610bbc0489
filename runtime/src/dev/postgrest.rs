//! A PostgREST of our own, on loopback, over the database's schema `public`.

use super::launcher::{Launcher, Program};
use super::postgres::free_port;
use super::supervise::Service;
use super::{DataDir, DevError, Keys};
use crate::cli::confine::DeathSignal;
use crate::config::Secret;
use std::path::Path;
use std::sync::Arc;

/// The running server. It is not waited for: it answers a moment after it starts, and is started again if it ends.
pub(super) struct Postgrest {
    service: Service,
    port: u16,
}

impl Postgrest {
    pub(super) async fn start(
        launcher: Arc<Launcher>,
        data_dir: &DataDir,
        binary: &Path,
        database: &Secret,
        keys: &Keys,
    ) -> Result<Self, DevError> {
        let failed = |source| DevError::Run { program: "PostgREST".to_owned(), source };
        let port = free_port().map_err(failed)?;
        // In the environment, not among the arguments, which every user of the machine can read.
        let env = vec![
            ("PGRST_DB_URI", database.expose().into()),
            ("PGRST_DB_SCHEMAS", "public".into()),
            ("PGRST_DB_ANON_ROLE", "anon".into()),
            ("PGRST_DB_POOL", "10".into()),
            ("PGRST_JWT_SECRET", keys.jwt_secret.expose().into()),
            ("PGRST_SERVER_HOST", "127.0.0.1".into()),
            ("PGRST_SERVER_PORT", port.to_string().into()),
            ("PGRST_LOG_LEVEL", "error".into()),
        ];
        let program = Program {
            name: "postgrest",
            path: binary.to_owned(),
            args: Vec::new(),
            env,
            dir: data_dir.path().to_owned(),
            stop: DeathSignal::Term,
        };
        let service = Service::start(launcher, program).await.map_err(failed)?;
        Ok(Self { service, port })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) async fn stop(self) {
        self.service.stop().await;
    }
}
