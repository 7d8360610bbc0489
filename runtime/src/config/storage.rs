//! Where objects are kept, in the words of InsForge's backend, so that both can share one store.

use super::{Secret, Variables};
use std::path::PathBuf;

/// Which store, and where its signed URLs lead.
#[derive(Clone, Debug)]
pub struct StorageConfig {
    /// The store; functions have none without it.
    pub store: Option<StoreConfig>,
    /// Where clients reach the platform: `API_BASE_URL`.
    pub public_url: Option<String>,
}

/// The kinds of stores.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// `STORAGE_DIR`.
    Directory(PathBuf),
    /// `S3_BUCKET`, or `AWS_S3_BUCKET`.
    S3(S3Config),
}

/// A bucket of S3 or of what speaks its protocol.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// Its name.
    pub bucket: String,
    /// `APP_KEY`: what every key begins with.
    pub prefix: String,
    /// `S3_REGION`, or `AWS_REGION`.
    pub region: String,
    /// `S3_ENDPOINT_URL`.
    pub endpoint: Option<String>,
    /// `S3_FORCE_PATH_STYLE`, which counts where there is an endpoint.
    pub path_style: bool,
    /// `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY`, or AWS's.
    pub credentials: Option<(String, Secret)>,
    /// `S3_USE_PRESIGNED_URLS`.
    pub presigned_urls: bool,
}

impl StorageConfig {
    /// Reads the variables. S3 goes before a directory.
    #[must_use]
    pub fn from_variables(vars: &Variables) -> Self {
        let store = match s3(vars) {
            Some(s3) => Some(StoreConfig::S3(s3)),
            None => vars.get("STORAGE_DIR").map(|path| StoreConfig::Directory(path.into())),
        };
        Self { store, public_url: vars.get("API_BASE_URL").map(str::to_owned) }
    }
}

fn s3(vars: &Variables) -> Option<S3Config> {
    let bucket = vars.get("S3_BUCKET").or_else(|| vars.get("AWS_S3_BUCKET"))?.to_owned();
    let endpoint = vars.get("S3_ENDPOINT_URL").map(str::to_owned);
    let region = vars.get("S3_REGION").or_else(|| vars.get("AWS_REGION")).unwrap_or("us-east-2").to_owned();
    let pair = |id, secret| Some((vars.get(id)?.to_owned(), Secret::new(vars.get(secret)?)));
    Some(S3Config {
        bucket,
        prefix: vars.text("APP_KEY", "local"),
        region,
        path_style: endpoint.is_some() && vars.get("S3_FORCE_PATH_STYLE") != Some("false"),
        endpoint,
        credentials: pair("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
            .or_else(|| pair("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        presigned_urls: vars.get("S3_USE_PRESIGNED_URLS") != Some("false"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(vars: &[(&str, &str)]) -> Option<StoreConfig> {
        let vars = vars.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        StorageConfig::from_variables(&vars).store
    }

    #[test]
    fn without_a_word_there_is_no_storage() {
        assert!(store(&[("STORAGE_DIR", "")]).is_none());
        assert!(matches!(store(&[("STORAGE_DIR", "/s")]), Some(StoreConfig::Directory(_))));
    }

    #[test]
    fn insforges_variables_are_understood_the_old_ones_too() {
        let vars = [
            ("AWS_S3_BUCKET", "b"),
            ("AWS_REGION", "eu-1"),
            ("S3_ENDPOINT_URL", "http://minio:9000"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("STORAGE_DIR", "/ignored"),
        ];
        let Some(StoreConfig::S3(s3)) = store(&vars) else { panic!("no S3") };
        assert_eq!((&*s3.bucket, &*s3.region, &*s3.prefix), ("b", "eu-1", "local"));
        assert!(s3.path_style && s3.presigned_urls);
        assert_eq!(s3.credentials.as_ref().map(|(id, _)| &**id), Some("id"));
        assert!(!format!("{s3:?}").contains("hunter2"));
    }
}
