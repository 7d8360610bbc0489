//! Objects that are being written.
//!
//! An upload is a task of its own, which the guest feeds: so it cleans up behind a guest that is gone. Its bytes go to the
//! store while they come, where they are not seen before the upload is completed. Only then the row is written, the
//! upload completed and the row committed, in this order: what fails leaves neither.

use super::StorageError;
use super::backend::{Backend, attributes};
use super::database::{Actor, in_time};
use super::location::Location;
use super::metadata::{NewObject, ObjectInfo};
use super::objects::{CLEANING, Objects};
use bytes::Bytes;
use md5::{Digest as _, Md5};
use object_store::path::Path;
use object_store::{MultipartUpload, PutMultipartOptions, PutOptions, PutPayload};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Chunks between a guest and its upload.
pub(super) const CHUNKS: usize = 4;

/// What is to be written.
pub(super) struct Plan {
    pub(super) at: Location,
    pub(super) actor: Actor,
    pub(super) content_type: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) until: Instant,
}

/// The guest's side of an upload.
pub(super) struct Upload {
    /// Takes chunks; ends when the upload ends.
    pub(super) chunks: Option<mpsc::Sender<Bytes>>,
    finish: oneshot::Sender<()>,
    result: oneshot::Receiver<Result<ObjectInfo, StorageError>>,
}

impl Upload {
    /// Begins an upload.
    pub(super) fn begin(objects: Arc<Objects>, plan: Plan) -> Self {
        let (chunks, incoming) = mpsc::channel(CHUNKS);
        let (finish, finished) = oneshot::channel();
        let (answer, result) = oneshot::channel();
        tokio::spawn(async move {
            let _ = answer.send(receive(&objects, plan, incoming, finished).await);
        });
        Self { chunks: Some(chunks), finish, result }
    }

    /// Ends it.
    pub(super) async fn finish(self) -> Result<ObjectInfo, StorageError> {
        drop(self.chunks);
        // A task that has ended already has the answer ready.
        let _ = self.finish.send(());
        self.result.await.unwrap_or_else(|_| Err(StorageError::backend("the upload broke off")))
    }
}

async fn receive(
    objects: &Objects,
    plan: Plan,
    mut incoming: mpsc::Receiver<Bytes>,
    finished: oneshot::Receiver<()>,
) -> Result<ObjectInfo, StorageError> {
    let _place = in_time(plan.until, objects.place()).await?;
    let limit = admit(objects, &plan).await?;
    let mut staged = Staged::new(&objects.backend, objects.backend.path(&plan.at)?, &plan);
    let received = async {
        while let Some(chunk) = incoming.recv().await {
            if staged.size + chunk.len() as u64 > limit {
                return Err(StorageError::TooLarge(limit));
            }
            staged.take(chunk).await?;
        }
        finished.await.map_err(|_| StorageError::backend("the function did not finish the upload"))
    };
    let received = in_time(plan.until, received).await;
    // From here on nobody feeds it: a guest that goes on writing learns that it failed.
    drop(incoming);
    let stored = match received.and_then(|()| expect(plan.size, staged.size)) {
        Ok(()) => store(objects, &plan, &mut staged).await,
        Err(error) => Err(error),
    };
    if stored.is_err() {
        staged.discard().await;
    }
    stored
}

/// What the object may be at most, if the actor may write it at all.
async fn admit(objects: &Objects, plan: &Plan) -> Result<u64, StorageError> {
    let bucket = objects.metadata.bucket(plan.until, &plan.at.bucket).await?;
    if plan.size.is_some_and(|size| size > bucket.max_size) {
        return Err(StorageError::TooLarge(bucket.max_size));
    }
    // Policies may look at the type and the size, too.
    let new = NewObject { size: plan.size.unwrap_or(1), content_type: plan.content_type.clone(), etag: None };
    objects.metadata.may_write(plan.until, &plan.actor, &plan.at, &new).await?;
    Ok(bucket.max_size)
}

