//! Objects in a directory, `<bucket>/<key>` each, as InsForge's backend lays them out.
//!
//! Every path is resolved by `cap-std` below an open directory: the root's for the bucket, the bucket's for the key. No
//! key, link or race leads out of either. Objects are written under another name and renamed when they are complete.

mod upload;

use self::upload::Draft;
use async_trait::async_trait;
use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    Attributes, CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where unfinished objects are: a name that no bucket can have.
const UPLOADS: &str = ".uploads";

/// After how long an unfinished object was left behind by a process that is gone.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Bytes that are read at once.
const READ: u64 = 256 * 1024;

/// How often a write is tried whose folder was removed under it.
const ATTEMPTS: u32 = 5;

/// A directory as an object store. Its paths begin with a bucket.
#[derive(Clone)]
pub struct Directory {
    root: Arc<Dir>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Directory")
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("directory")
    }
}

impl Directory {
    /// The directory at `path`, made if it is not there, without what processes that are gone have left unfinished.
    ///
    /// # Errors
    /// What opening it answers, and making it.
    pub fn open(path: &std::path::Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let root = Dir::open_ambient_dir(path, ambient_authority())?;
        root.create_dir_all(UPLOADS)?;
        sweep(&root.open_dir(UPLOADS)?);
        Ok(Self { root: Arc::new(root) })
    }

    /// The folder of an object, and the object's name in it.
    fn folder(&self, path: &Path, create: bool) -> io::Result<(Dir, String)> {
        let (bucket, key) = path.as_ref().split_once('/').ok_or(io::ErrorKind::InvalidInput)?;
        if create {
            self.root.create_dir_all(bucket)?;
        }
        let bucket = self.root.open_dir(bucket)?;
        let Some((folders, name)) = key.rsplit_once('/') else { return Ok((bucket, key.to_owned())) };
        if create {
            bucket.create_dir_all(folders)?;
        }
        Ok((bucket.open_dir(folders)?, name.to_owned()))
    }

    /// An object's file.
    fn file(&self, path: &Path) -> io::Result<(File, std::fs::Metadata)> {
        let (folder, name) = self.folder(path, false)?;
        if !folder.metadata(&name)?.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let file = folder.open(&name)?.into_std();
        let metadata = file.metadata()?;
        Ok((file, metadata))
    }

    fn draft(&self) -> io::Result<Draft> {
        Draft::create(self.root.open_dir(UPLOADS)?)
    }

    /// Gives a complete object its name.
    fn publish(&self, draft: Draft, path: &Path, create_only: bool) -> io::Result<()> {
        let mut draft = Some(draft);
        for _ in 0..ATTEMPTS {
            let (folder, name) = self.folder(path, true)?;
            let Some(current) = draft.take() else { break };
            match current.publish(&folder, &name, create_only) {
                Ok(()) => return Ok(()),
                // Whoever deleted the folder's last object removed the folder, too.
                Err((current, error)) if error.kind() == io::ErrorKind::NotFound => draft = Some(current),
                Err((_, error)) => return Err(error),
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (folder, name) = self.folder(path, false)?;
        folder.remove_file(name)?;
        self.prune(path);
        Ok(())
    }

    /// Removes the folders that a deleted object leaves empty, so that an object may take their name.
    fn prune(&self, path: &Path) {
        let Some((bucket, mut key)) = path.as_ref().split_once('/') else { return };
        let Ok(bucket) = self.root.open_dir(bucket) else { return };
        while let Some((folders, _)) = key.rsplit_once('/') {
            if bucket.remove_dir(folders).is_err() {
                return;
            }
            key = folders;
        }
    }

    fn duplicate(&self, from: &Path, to: &Path, create_only: bool) -> io::Result<()> {
        let (mut source, _) = self.file(from)?;
        let draft = self.draft()?;
        io::copy(&mut source, &mut &*draft.file)?;
        self.publish(draft, to, create_only)
    }

    fn walk(&self, prefix: Option<&Path>) -> io::Result<Vec<ObjectMeta>> {
        let mut found = Vec::new();
        let start = prefix.map_or("", |prefix| prefix.as_ref());
        let mut folders = vec![start.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = match self.root.read_dir(if folder.is_empty() { "." } else { &folder }) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let kind = entry.file_type()?;
                if kind.is_dir() && path != UPLOADS {
                    folders.push(path);
                } else if kind.is_file() {
                    let metadata = entry.metadata()?;
                    found.push(meta(
                        Path::parse(path).map_err(io::Error::other)?,
                        metadata.len(),
                        metadata.modified()?.into_std(),
                    ));
                }
            }
        }
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(found)
    }
}

fn sweep(uploads: &Dir) {
    let Ok(entries) = uploads.entries() else { return };
    for entry in entries.flatten() {
        let age = || entry.metadata().ok()?.modified().ok()?.into_std().elapsed().ok();
        if age().is_some_and(|age| age > ABANDONED) {
            let _ = uploads.remove_file(entry.file_name());
        }
    }
}

fn meta(location: Path, size: u64, modified: SystemTime) -> ObjectMeta {
    ObjectMeta { location, last_modified: modified.into(), size, e_tag: None, version: None }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await?;
    done.map_err(|error| of_io(path, error))
}

fn of_io(path: &Path, error: io::Error) -> Error {
    let path = path.to_string();
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path, source: error.into() },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: error.into() },
        io::ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: error.into() },
        _ => Error::Generic { store: "directory", source: error.into() },
    }
}

