//! Directories of the host in place of the sandbox's.

use crate::testing;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) fn assets() -> PathBuf {
    let beside_source = || {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        package.join("assets")
    };
    testing::fake(&testing::ASSETS).map_or_else(beside_source, |assets| assets.to_path_buf())
}

pub(crate) fn scratch() -> PathBuf {
    SCRATCH.with(|scratch| scratch.0.clone())
}

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

/// A directory that goes with its thread.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("wasmforge-sdk-scratch-{process}-{number}"));
        remove(&path);
        // A directory that cannot be made is found out by whoever writes to it.
        let _ = std::fs::create_dir(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(path: &Path) {
    let _ = std::fs::remove_dir_all(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn each_thread_has_a_scratch_directory_that_goes_with_it() {
        let mine = files::scratch();
        std::fs::write(mine.join("f"), "x").unwrap();
        let other = std::thread::spawn(|| {
            let scratch = files::scratch();
            std::fs::write(scratch.join("f"), "y").unwrap();
            scratch
        });
        let other = other.join().unwrap();
        assert!(other != mine && !other.exists() && mine.join("f").exists());
    }

    #[test]
    fn assets_are_where_a_test_says() {
        let assets = testing::assets("/some/where");
        assert_eq!(files::assets(), Path::new("/some/where"));
        drop(assets);
        assert!(files::assets().ends_with("assets"));
    }
}