fn expect(announced: Option<u64>, size: u64) -> Result<(), StorageError> {
    match announced {
        Some(announced) if announced != size => Err(StorageError::WrongSize(size)),
        _ => Ok(()),
    }
}

/// Writes the row, then gives the bytes their name, then makes the row last.
async fn store(objects: &Objects, plan: &Plan, staged: &mut Staged<'_>) -> Result<ObjectInfo, StorageError> {
    let Plan { at, actor, until, .. } = plan;
    let new = NewObject {
        size: staged.size,
        content_type: plan.content_type.clone(),
        etag: Some(hex::encode(staged.hash.clone().finalize())),
    };
    let (row, info) = objects.metadata.write(*until, actor, at, &new).await?;
    row.check().await?;
    in_time(*until, staged.complete()).await?;
    if let Err(error) = row.commit().await {
        objects.remove_orphan(at).await;
        return Err(error);
    }
    Ok(info)
}

/// Bytes in the store that are no object yet.
struct Staged<'a> {
    backend: &'a Backend,
    path: Path,
    content_type: Option<String>,
    size: u64,
    hash: Md5,
    /// What is not in the store yet, less than a part.
    part: Vec<Bytes>,
    buffered: usize,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl<'a> Staged<'a> {
    fn new(backend: &'a Backend, path: Path, plan: &Plan) -> Self {
        let content_type = plan.content_type.clone();
        let (part, upload) = (Vec::new(), None);
        Self { backend, path, content_type, size: 0, hash: Md5::new(), part, buffered: 0, upload }
    }

    async fn take(&mut self, mut chunk: Bytes) -> Result<(), StorageError> {
        self.hash.update(&chunk);
        self.size += chunk.len() as u64;
        while !chunk.is_empty() {
            let room = self.backend.part.saturating_sub(self.buffered);
            if room == 0 {
                self.send_part().await?;
                continue;
            }
            let piece = chunk.split_to(room.min(chunk.len()));
            self.buffered += piece.len();
            self.part.push(piece);
        }
        Ok(())
    }

    async fn send_part(&mut self) -> Result<(), StorageError> {
        if self.upload.is_none() {
            let attributes = attributes(self.content_type.as_deref());
            let options = PutMultipartOptions { attributes, ..Default::default() };
            let upload = self.backend.store.put_multipart_opts(&self.path, options).await;
            self.upload = Some(upload.map_err(StorageError::of_store)?);
        }
        let part: PutPayload = std::mem::take(&mut self.part).into_iter().collect();
        self.buffered = 0;
        match &mut self.upload {
            Some(upload) => upload.put_part(part).await.map_err(StorageError::of_store),
            None => Ok(()),
        }
    }

    /// Gives it its name.
    async fn complete(&mut self) -> Result<(), StorageError> {
        if self.upload.is_none() {
            let part: PutPayload = std::mem::take(&mut self.part).into_iter().collect();
            let attributes = attributes(self.content_type.as_deref());
            let options = PutOptions { attributes, ..Default::default() };
            let put = self.backend.store.put_opts(&self.path, part, options).await;
            return put.map(drop).map_err(StorageError::of_store);
        }
        if self.buffered > 0 {
            self.send_part().await?;
        }
        match &mut self.upload {
            Some(upload) => upload.complete().await.map(drop).map_err(StorageError::of_store),
            None => Ok(()),
        }
    }

    /// Leaves nothing of it, in the time that there is.
    async fn discard(mut self) {
        let Some(upload) = &mut self.upload else { return };
        let aborted = tokio::time::timeout(CLEANING, upload.abort()).await;
        match aborted {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(path = %self.path, %error, "an unfinished upload was not aborted")
            }
            Err(_) => tracing::warn!(path = %self.path, "an unfinished upload was not aborted in time"),
        }
    }
}
