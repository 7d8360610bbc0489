//! Deploys what the folders hold, and again when a file is saved.

use super::build::Builder;
use super::deploy::{Artifact, Deploy, DeployError, Deployed};
use super::project::{self, Code};
use super::watch::FileWatch;
use crate::author::Problem;
use crate::config::Variables;
use crate::registry::Slug;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Instant;

/// Deploys at once; each compiles a module.
const CONCURRENT_DEPLOYS: usize = 4;

/// What one look at the folders came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Functions that now run other code than before.
    pub deployed: Vec<Slug>,
    /// What was refused or did not build. Its last good version keeps serving.
    pub failed: Vec<String>,
}

/// The folders, and what has been deployed from them.
pub struct Session {
    dirs: Vec<PathBuf>,
    builder: Builder,
    deployed: HashMap<Slug, [u8; 32]>,
    /// In place from the start, so that what is saved during the first build is seen too.
    watch: Option<FileWatch>,
}

struct Ready {
    slug: Slug,
    /// The file that somebody wrote, of a source.
    file: Option<PathBuf>,
    artifact: Artifact,
    hash: [u8; 32],
}

impl Session {
    /// A session over `dirs`. Folders that do not exist are left out.
    #[must_use]
    pub fn new(dirs: &[PathBuf]) -> Self {
        let dirs: Vec<PathBuf> = dirs
            .iter()
            .filter(|dir| {
                let exists = dir.is_dir();
                if !exists {
                    tracing::warn!("{} is not a folder; nothing is deployed from it", dir.display());
                }
                exists
            })
            .cloned()
            .collect();
        let watch = FileWatch::new(&dirs)
            .inspect_err(|error| tracing::warn!("files are not watched, start again after a change: {error}"))
            .ok();
        let builder = Builder::new(Variables::of_process());
        Self { dirs, builder, deployed: HashMap::new(), watch }
    }

    /// Builds everything and deploys what differs from the last time it was deployed here. What is gone from the
    /// folders stays deployed: a function that others call is not removed by a file that was moved.
    pub async fn round(&mut self, platform: &dyn Deploy) -> Round {
        self.round_after(None, platform).await
    }

    async fn round_after(&mut self, changed: Option<&BTreeSet<PathBuf>>, platform: &dyn Deploy) -> Round {
        let mut round = Round::default();
        let ready = self.build(changed, &mut round.failed).await;
        let is_new = |ready: &Ready| self.deployed.get(&ready.slug) != Some(&ready.hash);
        let changed: Vec<Ready> = ready.into_iter().filter(is_new).collect();
        let mut results = stream::iter(changed)
            .map(|ready| async move {
                let started = Instant::now();
                let result = platform.deploy(&ready.slug, ready.artifact).await;
                let result = result.map_err(|error| reason(ready.file, &error));
                (ready.slug, ready.hash, result, started.elapsed())
            })
            .buffer_unordered(CONCURRENT_DEPLOYS);
        while let Some((slug, hash, result, took)) = results.next().await {
            match result {
                Ok(outcome) => {
                    self.deployed.insert(slug.clone(), hash);
                    if outcome == Deployed::Changed {
                        tracing::info!("deployed {slug} in {} ms", took.as_millis());
                        round.deployed.push(slug);
                    }
                }
                Err(error) => round.failed.push(format!("{slug}: {error}")),
            }
        }
        drop(results);
        round.deployed.sort();
        for failure in &round.failed {
            tracing::error!("not deployed: {failure}");
        }
        round
    }

    /// Deploys again whenever files change; returns when the folders cannot be watched (any longer).
    pub async fn follow(&mut self, platform: &dyn Deploy) {
        let Some(mut watch) = self.watch.take() else { return };
        let mut failing = false;
        while let Some(changed) = watch.changed().await {
            let failed = !self.round_after(Some(&changed), platform).await.failed.is_empty();
            if failing && !failed {
                tracing::info!("everything is deployed again");
            }
            failing = failed;
        }
    }

