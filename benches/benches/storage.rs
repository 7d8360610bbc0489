//! What an object of 100 MB costs that a guest streams through storage, beside the same bytes through `object_store`.
//!
//! Both use the same directory through the trait of `object_store`, which for the native turns is used alone: without
//! rows, policies and the MD5 of an `ETag`, and once more with that. The objects' bytes are made and counted in the
//! guest, or natively. `DATABASE_URL` names a server on which this may log in as a superuser; it gets a database
//! `wasmforge_bench_storage` and roles. First, while nothing native has run, comes the memory that the guest's
//! objects take. Every round gives each its turn; the ratio is the median of the rounds'.

mod one_function;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use md5::{Digest as _, Md5};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use one_function::OneFunction;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmforge::server::Platform;
use wasmforge_host_api::auth::{Credentials, Keys};
use wasmforge_host_api::storage::Directory;

/// Rounds, the first of which only warms up.
const ROUNDS: usize = 16;

/// Bytes of the object.
const SIZE: usize = 100_000_000;

/// What the bytes natively come in, as they do from the guest.
static CHUNK: [u8; 64 * 1024] = [0; 64 * 1024];

/// Bytes of an upload's part, as the capability has it for directories.
const PART: usize = 256 * 1024;

/// Times that the object is written and read while memory is measured.
const MEASURED: usize = 3;

const NAME: &str = "wasmforge_bench_storage";

/// What the capability reads and writes of InsForge's storage.
const SCHEMA: &str = "
    DO $$ BEGIN CREATE ROLE anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    DROP SCHEMA IF EXISTS storage CASCADE;
    CREATE SCHEMA storage;
    CREATE TABLE storage.config (max_file_size_mb int NOT NULL);
    CREATE TABLE storage.buckets (name text PRIMARY KEY, public boolean);
    CREATE TABLE storage.objects (
        bucket text NOT NULL REFERENCES storage.buckets,
        key text NOT NULL,
        size int NOT NULL,
        mime_type text,
        uploaded_at timestamptz DEFAULT now(),
        uploaded_by text,
        uploaded_via text NOT NULL DEFAULT 'rest',
        s3_access_key_id text,
        etag text,
        PRIMARY KEY (bucket, key)
    );
    INSERT INTO storage.config VALUES (200);
    INSERT INTO storage.buckets VALUES ('files', false);
    ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
    CREATE POLICY everybody ON storage.objects TO anon USING (bucket = 'files');
    GRANT USAGE ON SCHEMA storage TO anon;
    GRANT SELECT, INSERT, UPDATE, DELETE ON storage.objects TO anon";

fn main() -> ExitCode {
    one_function::main("storage", bench)
}

fn bench() -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    // As the server has it: what a guest's host calls begin goes on beside the guest.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let database = runtime.block_on(database(&url))?;
    let (cache, objects) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let folder = objects.path().to_str().context("the temporary folder's name is not UTF-8")?;
    let variables =
        [("DATABASE_URL", database.as_str()), ("STORAGE_DIR", folder), ("ENCRYPTION_KEY", "bench")];
    let prepare = OneFunction::prepare_on("storage-probe", cache.path().to_owned(), &variables, on_database);
    let function = runtime.block_on(prepare)?;
    let grown = runtime.block_on(memory(&function))?;
    let store = Directory::open(objects.path())?;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let turns = runtime.block_on(turns(&function, &store))?;
        if round > 0 {
            rounds.push(turns);
        }
    }
    report(&rounds, grown);
    function.invoker.recorder.stop();
    Ok(())
}

/// Makes the database: its URL.
async fn database(url: &str) -> anyhow::Result<String> {
    let options: PgConnectOptions = url.parse()?;
    let options = options.ssl_mode(sqlx::postgres::PgSslMode::Disable);
    let mut admin = PgConnection::connect_with(&options).await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(NAME)
        .fetch_one(&mut admin)
        .await?;
    if !exists {
        sqlx::raw_sql("CREATE DATABASE wasmforge_bench_storage").execute(&mut admin).await?;
    }
    let options = options.database(NAME);
    sqlx::raw_sql(SCHEMA).execute(&mut PgConnection::connect_with(&options).await?).await?;
    let (before, _) = url.rsplit_once('/').context("DATABASE_URL names no database")?;
    Ok(format!("{before}/{NAME}?sslmode=disable"))
}

