//! What telling of an invocation costs the request that it was, and how much of it PostgreSQL takes.
//!
//! The first part is measured by criterion: one call of the recorder with a record, and one line through an invocation's
//! log, in bursts that the telemetry thread has time to write away in between. The second runs where `DATABASE_URL` names
//! a server on which this may make a database: it queues 20,000 lines a second for ten seconds, and says how many became
//! rows.

use anyhow::Context as _;
use criterion::Criterion;
use http::Method;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use wasmforge::config::{Config, LogFormat, Secret, Variables};
use wasmforge::registry::{LineId, LogRow, PostgresRegistry, RegistryConfig};
use wasmforge::telemetry::{
    CallCounts, GuestLog, InvocationId, InvocationRecord, InvocationSource, LineWriter, LogTag, Metrics,
    Outcome, Recorder,
};
use wasmforge_host_api::log::{Level, LogSink as _};
use wasmforge_host_api::trace::Trace;

/// Events of one burst: fewer than the telemetry thread takes at once.
const BURST: u64 = 10_000;

/// How long the telemetry thread has for a burst.
const PAUSE: Duration = Duration::from_millis(200);

const NAME: &str = "wasmforge_bench_history";

/// Lines of a second.
const RATE: u32 = 20_000;

/// How long they are written.
const SECONDS: u32 = 10;

fn main() -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("history: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> anyhow::Result<()> {
    let lines = LineWriter::to(LogFormat::Json, Box::new(std::io::sink()));
    let recorder = Recorder::start(lines, Arc::new(Metrics::new()?), Vec::new())?;
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("a record", |bench| {
        bench.iter_custom(|count| in_bursts(count, || recorder.call(record())));
    });
    let tag = LogTag { id: InvocationId::new(), slug: "bench".into(), version: 1 };
    let log = GuestLog::new(tag, u64::MAX, recorder.clone());
    criterion.bench_function("a line", |bench| {
        bench.iter_custom(|count| in_bursts(count, || log.log(Level::Info, LINE, &[])));
    });
    criterion.final_summary();
    drop(log);
    recorder.stop();
    match std::env::var("DATABASE_URL") {
        Ok(url) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(hold(&url)).context("writing to PostgreSQL")
        }
        Err(_) => {
            eprintln!("history: DATABASE_URL is not set, nothing is written to PostgreSQL");
            Ok(())
        }
    }
}

const LINE: &str = "an order of three was taken in 12 ms for the customer with the longest name of them all";

/// The time of so many calls, without the pauses between bursts.
fn in_bursts(count: u64, mut call: impl FnMut()) -> Duration {
    let (mut left, mut took) = (count, Duration::ZERO);
    while left > 0 {
        let burst = left.min(BURST);
        let start = Instant::now();
        (0..burst).for_each(|_| call());
        took += start.elapsed();
        left -= burst;
        if left > 0 || burst == BURST {
            std::thread::sleep(PAUSE);
        }
    }
    took
}

fn record() -> InvocationRecord {
    let id = InvocationId::new();
    InvocationRecord {
        id,
        slug: "bench".into(),
        version: 1,
        source: InvocationSource::Http,
        method: Method::GET,
        status: 200,
        outcome: Outcome::Ok,
        started: SystemTime::now(),
        clock: Instant::now(),
        duration: Duration::from_millis(2),
        cpu: Duration::from_micros(300),
        peak_memory: 1_179_648,
        fuel: None,
        request_bytes: 14,
        response_bytes: 25,
        outbound_requests: 0,
        call_counts: CallCounts::default(),
        calls: Vec::new(),
        ai_prompt_tokens: 0,
        ai_completion_tokens: 0,
        trace: Trace::of(id.uuid(), None, false, false),
        error: None,
    }
}

/// Whether PostgreSQL takes the lines as fast as they come.
async fn hold(url: &str) -> anyhow::Result<()> {
    let options: PgConnectOptions = url.parse()?;
    let mut admin = PgConnection::connect_with(&options).await?;
    sqlx::raw_sql("DROP DATABASE IF EXISTS wasmforge_bench_history WITH (FORCE)").execute(&mut admin).await?;
    sqlx::raw_sql("CREATE DATABASE wasmforge_bench_history").execute(&mut admin).await?;
    let mut own = url::Url::parse(url)?;
    own.set_path(NAME);
    let variables =
        [("DATABASE_URL".to_owned(), own.to_string()), ("ENCRYPTION_KEY".to_owned(), "bench".to_owned())];
    let config = Config::from_variables(&variables.into_iter().collect::<Variables>())?;
    let registry = PostgresRegistry::start(RegistryConfig {
        encryption_key: Secret::new("bench"),
        ..RegistryConfig::new(&config)
    })?;
    registry.synced().await;
    let start = Instant::now();
    let logs = registry.logs();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..SECONDS * 50 {
        tick.tick().await;
        (0..RATE / 50).for_each(|_| logs.record(row()));
    }
    let queued = start.elapsed();
    let dropped = logs.dropped();
    registry.shutdown().await;
    let took = start.elapsed();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM functions.logs")
        .fetch_one(&mut PgConnection::connect_with(&options.database(NAME)).await?)
        .await?;
    writeln!(
        std::io::stdout(),
        "{} lines queued in {queued:.2?}, {rows} rows in {took:.2?} ({:.0} a second), {dropped} dropped",
        SECONDS * RATE,
        f64::from(u32::try_from(rows)?) / took.as_secs_f64(),
    )?;
    sqlx::raw_sql("DROP DATABASE wasmforge_bench_history WITH (FORCE)").execute(&mut admin).await?;
    Ok(())
}

fn row() -> LogRow {
    let now = SystemTime::now();
    LogRow {
        id: LineId::new(now),
        invocation_id: uuid::Uuid::now_v7(),
        slug: "bench".into(),
        version: 1,
        logged_at: now.into(),
        level: "info".into(),
        source: "log".into(),
        message: LINE.to_owned(),
        fields: Vec::new(),
    }
}