    /// The artifacts of every function that has one; the others' problems go to `failed`.
    async fn build(&mut self, changed: Option<&BTreeSet<PathBuf>>, failed: &mut Vec<String>) -> Vec<Ready> {
        let project = match project::discover(&self.dirs) {
            Ok(project) => project,
            Err(error) => {
                failed.push(format!("the folders cannot be read: {error}"));
                return Vec::new();
            }
        };
        failed.extend(project.refused.iter().map(ToString::to_string));
        let artifacts = self.builder.build(&project.entries, changed).await;
        let mut ready = Vec::new();
        for (entry, artifact) in project.entries.into_iter().zip(artifacts) {
            let slug = entry.slug;
            match artifact {
                Ok(artifact) => {
                    let hash = Sha256::digest(artifact.bytes()).into();
                    let file = match entry.code {
                        Code::Source(file) => Some(file),
                        Code::Crate(_) | Code::Component(_) => None,
                    };
                    ready.push(Ready { slug, file, artifact, hash });
                }
                Err(problem) => failed.push(format!("{slug}: {problem}")),
            }
        }
        ready
    }
}

/// Why a function is not deployed, with the place in its source where that is known.
fn reason(file: Option<PathBuf>, error: &DeployError) -> String {
    match (file, error) {
        (Some(file), DeployError::Build(error)) => Problem::of_build(&file, error).to_string(),
        (_, error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use parking_lot::Mutex;
    use std::fs;
    use std::time::Duration;
    use tokio::sync::Notify;

    /// Takes everything but source that says `bad`.
    #[derive(Default)]
    struct Platform {
        serving: Mutex<HashMap<String, Vec<u8>>>,
        deploys: Mutex<usize>,
        happened: Notify,
    }

    #[async_trait]
    impl Deploy for Platform {
        async fn deploy(&self, slug: &Slug, artifact: Artifact) -> Result<Deployed, DeployError> {
            *self.deploys.lock() += 1;
            self.happened.notify_one();
            if artifact == Artifact::Source("bad".to_owned()) {
                return Err(DeployError::Store("it is bad".to_owned()));
            }
            self.serving.lock().insert(slug.to_string(), artifact.bytes().to_vec());
            Ok(Deployed::Changed)
        }
    }

    #[tokio::test]
    async fn only_what_changed_is_deployed_and_a_bad_save_replaces_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(temp.path().join(file), text).unwrap();
        write("one.js", "1");
        write("two.wasm", "2");
        let (platform, mut session) = (Platform::default(), Session::new(&[temp.path().to_owned()]));
        let slugs = |names: &[&str]| names.iter().map(|name| Slug::parse(name).unwrap()).collect::<Vec<_>>();

        assert_eq!(session.round(&platform).await.deployed, slugs(&["one", "two"]));
        assert_eq!(session.round(&platform).await, Round::default());
        assert_eq!(*platform.deploys.lock(), 2);

        write("one.js", "bad");
        let round = session.round(&platform).await;
        assert_eq!(round.failed, ["one: it is bad"]);
        assert_eq!(platform.serving.lock()["one"], b"1");

        write("one.js", "3");
        assert_eq!(session.round(&platform).await.deployed, slugs(&["one"]));
        assert_eq!(platform.serving.lock()["one"], b"3");
    }

    #[tokio::test]
    async fn a_save_is_followed_by_a_deploy() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("one.js"), "1").unwrap();
        let (platform, mut session) = (Platform::default(), Session::new(&[temp.path().to_owned()]));
        session.round(&platform).await;
        platform.happened.notified().await;
        let saved = async {
            fs::write(temp.path().join("one.js"), "2").unwrap();
            platform.happened.notified().await;
        };
        tokio::select! {
            () = session.follow(&platform) => panic!("the watch ended"),
            result = tokio::time::timeout(Duration::from_secs(30), saved) => result.unwrap(),
        }
        assert_eq!(platform.serving.lock()["one"], b"2");
    }
}
