//! `wasi:keyvalue`.

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world keyvalue {
            import wasi:keyvalue/store@0.2.0-draft;
            import wasi:keyvalue/atomics@0.2.0-draft;
            import wasi:keyvalue/batch@0.2.0-draft;
        }",
        world: "wasmforge:guest/keyvalue",
        generate_all,
    });
}

use crate::kv::{Cursor, Error, Keys};
use bindings::wasi::keyvalue::{atomics, batch, store};

#[derive(Debug)]
pub(crate) struct Bucket {
    name: String,
    open: store::Bucket,
}

pub(crate) fn open_bucket(name: &str) -> Result<Bucket, Error> {
    let open = store::open(name).map_err(|error| explain(name, error))?;
    Ok(Bucket { name: name.to_owned(), open })
}

fn explain(bucket: &str, error: store::Error) -> Error {
    match error {
        store::Error::NoSuchStore => Error::NoSuchBucket(bucket.to_owned()),
        store::Error::AccessDenied => Error::NotGranted(bucket.to_owned()),
        store::Error::Other(text) => Error::of_text(text),
    }
}

impl Bucket {
    fn done<T>(&self, result: Result<T, store::Error>) -> Result<T, Error> {
        result.map_err(|error| explain(&self.name, error))
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.done(self.open.get(key))
    }

    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.done(self.open.set(key, value))
    }

    pub(crate) fn delete(&self, key: &str) -> Result<(), Error> {
        self.done(self.open.delete(key))
    }

    pub(crate) fn exists(&self, key: &str) -> Result<bool, Error> {
        self.done(self.open.exists(key))
    }

    pub(crate) fn increment(&self, key: &str, delta: u64) -> Result<u64, Error> {
        self.done(atomics::increment(&self.open, key, delta))
    }

    pub(crate) fn keys(&self, after: Option<u64>) -> Result<Keys, Error> {
        let page = self.done(self.open.list_keys(after))?;
        Ok(Keys { keys: page.keys, next: page.cursor.map(Cursor) })
    }

    pub(crate) fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let found = self.done(batch::get_many(&self.open, &owned(keys)))?;
        Ok(found.into_iter().map(|entry| entry.map(|(_, value)| value)).collect())
    }

    pub(crate) fn set_many(&self, entries: &[(&str, &[u8])]) -> Result<(), Error> {
        let entries: Vec<_> =
            entries.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect();
        self.done(batch::set_many(&self.open, &entries))
    }

    pub(crate) fn delete_many(&self, keys: &[&str]) -> Result<(), Error> {
        self.done(batch::delete_many(&self.open, &owned(keys)))
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}
