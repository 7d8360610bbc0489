//! Objects in memory.

use crate::storage::{Bucket, BucketInfo, Error, Get, List, Object, ObjectInfo, Page, Put, Range, Result};
use crate::{Body, testing};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Bound;
use std::rc::Rc;
use std::time::SystemTime;

/// All objects, by bucket and key.
#[derive(Default)]
pub(crate) struct Objects(RefCell<BTreeMap<(String, String), (ObjectInfo, Bytes)>>);

fn objects() -> Rc<Objects> {
    testing::fake(&testing::STORAGE).unwrap_or_else(|| testing::STORAGE_BY_DEFAULT.with(Rc::clone))
}

fn address(bucket: &Bucket, key: &str) -> Result<(String, String)> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if bucket.name.is_empty() || !bucket.name.bytes().all(allowed) {
        return Err(Error::InvalidBucket(bucket.name.clone()));
    }
    let bad = key.len() > 1024
        || key.contains("..")
        || key.chars().any(char::is_control)
        || key.split('/').any(|part| part.is_empty() || part == ".");
    match bad {
        true => Err(Error::InvalidKey(format!("{key:?} is no key"))),
        false => Ok((bucket.name.clone(), key.to_owned())),
    }
}

fn find(bucket: &Bucket, key: &str) -> Result<(ObjectInfo, Bytes)> {
    let address = address(bucket, key)?;
    let found = objects().0.borrow().get(&address).cloned();
    found.ok_or_else(|| Error::NoSuchObject(key.to_owned()))
}

pub(crate) async fn put(put: Put) -> Result<ObjectInfo> {
    let address = address(&put.bucket, &put.key)?;
    let bytes = put.body.bytes().await.map_err(|error| Error::Body(error.to_string()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let info = ObjectInfo {
        key: put.key,
        size: bytes.len() as u64,
        content_type: put.content_type,
        etag: Some(format!("{:016x}", hasher.finish())),
        uploaded_at: SystemTime::now(),
        uploaded_by: None,
    };
    objects().0.borrow_mut().insert(address, (info.clone(), bytes));
    Ok(info)
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn get(get: Get) -> Result<Object> {
    let (info, bytes) = find(&get.bucket, &get.key)?;
    let size = info.size;
    let (start, end) = match get.range {
        None => (0, size),
        Some(Range::From(first)) => (first, size),
        Some(Range::Between(first, last)) => (first, last.saturating_add(1).min(size)),
        Some(Range::Last(count)) => (size.saturating_sub(count), size),
    };
    if get.range.is_some() && start >= end {
        return Err(Error::RangeNotSatisfiable(size));
    }
    let index = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let body = Body::from(bytes.slice(index(start)..index(end)));
    Ok(Object { info, range: (start, end - start), body })
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn head(bucket: &Bucket, key: String) -> Result<ObjectInfo> {
    find(bucket, &key).map(|(info, _)| info)
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn list(list: List) -> Result<Page> {
    let List { bucket, prefix, after, limit } = list;
    let start = match after {
        Some(after) => Bound::Excluded((bucket.name.clone(), after)),
        None => Bound::Included((bucket.name.clone(), prefix.clone())),
    };
    let objects = objects();
    let objects = objects.0.borrow();
    let mut matching = objects
        .range((start, Bound::Unbounded))
        .take_while(|((name, _), _)| *name == bucket.name)
        .filter(|((_, key), _)| key.starts_with(&prefix))
        .map(|(_, (info, _))| info.clone());
    let limit = usize::try_from(limit.clamp(1, 1000)).unwrap_or(1000);
    let page: Vec<_> = matching.by_ref().take(limit).collect();
    let next = page.last().filter(|_| matching.next().is_some()).map(|info| info.key.clone());
    Ok(Page { objects: page, next })
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn delete(bucket: &Bucket, key: String) -> Result<()> {
    let removed = objects().0.borrow_mut().remove(&address(bucket, &key)?);
    removed.map(drop).ok_or(Error::NoSuchObject(key))
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn copy(bucket: &Bucket, from: String, to: String) -> Result<ObjectInfo> {
    let (mut info, bytes) = find(bucket, &from)?;
    info.key = to.clone();
    info.uploaded_at = SystemTime::now();
    objects().0.borrow_mut().insert(address(bucket, &to)?, (info.clone(), bytes));
    Ok(info)
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn signed_url(bucket: &Bucket, key: String, seconds: u32) -> Result<String> {
    find(bucket, &key)?;
    Ok(format!("memory:{}/{key}?expires={seconds}", bucket.name))
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn info(bucket: &Bucket) -> Result<BucketInfo> {
    address(bucket, "any")?;
    Ok(BucketInfo { name: bucket.name.clone(), public: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, storage};

    #[test]
    fn objects_are_kept_until_the_fake_ends() {
        block_on(async {
            let bucket = storage::bucket("b");
            let fake = testing::storage();
            bucket.put("k", "one").await.unwrap();
            assert_eq!(bucket.get("k").await.unwrap().body.text().await.unwrap(), "one");
            drop(fake);
            assert_eq!(bucket.head("k").await, Err(Error::NoSuchObject("k".into())));
        });
    }

    #[test]
    fn a_listing_goes_on_where_it_ended() {
        block_on(async {
            let bucket = storage::bucket("b");
            let _fake = testing::storage();
            for key in ["a/1", "a/2", "a/3", "b"] {
                bucket.put(key, "").await.unwrap();
            }
            let list = bucket.list().prefix("a/").limit(2);
            let first = list.clone().await.unwrap();
            assert_eq!((first.objects.len(), first.next.as_deref()), (2, Some("a/2")));
            let last = list.after("a/2").await.unwrap();
            assert_eq!((last.objects[0].key.as_str(), last.next), ("a/3", None));
        });
    }

    #[test]
    fn what_the_platform_refuses_is_refused_here_too() {
        block_on(async {
            let bucket = storage::bucket("b");
            let _fake = testing::storage();
            assert!(matches!(bucket.put("../x", "").await, Err(Error::InvalidKey(_))));
            assert!(matches!(storage::bucket("a/b").head("k").await, Err(Error::InvalidBucket(_))));
            bucket.put("k", "0123").await.unwrap();
            assert!(matches!(
                bucket.get("k").range(Range::From(4)).await,
                Err(Error::RangeNotSatisfiable(4))
            ));
            assert_eq!(bucket.get("k").range(Range::Between(1, 2)).await.unwrap().range, (1, 2));
            let error: crate::Error = bucket.delete("none").await.unwrap_err().into();
            assert_eq!(error.status(), 404);
        });
    }
}
