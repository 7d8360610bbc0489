//! The commands about what a server has.

use super::{
    delete, deploy, invocations, invoke, jobs, list, logs, rollback, schedules, secrets, traffic, triggers,
    versions,
};
use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub(super) enum OnServer {
    /// Deploy functions to a server
    Deploy(deploy::DeployArgs),
    /// List the functions of a server
    List(list::ListArgs),
    /// Send a function a request, and write its answer as it comes
    Invoke(invoke::InvokeArgs),
    /// Remove a function from a server
    Delete(delete::DeleteArgs),
    /// List what was deployed under a name, and what is live
    Versions(versions::VersionsArgs),
    /// Make an older version live again
    Rollback(rollback::RollbackArgs),
    /// Show or set how requests are split between the live version and one on trial
    Traffic(traffic::TrafficArgs),
    /// Make the version on trial the live one
    Promote(traffic::PromoteArgs),
    /// Print what functions write
    Logs(logs::LogsArgs),
    /// Look at what was called
    Invocations(invocations::InvocationsArgs),
    /// Keep what functions see in their environment
    Secrets(secrets::SecretsArgs),
    /// Keep what is called by the clock
    Schedules(schedules::SchedulesArgs),
    /// Keep which functions are called with rows that change
    Triggers(triggers::TriggersArgs),
    /// Look after asynchronous invocations and calls of triggers
    Jobs(jobs::JobsArgs),
}

pub(super) async fn run(command: OnServer) -> anyhow::Result<ExitCode> {
    match command {
        OnServer::Deploy(args) => deploy::run(args).await,
        OnServer::List(args) => list::run(args).await,
        OnServer::Invoke(args) => invoke::run(args).await,
        OnServer::Delete(args) => delete::run(args).await,
        OnServer::Versions(args) => versions::run(args).await,
        OnServer::Rollback(args) => rollback::run(args).await,
        OnServer::Traffic(args) => traffic::run(args).await,
        OnServer::Promote(args) => traffic::promote(args).await,
        OnServer::Logs(args) => logs::run(args).await,
        OnServer::Invocations(args) => invocations::run(args).await,
        OnServer::Secrets(args) => secrets::run(args).await,
        OnServer::Schedules(args) => schedules::run(args).await,
        OnServer::Triggers(args) => triggers::run(args).await,
        OnServer::Jobs(args) => jobs::run(args).await,
    }
}
