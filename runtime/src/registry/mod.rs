//! What is deployed: functions, their modules and their secrets.
//!
//! The hot path knows only the [`Directory`], an in-memory table. Whatever fills it (PostgreSQL, or the one file of
//! `wasmforge run`) stands behind [`ModuleStore`].

mod audits;
mod definition;
mod directory;
mod function;
mod grants;
mod history;
mod history_query;
mod invocations;
mod jobs;
mod line_id;
mod logs;
mod module_store;
mod node_row;
mod one_module;
mod postgres;
mod project;
mod revision;
mod schedules;
mod secrets;
mod slug;
mod statistics;
mod status;
mod stored_secrets;
mod triggers;
mod version_history;

pub use audits::{AuditEntry, AuditPage, AuditQuery};
pub use definition::{
    Author, CanaryUpload, Changes, Code, Definition, Deployed, FunctionStatus, Moved, NewFunction, Settings,
    Target, Upload,
};
pub use directory::{Directory, Entry, Lookup, Share};
pub use function::{AuthPolicy, Function, FunctionKind, ModuleHash, Version};
pub use grants::Grants;
pub use history::{History, HistoryRow};
pub use history_query::{InvocationQuery, LineQuery, StatusFilter};
pub use invocations::{CallRow, InvocationRow};
pub use jobs::{
    Attempt, Backlog, Ending, JobDetail, JobFilter, JobRecord, JobRequest, JobResult, JobSource, JobStatus,
    LeasedJob, NewJob, NotReplayable, StoredAnswer, StoredHeaders,
};
pub use line_id::LineId;
pub use logs::LogRow;
pub use module_store::{ArtifactKey, ModuleStore, StoreError};
pub use node_row::NodeRow;
pub use one_module::OneModule;
pub use postgres::{
    ColumnsUnavailable, Deployment, Examination, ExamineError, LeaseRequest, PostgresRegistry,
    RegistryConfig, RegistryError, Seed, VersionError, WriteError,
};
pub use project::{BucketSize, Channel, Channels, DatabaseSize, Policy, TableSize};
pub use revision::{Expected, Revision};
pub use schedules::{
    ClaimedRun, DueTime, FinishedRun, Missed, PlannedSchedule, Schedule, ScheduleDefinition, ScheduleLog,
    ScheduleSettings,
};
pub use secrets::{SecretCipher, SecretError};
pub use slug::{InvalidSlug, Slug};
pub use statistics::{BUCKETS_PER_OCTAVE, MinuteCount, Statistic, bucket_of, percentile};
pub use status::{Mode, Status};
pub use stored_secrets::{NewSecret, PlatformKey, Rotated, SecretChanges, SecretEntry, SecretWriteError};
pub use triggers::{NewTrigger, RowEvent, RowTrigger, TriggerChanges, TriggerError};
pub use version_history::{Canary, Change, VersionEntry, VersionPage};