/// A platform whose callers have no credentials.
fn on_database(platform: Platform<'_>) -> Platform<'_> {
    Platform { keys: Some(Arc::new(Nobody)), ..platform }
}

struct Nobody;

impl Keys for Nobody {
    fn credentials(&self) -> Arc<Credentials> {
        Arc::default()
    }
}

/// The times of one round.
struct Turns {
    put: Duration,
    put_hashed: Duration,
    put_by_guest: Duration,
    get: Duration,
    get_by_guest: Duration,
}

async fn turns(function: &OneFunction, store: &Directory) -> anyhow::Result<Turns> {
    let path = Path::from("files/native");
    Ok(Turns {
        put: put(store, &path, false).await?,
        put_hashed: put(store, &path, true).await?,
        put_by_guest: by_guest(function, "fill", "guest", SIZE).await?,
        get: get(store, &path).await?,
        get_by_guest: by_guest(function, "count", "guest", SIZE).await?,
    })
}

/// The time of writing the object natively.
async fn put(store: &Directory, path: &Path, hashed: bool) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut write = WriteMultipart::new_with_chunk_size(store.put_multipart(path).await?, PART);
    let mut hash = Md5::new();
    let mut left = SIZE;
    while left > 0 {
        write.wait_for_capacity(1).await?;
        let chunk = Bytes::from_static(CHUNK.get(..left).unwrap_or(&CHUNK));
        left -= chunk.len();
        if hashed {
            hash.update(&chunk);
        }
        write.put(chunk);
    }
    write.finish().await?;
    std::hint::black_box(hash.finalize());
    Ok(started.elapsed())
}

/// The time of reading the object natively.
async fn get(store: &Directory, path: &Path) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut stream = store.get(path).await?.into_stream();
    let mut size = 0;
    while let Some(chunk) = stream.try_next().await? {
        size += chunk.len();
    }
    ensure!(size == SIZE, "{size} bytes were read");
    Ok(started.elapsed())
}

/// The time of one invocation that writes an object, or reads it.
async fn by_guest(function: &OneFunction, what: &str, key: &str, size: usize) -> anyhow::Result<Duration> {
    let url = format!("http://localhost/?do={what}&bucket=files&key={key}&size={size}");
    let started = Instant::now();
    let request = Request::post(url).body(Empty::<Bytes>::new())?;
    let response = function.invoker.invoke("storage-probe", request).await;
    let status = response.status();
    let body = response.into_body().collect().await.context("the guest's answer")?.to_bytes();
    let elapsed = started.elapsed();
    ensure!(body == size.to_string(), "the guest answered {status} {body:?}");
    Ok(elapsed)
}

/// The most bytes of memory over idle while a guest writes the object, and while it reads it.
async fn memory(function: &OneFunction) -> anyhow::Result<[u64; 2]> {
    // Brings the code into memory, and no object's buffers.
    for what in ["fill", "count"] {
        by_guest(function, what, "small", 1).await?;
    }
    let idle = resident("VmRSS:")?;
    let mut most = [0; 2];
    for _ in 0..MEASURED {
        for (what, most) in ["fill", "count"].into_iter().zip(&mut most) {
            std::fs::write("/proc/self/clear_refs", "5").context("the peak cannot be forgotten")?;
            by_guest(function, what, "guest", SIZE).await?;
            *most = resident("VmHWM:")?.saturating_sub(idle).max(*most);
        }
    }
    Ok(most)
}

/// Bytes of memory, as the kernel counts them (`proc(5)`).
fn resident(field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB"));
    Ok(value.context("/proc/self/status is not as documented")?.parse::<u64>()? * 1024)
}

fn report(rounds: &[Turns], [writing, reading]: [u64; 2]) {
    let speed = |of: fn(&Turns) -> Duration| {
        median(rounds.iter().map(|turns| SIZE as f64 / 1e6 / of(turns).as_secs_f64()))
    };
    let ratio = |guest: fn(&Turns) -> Duration, native: fn(&Turns) -> Duration| {
        let of = |turns| guest(turns).as_secs_f64() / native(turns).as_secs_f64();
        let values: Vec<_> = rounds.iter().map(of).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        format!("{:8.2} ({least:.2} to {most:.2})", median(values.into_iter()))
    };
    let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    eprintln!("an object of {SIZE} bytes in a directory, median of {} rounds:", rounds.len());
    eprintln!("  written natively               {:8.0} MB/s", speed(|turns| turns.put));
    eprintln!("  written natively, with an MD5  {:8.0} MB/s", speed(|turns| turns.put_hashed));
    eprintln!("  written by a guest             {:8.0} MB/s", speed(|turns| turns.put_by_guest));
    eprintln!("  read natively                  {:8.0} MB/s", speed(|turns| turns.get));
    eprintln!("  read by a guest                {:8.0} MB/s", speed(|turns| turns.get_by_guest));
    eprintln!("time by a guest to the time natively, and how far rounds were apart:");
    eprintln!("  written                {}", ratio(|turns| turns.put_by_guest, |turns| turns.put));
    eprintln!("  written, with an MD5   {}", ratio(|turns| turns.put_by_guest, |turns| turns.put_hashed));
    eprintln!("  read                   {}", ratio(|turns| turns.get_by_guest, |turns| turns.get));
    eprintln!("memory over idle, at most, of {MEASURED} times each by a guest:");
    eprintln!("  writing  {:8.2} MiB", mib(writing));
    eprintln!("  reading  {:8.2} MiB", mib(reading));
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
