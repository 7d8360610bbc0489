//! Where an object is: the names that InsForge accepts, and a little less, so that each fits every store.

use super::StorageError;
use object_store::path::Path;

/// Bytes of the longest key; S3's own limit.
const MAX_KEY: usize = 1024;

/// Bytes of the longest name of a bucket.
const MAX_BUCKET: usize = 255;

/// A bucket and a key that can be used as a path in a store, and nowhere outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Location {
    /// Checks a key.
    pub(super) fn new(bucket: &str, key: &str) -> Result<Self, StorageError> {
        check_bucket(bucket)?;
        check_key(key)?;
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// Its path in a store that keeps its objects under `prefix`.
    pub(super) fn path(&self, prefix: &str) -> Result<Path, StorageError> {
        let path = match prefix {
            "" => format!("{}/{}", self.bucket, self.key),
            prefix => format!("{prefix}/{}/{}", self.bucket, self.key),
        };
        Path::parse(path).map_err(|error| StorageError::InvalidKey(error.to_string()))
    }
}

/// Letters, digits, `-` and `_`, as InsForge has it.
pub(super) fn check_bucket(name: &str) -> Result<(), StorageError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match !name.is_empty() && name.len() <= MAX_BUCKET && name.bytes().all(allowed) {
        true => Ok(()),
        false => Err(StorageError::InvalidBucket(name.chars().take(MAX_BUCKET).collect())),
    }
}

fn check_key(key: &str) -> Result<(), StorageError> {
    let refuse = |reason: &str| Err(StorageError::InvalidKey(reason.to_owned()));
    match key {
        "" => refuse("it is empty"),
        key if key.len() > MAX_KEY => refuse("it is longer than 1024 bytes"),
        key if key.contains("..") => refuse("it contains \"..\""),
        key if key.chars().any(char::is_control) => refuse("it contains a control character"),
        key if key.starts_with('/') || key.ends_with('/') => refuse("it begins or ends with \"/\""),
        key if key.split('/').any(|part| part.is_empty() || part == ".") => {
            refuse("a part of it is empty or \".\"")
        }
        _ => Ok(()),
    }
}

/// A media type that can stand in a header.
pub(super) fn check_content_type(content_type: Option<&str>) -> Result<(), StorageError> {
    let allowed = |text: &str| {
        !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
    };
    match content_type.is_none_or(allowed) {
        true => Ok(()),
        false => Err(StorageError::InvalidContentType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_path_below_its_bucket() {
        for key in ["a", "a/b.txt", "ä ö?&#%/x", ".hidden", "a.b.c", "~"] {
            let location = Location::new("b-1_X", key).unwrap();
            assert_eq!(location.path("").unwrap().as_ref(), format!("b-1_X/{key}"));
            assert_eq!(location.path("app").unwrap().as_ref(), format!("app/b-1_X/{key}"));
        }
    }

    #[test]
    fn a_key_that_could_lead_elsewhere_is_refused() {
        let long = "k".repeat(1025);
        let keys = [
            "", "..", "../x", "a/../b", "a/..", "a..b", "/a", "a/", "a//b", "./a", "a/.", "a\0b", "a\nb",
            "/", "a/./b", &long,
        ];
        for key in keys {
            assert!(matches!(Location::new("b", key), Err(StorageError::InvalidKey(_))), "{key:?}");
        }
        assert!(Location::new("b", &"k".repeat(1024)).is_ok());
    }

    #[test]
    fn a_bucket_is_a_plain_word() {
        for bucket in ["", ".", "..", "a/b", "a.b", "a b", "ä", ".uploads", "a\0"] {
            assert!(matches!(Location::new(bucket, "k"), Err(StorageError::InvalidBucket(_))), "{bucket:?}");
        }
    }

    #[test]
    fn a_content_type_fits_a_header() {
        assert!(check_content_type(Some("text/plain; charset=utf-8")).is_ok());
        for bad in ["", "a\r\nset-cookie: x", "ä", &"x".repeat(256)] {
            assert!(check_content_type(Some(bad)).is_err(), "{bad:?}");
        }
    }
}
