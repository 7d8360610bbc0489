//! Servers of JavaScript that run V8, from npm.

use crate::install::Installation;
use crate::peers::Peer;
use crate::process::{Program, Running, Stop};
use anyhow::{Context as _, Result};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Deno with one isolate for everything.
pub(crate) const SHARED: &str = "Deno, shared isolate";
/// Deno with a worker for each request.
pub(crate) const PER_REQUEST: &str = "Deno, worker per request";
/// workerd with one isolate for everything.
pub(crate) const WORKERD: &str = "workerd, shared isolate";

/// What they are started with, by name.
const FILES: [(&str, &str); 6] = [
    ("functions.js", include_str!("../peers/functions.js")),
    ("shared.js", include_str!("../peers/shared.js")),
    ("per-request.js", include_str!("../peers/per-request.js")),
    ("worker.js", include_str!("../peers/worker.js")),
    ("workerd.js", include_str!("../peers/workerd.js")),
    ("workerd.capnp", include_str!("../peers/workerd.capnp")),
];

/// Starts those that there are, each with all functions of `functions`, a name and a source each.
pub(crate) async fn start(installation: &Installation, functions: &[(&str, &str)]) -> Result<Vec<Peer>> {
    let Some(packages) = &installation.packages else {
        crate::say(format_args!(
            "Deno and workerd are not there, so their rows are left out: get them with `cargo xtask bench --javascript`"
        ));
        return Ok(Vec::new());
    };
    let folder = installation.folder("v8")?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text)?;
    }
    for (name, text) in functions {
        fs::write(installation.folder("v8/functions")?.join(format!("{name}.js")), text)?;
    }
    let peers = [
        (SHARED, deno_shared(installation, packages, &folder)),
        (PER_REQUEST, deno_per_request(installation, packages, &folder)),
        (WORKERD, workerd(installation, packages, &folder)),
    ];
    let mut started = Vec::new();
    for (name, program) in peers {
        match listen(program, installation, name).await {
            Ok((addr, running)) => started.push(Peer { name, addr, running }),
            Err(error) => crate::say(format_args!("{name} does not run and is left out: {error:#}")),
        }
    }
    Ok(started)
}

async fn listen(
    program: Result<Program>,
    installation: &Installation,
    name: &str,
) -> Result<(SocketAddr, Running)> {
    let logs = installation.folder(&format!("v8/{name}"))?;
    let mut running = program?.start_on(installation.cores, &logs)?;
    let addr = running.wait_for(address).await?;
    Ok((addr, running))
}

/// Deno's servers say a URL. workerd writes `{"event":"listen","socket":"http","port":PORT}` to its control file, which
/// is its standard error.
fn address(said: &str) -> Option<SocketAddr> {
    said.lines().find_map(|line| match line.split_once("\"port\":") {
        Some((_, port)) => {
            let port = port.trim().trim_end_matches('}').parse().ok()?;
            Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        }
        None => line.split_once("http://")?.1.split('/').next()?.parse().ok(),
    })
}

fn deno(installation: &Installation, packages: &Path, folder: &Path) -> Result<Program> {
    let program = Program::new(&native(packages, "@deno", "deno")?, Stop::Term);
    let allowed = format!("--allow-read={}", folder.display());
    let program = program.args(["run", "--no-prompt", "--allow-net"]).arg(allowed);
    let program = program.env("DENO_DIR", installation.folder("v8/deno")?).env("DENO_NO_UPDATE_CHECK", "1");
    Ok(program)
}

fn deno_shared(installation: &Installation, packages: &Path, folder: &Path) -> Result<Program> {
    let program = deno(installation, packages, folder)?;
    Ok(program.arg(folder.join("shared.js")).arg(folder.join("functions")))
}

fn deno_per_request(installation: &Installation, packages: &Path, folder: &Path) -> Result<Program> {
    let program = deno(installation, packages, folder)?;
    let program = program.args(["--allow-env", "--unstable-worker-options"]);
    Ok(program.arg(folder.join("per-request.js")).arg(folder.join("functions")))
}

fn workerd(_: &Installation, packages: &Path, folder: &Path) -> Result<Program> {
    let program = Program::new(&native(packages, "@cloudflare", "bin/workerd")?, Stop::Term);
    Ok(program.arg("serve").arg(folder.join("workerd.capnp")).arg("--control-fd=2"))
}

/// The program that a package brings for this machine: npm installs those for others neither.
fn native(packages: &Path, scope: &str, program: &str) -> Result<PathBuf> {
    let scope = packages.join(scope);
    let entries = fs::read_dir(&scope).with_context(|| scope.display().to_string())?;
    let mut programs = entries.filter_map(|entry| Some(entry.ok()?.path().join(program)));
    programs.find(|path| path.is_file()).with_context(|| format!("{} has no {program}", scope.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_either_server_says_it() {
        let expected = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 4321)));
        assert_eq!(address("warning\nlistening on http://127.0.0.1:4321/\n"), expected);
        assert_eq!(address("{\"event\":\"listen\",\"socket\":\"http\",\"port\":4321}\n"), expected);
        assert_eq!(address("starting\n"), None);
    }
}
