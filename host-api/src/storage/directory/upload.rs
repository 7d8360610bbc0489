//! Objects in the making.

use super::{Directory, blocking, written};
use async_trait::async_trait;
use cap_std::fs::{Dir, OpenOptions};
use futures_util::FutureExt as _;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use uuid::Uuid;

/// A file without its name yet; it goes when it is dropped.
pub(super) struct Draft {
    pub(super) file: Arc<File>,
    folder: Dir,
    name: String,
}

impl Draft {
    pub(super) fn create(folder: Dir) -> io::Result<Self> {
        let name = Uuid::new_v4().simple().to_string();
        let file = folder.open_with(&name, OpenOptions::new().write(true).create_new(true))?;
        Ok(Self { file: Arc::new(file.into_std()), folder, name })
    }

    /// Renames it, or gives itself back.
    pub(super) fn publish(
        self,
        folder: &Dir,
        name: &str,
        create_only: bool,
    ) -> Result<(), (Self, io::Error)> {
        let published = match create_only {
            true => self.folder.hard_link(&self.name, folder, name),
            false => self.folder.rename(&self.name, folder, name),
        };
        published.map_err(|error| (self, error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing of this name.
        let _ = self.folder.remove_file(&self.name);
    }
}

/// An upload in parts. A part is written where it belongs, whenever that is.
pub(super) struct Upload {
    directory: Directory,
    path: Path,
    draft: Option<Draft>,
    size: u64,
}

impl Upload {
    pub(super) fn new(directory: Directory, path: Path, draft: Draft) -> Self {
        Self { directory, path, draft: Some(draft), size: 0 }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("path", &self.path).field("size", &self.size).finish_non_exhaustive()
    }
}

fn ended() -> Error {
    Error::Generic { store: "directory", source: "the upload has ended".into() }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let Some(draft) = &self.draft else { return std::future::ready(Err(ended())).boxed() };
        let (file, path, mut offset) = (draft.file.clone(), self.path.clone(), self.size);
        self.size += data.content_length() as u64;
        async move {
            blocking(&path, move || {
                for chunk in data {
                    file.write_all_at(&chunk, offset)?;
                    offset += chunk.len() as u64;
                }
                Ok(())
            })
            .await
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let draft = self.draft.take().ok_or_else(ended)?;
        let (directory, path) = (self.directory.clone(), self.path.clone());
        blocking(&self.path, move || directory.publish(draft, &path, false)).await?;
        Ok(written())
    }

    async fn abort(&mut self) -> Result<()> {
        self.draft = None;
        Ok(())
    }
}