#[async_trait]
impl ObjectStore for Directory {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let create_only = match opts.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => return Err(unsupported("a conditional put")),
        };
        let (directory, path) = (self.clone(), location.clone());
        blocking(location, move || {
            let draft = directory.draft()?;
            let mut offset = 0;
            for chunk in payload {
                draft.file.write_all_at(&chunk, offset)?;
                offset += chunk.len() as u64;
            }
            directory.publish(draft, &path, create_only)
        })
        .await?;
        Ok(written())
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let directory = self.clone();
        let draft = blocking(location, move || directory.draft()).await?;
        Ok(Box::new(upload::Upload::new(self.clone(), location.clone(), draft)))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (directory, path) = (self.clone(), location.clone());
        let (file, metadata) = blocking(location, move || directory.file(&path)).await.map_err(absent)?;
        let modified = metadata.modified().map_err(|error| of_io(location, error))?;
        let meta = meta(location.clone(), metadata.len(), modified);
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range
                .as_range(meta.size)
                .map_err(|error| Error::Generic { store: "directory", source: error.into() })?,
            None => 0..meta.size,
        };
        let payload = match options.head {
            true => stream::empty().boxed(),
            false => read(Arc::new(file), location.clone(), range.clone()),
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(payload),
            meta,
            range,
            attributes: Attributes::default(),
            extensions: Default::default(),
        })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let directory = self.clone();
        let delete = move |location: Result<Path>| {
            let directory = directory.clone();
            async move {
                let location = location?;
                let path = location.clone();
                blocking(&location, move || directory.remove(&path)).await.map_err(absent)?;
                Ok(location)
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (directory, prefix) = (self.clone(), prefix.cloned());
        let walk = async move {
            let at = prefix.clone().unwrap_or_default();
            match blocking(&at, move || directory.walk(prefix.as_ref())).await {
                Ok(found) => stream::iter(found.into_iter().map(Ok)).boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        };
        stream::once(walk).flatten().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(unsupported("a listing by folders"))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (directory, source, target) = (self.clone(), from.clone(), to.clone());
        let create_only = options.mode == CopyMode::Create;
        blocking(from, move || directory.duplicate(&source, &target, create_only)).await
    }
}

/// A key below another object's key is no key of an object.
fn absent(error: Error) -> Error {
    match error {
        Error::Generic { source, store } => match source.downcast::<io::Error>() {
            Ok(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Error::NotFound { path: String::new(), source: error }
            }
            Ok(error) => Error::Generic { store, source: error },
            Err(source) => Error::Generic { store, source },
        },
        other => other,
    }
}

fn unsupported(what: &str) -> Error {
    Error::NotImplemented { operation: what.to_owned(), implementer: "a directory".to_owned() }
}

fn written() -> PutResult {
    PutResult { e_tag: None, version: None, extensions: Default::default() }
}

/// The bytes of a range, as many at once as are read at once.
fn read(file: Arc<File>, path: Path, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
    stream::try_unfold(range, move |range| {
        let (file, path) = (file.clone(), path.clone());
        async move {
            if range.is_empty() {
                return Ok(None);
            }
            let size = usize::try_from(READ.min(range.end - range.start)).unwrap_or_default();
            let chunk = blocking(&path, move || {
                let mut chunk = vec![0; size];
                file.read_exact_at(&mut chunk, range.start)?;
                Ok(Bytes::from(chunk))
            })
            .await?;
            let rest = range.start + chunk.len() as u64..range.end;
            Ok(Some((chunk, rest)))
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests;
