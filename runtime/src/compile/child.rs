//! Runs the compiler process and reads its end.

use super::javascript::worker;
use super::worker::{EXIT_BAD_MODULE, EXIT_BAD_SOURCE, EXIT_FAILED};
use super::{BuildError, SourceError};
use crate::config::CompileConfig;
use crate::engine::{EngineProfile, MIB};
use bytes::Bytes;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

/// Bytes of the compiler's message that are kept.
const MAX_MESSAGE: u64 = 16 * 1024;

/// Bytes of machine code that one module may become.
const MAX_CODE: u64 = 1024 * MIB;

/// CPU time of compiling one source, where the operator allows as much: a large bundle takes a second.
const SOURCE_CPU: Duration = Duration::from_secs(20);

/// The exit status of a Rust program that panicked.
const EXIT_PANIC: i32 = 101;

/// `SIGXCPU`, which the kernel sends at the CPU limit; `SIGKILL`, with which it makes room when memory runs out;
/// `SIGABRT`, which a failed allocation ends in; `SIGSEGV`, which a stack that cannot grow ends in.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;

/// Starts compiler processes, so many at once.
pub struct Compiler {
    program: PathBuf,
    config: CompileConfig,
    places: Semaphore,
}

impl Compiler {
    /// A compiler that runs this very program.
    ///
    /// # Errors
    /// Where the system does not tell where the program is.
    pub fn new(config: CompileConfig) -> std::io::Result<Self> {
        let places = Semaphore::new(config.concurrency);
        // The link leads to this very program even after its file was replaced by a newer one.
        let this = PathBuf::from("/proc/self/exe");
        let program = if this.exists() { this } else { std::env::current_exe()? };
        Ok(Self { program, config, places })
    }

    /// Compiles `module`, which was inspected before.
    ///
    /// # Errors
    /// [`BuildError`] in words for the module's author.
    pub async fn compile(&self, profile: EngineProfile, module: Bytes) -> Result<Vec<u8>, BuildError> {
        let command = self.command(profile, self.config.cpu, self.config.memory);
        self.run(command, module).await
    }

    /// Makes a program of a JavaScript or TypeScript source, with the engine whose checked machine code is at `engine`.
    ///
    /// # Errors
    /// [`BuildError`] in words for the source's author.
    pub async fn compile_source(
        &self,
        profile: EngineProfile,
        engine: &Path,
        source: Bytes,
    ) -> Result<Vec<u8>, BuildError> {
        let memory = self.config.memory.saturating_add(worker::RESERVED);
        let mut command = self.command(profile, self.config.cpu.min(SOURCE_CPU), memory);
        command.arg("--javascript").arg(engine);
        self.run(command, source).await
    }

    async fn run(&self, mut command: Command, module: Bytes) -> Result<Vec<u8>, BuildError> {
        let _place = self.places.acquire().await.map_err(|error| BuildError::Compiler(error.to_string()))?;
        let child = command.spawn().map_err(|error| BuildError::Compiler(error.to_string()))?;
        match tokio::time::timeout(self.config.wall, converse(child, module)).await {
            Ok(Ok(end)) => self.judge(end),
            Ok(Err(error)) => Err(BuildError::Compiler(error.to_string())),
            Err(_elapsed) => Err(BuildError::TooSlow(format!("{:?}", self.config.wall))),
        }
    }

    fn command(&self, profile: EngineProfile, cpu: Duration, memory: u64) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("compile-worker")
            .args(["--profile", profile.name()])
            .args(["--cpu-seconds", &cpu.as_secs().max(1).to_string()])
            .args(["--memory-bytes", &memory.to_string()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn judge(&self, end: End) -> Result<Vec<u8>, BuildError> {
        let End { status, code, message } = end;
        if status.success() && !code.is_empty() {
            return Ok(code);
        }
        let out_of_memory = || BuildError::TooMuchMemory(self.config.memory / MIB);
        match (status.code(), status.signal()) {
            (Some(code), _) if code == i32::from(EXIT_BAD_MODULE) => Err(BuildError::Invalid(message)),
            (Some(code), _) if code == i32::from(EXIT_BAD_SOURCE) => Err(source_error(&message)),
            (Some(code), _) if code == i32::from(EXIT_FAILED) => Err(BuildError::Compiler(message)),
            (Some(EXIT_PANIC), _) if message.contains("Resource temporarily unavailable") => {
                Err(out_of_memory())
            }
            (Some(EXIT_PANIC), _) => {
                tracing::error!(message, "the compiler panicked");
                Err(BuildError::Invalid("the compiler fails on it".into()))
            }
            (_, Some(SIGXCPU)) => Err(BuildError::TooSlow(format!("{:?}", self.config.cpu))),
            (_, Some(SIGKILL)) => Err(BuildError::Compiler("it was killed by the system".into())),
            (_, Some(SIGABRT | SIGSEGV)) if message.contains("overflowed its stack") => {
                Err(BuildError::Source(Box::new(SourceError::whole("The source is nested too deeply"))))
            }
            (_, Some(SIGABRT | SIGSEGV)) => Err(out_of_memory()),
            _ if message.contains("memory allocation") || message.contains("Cannot allocate") => {
                Err(out_of_memory())
            }
            _ => Err(BuildError::Invalid(format!("the compiler ended with {status}: {message}"))),
        }
    }
}

fn source_error(message: &str) -> BuildError {
    match serde_json::from_str(message) {
        Ok(error) => BuildError::Source(Box::new(error)),
        Err(_) => BuildError::Invalid("the source cannot be read".into()),
    }
}

struct End {
    status: ExitStatus,
    code: Vec<u8>,
    message: String,
}

/// Writes the module and reads the answer at the same time: either pipe may fill up first.
async fn converse(mut child: Child, module: Bytes) -> std::io::Result<End> {
    let missing = || std::io::Error::other("the compiler process has no pipes");
    let mut stdin = child.stdin.take().ok_or_else(missing)?;
    let stdout = child.stdout.take().ok_or_else(missing)?;
    let stderr = child.stderr.take().ok_or_else(missing)?;
    let write = async move {
        // A compiler that ends before it has read everything says why on its standard error.
        let _ = stdin.write_all(&module).await;
        drop(stdin);
    };
    let (mut code, mut message) = (Vec::new(), Vec::new());
    let (mut stdout, mut stderr) = (stdout.take(MAX_CODE), stderr.take(MAX_MESSAGE));
    let ((), read_code, read_message) =
        tokio::join!(write, stdout.read_to_end(&mut code), stderr.read_to_end(&mut message));
    read_code?;
    read_message?;
    let status = child.wait().await?;
    Ok(End { status, code, message: String::from_utf8_lossy(&message).trim().to_owned() })
}
