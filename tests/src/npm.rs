//! A registry of npm packages on this machine.

use crate::Peer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha512};
use std::sync::{Arc, Mutex};

/// A registry with one package.
pub struct NpmRegistry {
    peer: Peer,
    tarball: Arc<Mutex<Bytes>>,
}

impl NpmRegistry {
    /// Serves `name` at these versions, each with this `index.js`.
    pub async fn start(name: &'static str, versions: &'static [&'static str], index: &str) -> Self {
        let tarball = Arc::new(Mutex::new(Bytes::from(archive(name, versions[0], index))));
        let served = tarball.clone();
        let peer = Peer::start_with_bytes(move |request| {
            let archive = served.lock().unwrap().clone();
            match request.path.ends_with(".tgz") {
                true => (200, archive),
                false => (200, packument(name, versions, request.header("host").unwrap(), &archive).into()),
            }
        })
        .await;
        Self { peer, tarball }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        self.peer.url("/")
    }

    /// How many requests came.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.peer.received().len()
    }

    /// Replaces what all versions hold, as no registry should.
    pub fn tamper(&self, name: &str, version: &str, index: &str) {
        *self.tarball.lock().unwrap() = archive(name, version, index).into();
    }
}

fn packument(name: &str, versions: &[&str], host: &str, archive: &[u8]) -> String {
    let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(archive)));
    let tarball = format!("http://{host}/{name}.tgz");
    let version = |version: &&str| {
        let dist = json!({ "tarball": tarball, "integrity": integrity });
        ((*version).to_owned(), json!({ "name": name, "version": version, "main": "index.js", "dist": dist }))
    };
    let all: serde_json::Map<_, _> = versions.iter().map(version).collect();
    json!({ "name": name, "dist-tags": { "latest": versions[versions.len() - 1] }, "versions": all })
        .to_string()
}

fn archive(name: &str, version: &str, index: &str) -> Vec<u8> {
    let manifest = json!({ "name": name, "version": version, "main": "index.js" }).to_string();
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (file, content) in [("package.json", manifest.as_str()), ("index.js", index)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("package/{file}"), content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}
