//! Storage: buckets and objects, as InsForge's backend keeps them, for functions.
//!
//! Bytes are in a directory or in S3, through [`object_store`]; rows are in `storage.objects`, where row-level security
//! applies to the caller. Grant, under `storage`: [`StorageGrant`].
//!
//! | limit | value | the guest sees |
//! |---|---|---|
//! | bytes of an object | `storage.config.max_file_size_mb`, 50 MiB without it | `too-large` |
//! | bytes of a key | 1024 | `invalid-key` |
//! | objects on a page of a listing | 1000 | – |
//! | objects that an invocation has open for writing | 4 | `backend` |
//! | lifetime of a signed URL | 7 days | – |

mod backend;
mod convert;
mod database;
mod directory;
mod error;
mod grant;
mod host;
mod location;
mod metadata;
mod objects;
mod s3;
mod signed;
mod streams;
mod upload;

pub use backend::StoreSettings;
pub use directory::Directory;
pub use error::StorageError;
pub use grant::{GrantedIdentity, StorageGrant};
pub use metadata::{BucketInfo, ObjectInfo};
pub use s3::S3Settings;
pub use signed::SIGNED_PATH;

use self::backend::Backend;
use self::database::{Actor, Database};
use self::location::{Location, check_bucket};
use self::metadata::Metadata;
use self::objects::Objects;
use self::signed::Signer;
use crate::auth::{Identity, Keys};
use crate::http::Outbound;
use crate::sql::Target;
use crate::{Capability, GrantError, HasView, InvocationContext, view};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use tokio::time::Instant;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;
use zeroize::Zeroizing;

/// What an operator says of storage.
pub struct StorageSettings {
    /// Where the bytes are.
    pub store: StoreSettings,
    /// The database of the rows, with the platform's own name and password.
    pub database: Target,
    /// Where the platform is reached by those who are given signed URLs, and what signs them; none where S3 signs its
    /// own, or where there is no platform listener.
    pub signing: Option<(String, Zeroizing<String>)>,
}

/// The capability, and the platform's way to its own objects.
#[derive(Clone)]
pub struct Storage {
    service: Result<Service, Arc<str>>,
}

impl Storage {
    /// Storage as the operator set it up. Where that cannot be used, calls answer `unavailable` with the reason.
    #[must_use]
    pub fn new(settings: StorageSettings, outbound: Outbound, keys: Arc<dyn Keys>) -> Self {
        let service = match open(settings, outbound) {
            Ok(objects) => Ok(Service { objects: Arc::new(objects), keys }),
            Err(reason) => {
                tracing::error!(%reason, "functions have no storage");
                Err(reason.into())
            }
        };
        Self { service }
    }

    /// No storage, for a reason.
    #[must_use]
    pub fn unavailable(reason: &str) -> Self {
        Self { service: Err(reason.into()) }
    }

    /// Reads an object whose URL we signed.
    ///
    /// # Errors
    /// [`StorageError::Forbidden`] for a signature that is not ours or not good any more; what reading answers.
    pub async fn read_signed(
        &self,
        bucket: &str,
        key: &str,
        expires: u64,
        signature: &str,
    ) -> Result<SignedObject, StorageError> {
        let Service { objects, .. } = self.service()?;
        let at = Location::new(bucket, key)?;
        let signer = objects.backend.signer.as_ref();
        if !signer.is_some_and(|signer| signer.is_valid(&at, expires, signature)) {
            return Err(StorageError::Forbidden(at.key));
        }
        let until = Instant::now() + SIGNED_READ;
        let reading = objects.get(until, &Actor::of(&Identity::service()), &at, None).await?;
        Ok(SignedObject { info: reading.info, bytes: reading.bytes })
    }

    fn service(&self) -> Result<&Service, StorageError> {
        self.service.as_ref().map_err(|reason| StorageError::Unavailable((**reason).to_owned()))
    }
}

/// Storage that is there.
#[derive(Clone)]
struct Service {
    objects: Arc<Objects>,
    keys: Arc<dyn Keys>,
}

/// How long opening an object may take for the holder of a signed URL.
const SIGNED_READ: Duration = Duration::from_secs(30);

/// An object that the holder of a signed URL reads.
pub struct SignedObject {
    /// What is known of it.
    pub info: ObjectInfo,
    /// Its bytes.
    pub bytes: BoxStream<'static, object_store::Result<Bytes>>,
}

fn open(settings: StorageSettings, outbound: Outbound) -> Result<Objects, String> {
    let StorageSettings { store, database, signing } = settings;
    let signer = signing.map(|(base, secret)| Signer::new(&base, &secret));
    let backend = Backend::open(store, outbound, signer)?;
    Ok(Objects::new(backend, Metadata(Arc::new(Database::new(database)))))
}

/// What one version may do.
pub struct StorageConfigured {
    storage: Storage,
    grant: StorageGrant,
}

/// What one invocation holds.
pub struct StorageSession {
    configured: Arc<StorageConfigured>,
    invocation: Arc<InvocationContext>,
    /// Uploads that are open.
    uploads: Arc<AtomicU32>,
}

impl Capability for Storage {
    const KEY: &'static str = "storage";
    type Grant = StorageGrant;
    type Configured = StorageConfigured;
    type Session = StorageSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        host::bindings::storage::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: StorageGrant) -> Result<StorageConfigured, GrantError> {
        for bucket in grant.buckets.iter().flatten() {
            check_bucket(bucket).map_err(|error| GrantError::new("storage.buckets", error.to_string()))?;
        }
        Ok(StorageConfigured { storage: self.clone(), grant })
    }

    fn prepare(configured: &Arc<StorageConfigured>, invocation: &Arc<InvocationContext>) -> StorageSession {
        StorageSession {
            configured: configured.clone(),
            invocation: invocation.clone(),
            uploads: Arc::default(),
        }
    }
}
