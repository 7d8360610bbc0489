//! Where the bytes are.

use super::StorageError;
use super::directory::Directory;
use super::location::Location;
use super::s3::S3Settings;
use super::signed::Signer;
use crate::http::Outbound;
use http::Method;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::signer::Signer as _;
use object_store::{Attribute, Attributes, ObjectStore};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of an upload's part in S3: the smallest that it accepts.
const S3_PART: usize = 5 * 1024 * 1024;

/// Bytes of an upload's part in a directory.
const DIRECTORY_PART: usize = 256 * 1024;

/// Which store.
pub enum StoreSettings {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A bucket of S3.
    S3(S3Settings),
}

/// A store, and how it is used.
pub(super) struct Backend {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Bytes of an upload's part, all of which are in memory.
    pub(super) part: usize,
    prefix: String,
    presigner: Option<Arc<AmazonS3>>,
    pub(super) signer: Option<Signer>,
}

impl Backend {
    pub(super) fn open(
        settings: StoreSettings,
        outbound: Outbound,
        signer: Option<Signer>,
    ) -> Result<Self, String> {
        match settings {
            StoreSettings::Directory(path) => {
                let store = Directory::open(&path)
                    .map_err(|error| format!("the directory {} cannot be used: {error}", path.display()))?;
                let (store, prefix) = (Arc::new(store), String::new());
                Ok(Self { store, part: DIRECTORY_PART, prefix, presigner: None, signer })
            }
            StoreSettings::S3(settings) => {
                let client = settings.client(outbound).map_err(|error| error.to_string())?;
                let store = Arc::new(client);
                let presigner = settings.presigned_urls.then(|| store.clone());
                Ok(Self { store, part: S3_PART, prefix: settings.prefix, presigner, signer })
            }
        }
    }

    pub(super) fn path(&self, at: &Location) -> Result<Path, StorageError> {
        at.path(&self.prefix)
    }

    /// A URL that reads an object.
    pub(super) async fn signed_url(&self, at: &Location, lifetime: Duration) -> Result<String, StorageError> {
        if let Some(presigner) = &self.presigner {
            let url = presigner.signed_url(Method::GET, &self.path(at)?, lifetime).await;
            return url.map(String::from).map_err(StorageError::backend);
        }
        let signer = self.signer.as_ref().ok_or_else(|| {
            StorageError::Unavailable("signed URLs need the platform listener and JWT_SECRET".to_owned())
        })?;
        Ok(signer.url(at, lifetime))
    }
}

/// What a store is told of an object beside its bytes.
pub(super) fn attributes(content_type: Option<&str>) -> Attributes {
    let kind = content_type.map(|kind| (Attribute::ContentType, kind.to_owned()));
    kind.into_iter().collect()
}
