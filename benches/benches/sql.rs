//! What a query of a guest costs beside the same query of sqlx.
//!
//! One row by its primary key, one query after the other. The guest's runs as its caller, which takes a transaction with
//! an identity; sqlx's runs as it is, and once more with the same identity by hand. `DATABASE_URL` names a server on
//! which this may log in as a superuser; it gets a database `wasmforge_bench_sql` and roles. The start of the guest's
//! instance is spread over the queries of one invocation. Every round gives each its turn; the ratio is the median of
//! the rounds'.

mod one_function;

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use one_function::OneFunction;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmforge::server::Platform;
use wasmforge_host_api::auth::{Credentials, Keys};
use wasmforge_host_api::sql::{LoginRole, LoginRoles};

/// Rounds, the first of which only warms up.
const ROUNDS: usize = 31;

/// Queries of one turn.
const QUERIES: u32 = 500;

const NAME: &str = "wasmforge_bench_sql";

const SCHEMA: &str = "
    DO $$ BEGIN CREATE ROLE anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE authenticated NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE wasmforge_bench LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    ALTER ROLE wasmforge_bench PASSWORD 'wasmforge_bench';
    GRANT anon, authenticated TO wasmforge_bench;
    CREATE TABLE IF NOT EXISTS pets (id int PRIMARY KEY, name text NOT NULL);
    INSERT INTO pets SELECT n, 'pet ' || n FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING;
    GRANT SELECT ON pets TO anon";

const QUERY: &str = "SELECT name FROM pets WHERE id = $1";

fn main() -> ExitCode {
    one_function::main("sql", bench)
}

fn bench() -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let options = runtime.block_on(database(&url))?;
    let cache = tempfile::tempdir()?;
    let caller = options.clone().username("wasmforge_bench").password("wasmforge_bench");
    let caller = format!(
        "postgres://wasmforge_bench:wasmforge_bench@{}:{}/{NAME}?sslmode=disable",
        caller.get_host(),
        caller.get_port()
    );
    let variables = [("WASMFORGE_SQL_CALLER_URL", caller.as_str()), ("ENCRYPTION_KEY", "bench")];
    let prepare = OneFunction::prepare_on("sql-probe", cache.path().to_owned(), &variables, on_database);
    let function = runtime.block_on(prepare)?;
    let mut client = runtime.block_on(PgConnection::connect_with(&options))?;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let native = runtime.block_on(natively(&mut client))?;
        let by_hand = runtime.block_on(with_identity(&mut client))?;
        let guest = runtime.block_on(from_guest(&function))?;
        if round > 0 {
            rounds.push([native, by_hand, guest]);
        }
    }
    report(&rounds);
    function.invoker.recorder.stop();
    Ok(())
}

/// Makes the database.
async fn database(url: &str) -> anyhow::Result<PgConnectOptions> {
    let options: PgConnectOptions = url.parse()?;
    let options = options.ssl_mode(sqlx::postgres::PgSslMode::Disable);
    let mut admin = PgConnection::connect_with(&options).await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(NAME)
        .fetch_one(&mut admin)
        .await?;
    if !exists {
        sqlx::raw_sql("CREATE DATABASE wasmforge_bench_sql").execute(&mut admin).await?;
    }
    let options = options.database(NAME);
    sqlx::raw_sql(SCHEMA).execute(&mut PgConnection::connect_with(&options).await?).await?;
    Ok(options)
}

/// A platform whose callers have no credentials, and whose roles are there.
fn on_database(platform: Platform<'_>) -> Platform<'_> {
    Platform { keys: Some(Arc::new(Nobody)), login_roles: Some(Arc::new(Nobody)), ..platform }
}

struct Nobody;

impl Keys for Nobody {
    fn credentials(&self) -> Arc<Credentials> {
        Arc::default()
    }
}

#[async_trait]
impl LoginRoles for Nobody {
    async fn provide(&self, _role: LoginRole, _password: &str) -> Result<(), String> {
        Err("no roles are created here".to_owned())
    }
}

/// The time of one query of sqlx's.
async fn natively(client: &mut PgConnection) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for _ in 0..QUERIES {
        let name: String = sqlx::query_scalar(QUERY).bind(7).fetch_one(&mut *client).await?;
        ensure!(name == "pet 7", "{name}");
    }
    Ok(started.elapsed() / QUERIES)
}

/// The same as somebody, as a backend would do it.
async fn with_identity(client: &mut PgConnection) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for _ in 0..QUERIES {
        let mut transaction = client.begin().await?;
        sqlx::query("SELECT set_config('role', 'anon', true), set_config('request.jwt.claims', $1, true)")
            .bind(r#"{"role":"anon"}"#)
            .execute(&mut *transaction)
            .await?;
        let name: String = sqlx::query_scalar(QUERY).bind(7).fetch_one(&mut *transaction).await?;
        ensure!(name == "pet 7", "{name}");
        transaction.commit().await?;
    }
    Ok(started.elapsed() / QUERIES)
}

/// The time of one query of a guest's.
async fn from_guest(function: &OneFunction) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let steps = format!(r#"[{{"repeat":"{QUERY}","times":{QUERIES},"params":[7]}}]"#);
    let request = Request::post("http://localhost/").body(Full::new(Bytes::from(steps)))?;
    let response = function.invoker.invoke("sql-probe", request).await;
    let status = response.status();
    let body = response.into_body().collect().await.context("the guest's answer")?.to_bytes();
    let elapsed = started.elapsed();
    ensure!(body == format!(r#"[{{"ok":{QUERIES}}}]"#), "the guest answered {status} {body:?}");
    Ok(elapsed / QUERIES)
}

fn report(rounds: &[[Duration; 3]]) {
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    let of = |index: usize| median(rounds.iter().filter_map(|round| round.get(index).copied().map(micros)));
    let ratio = |to: fn(&[Duration; 3]) -> Duration| {
        median(rounds.iter().map(|round @ [_, _, guest]| micros(*guest) / micros(to(round))))
    };
    eprintln!("one row by primary key, median of {} rounds of {QUERIES}:", rounds.len());
    eprintln!("  sqlx natively                {:8.1} µs", of(0));
    eprintln!("  sqlx with identity, by hand  {:8.1} µs", of(1));
    eprintln!("  from a guest, as its caller  {:8.1} µs", of(2));
    eprintln!("  ratio to the first           {:8.2}", ratio(|[native, _, _]| *native));
    eprintln!("  ratio to the second          {:8.2}", ratio(|[_, by_hand, _]| *by_hand));
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
