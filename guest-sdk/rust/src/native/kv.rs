//! Buckets on the host: in memory, one set per thread.

use crate::kv::{Cursor, Error, Keys};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

const MAX_KEY: usize = 1024;
const MAX_VALUE: usize = 1024 * 1024;

type Entries = BTreeMap<String, Vec<u8>>;

thread_local! {
    static BUCKETS: RefCell<HashMap<String, Entries>> = RefCell::default();
}

#[derive(Debug)]
pub(crate) struct Bucket(String);

pub(crate) fn open_bucket(name: &str) -> Result<Bucket, Error> {
    match name.len() {
        1..=255 if !name.contains(char::is_control) => Ok(Bucket(name.to_owned())),
        _ => Err(Error::NoSuchBucket(name.to_owned())),
    }
}

fn check(key: &str) -> Result<(), Error> {
    match key.len() {
        1..=MAX_KEY if !key.contains('\0') => Ok(()),
        0 => Err(Error::InvalidKey("it is empty".to_owned())),
        _ => Err(Error::InvalidKey("it is too long, or holds a NUL".to_owned())),
    }
}

impl Bucket {
    fn with<T>(&self, key: &str, work: impl FnOnce(&mut Entries) -> T) -> Result<T, Error> {
        check(key)?;
        Ok(self.entries(work))
    }

    fn entries<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        BUCKETS.with_borrow_mut(|buckets| work(buckets.entry(self.0.clone()).or_default()))
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.with(key, |entries| entries.get(key).cloned())
    }

    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        if value.len() > MAX_VALUE {
            return Err(Error::TooLarge(format!("a value of {} bytes", value.len())));
        }
        self.with(key, |entries| entries.insert(key.to_owned(), value.to_owned())).map(drop)
    }

    pub(crate) fn delete(&self, key: &str) -> Result<(), Error> {
        self.with(key, |entries| entries.remove(key)).map(drop)
    }

    pub(crate) fn exists(&self, key: &str) -> Result<bool, Error> {
        self.with(key, |entries| entries.contains_key(key))
    }

    pub(crate) fn increment(&self, key: &str, delta: u64) -> Result<u64, Error> {
        let stored =
            self.get(key)?.map_or(Some(0), |value| String::from_utf8(value).ok()?.parse::<u64>().ok());
        let sum = stored.and_then(|stored| stored.checked_add(delta)).ok_or(Error::NotANumber)?;
        self.set(key, sum.to_string().as_bytes())?;
        Ok(sum)
    }

    pub(crate) fn keys(&self, after: Option<u64>) -> Result<Keys, Error> {
        const PAGE: usize = 1000;
        let skipped = after.and_then(|after| usize::try_from(after).ok()).unwrap_or(0);
        let (keys, all): (Vec<_>, _) = self
            .entries(|entries| (entries.keys().skip(skipped).take(PAGE).cloned().collect(), entries.len()));
        let seen = skipped + keys.len();
        Ok(Keys { keys, next: (seen < all).then_some(Cursor(seen as u64)) })
    }

    pub(crate) fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    pub(crate) fn set_many(&self, entries: &[(&str, &[u8])]) -> Result<(), Error> {
        entries.iter().try_for_each(|(key, _)| check(key))?;
        entries.iter().try_for_each(|(key, value)| self.set(key, value))
    }

    pub(crate) fn delete_many(&self, keys: &[&str]) -> Result<(), Error> {
        keys.iter().try_for_each(|key| self.delete(key))
    }
}
