//! Entries for the life of the process.

use super::store::{Page, Place, Store, StoreError};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a row takes besides its key and its value, as in the database.
const ROW: u64 = 64;

/// A store for a process without a database. Its entries are gone with it.
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Default)]
struct State {
    buckets: HashMap<Place, Bucket>,
    bytes: HashMap<Arc<str>, u64>,
    last_id: u64,
}

#[derive(Default)]
struct Bucket {
    entries: HashMap<String, (u64, Vec<u8>)>,
    order: BTreeMap<u64, String>,
}

fn weight(key: &str, value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64 + ROW
}

impl State {
    fn value(&self, place: &Place, key: &str) -> Option<&Vec<u8>> {
        self.buckets.get(place)?.entries.get(key).map(|(_, value)| value)
    }

    fn set(
        &mut self,
        place: &Place,
        entries: Vec<(String, Vec<u8>)>,
        capacity: u64,
    ) -> Result<(), StoreError> {
        let added: u64 = entries.iter().map(|(key, value)| weight(key, value)).sum();
        let old = entries.iter().filter_map(|(key, _)| Some(weight(key, self.value(place, key)?)));
        let replaced: u64 = old.sum();
        let used = self.bytes.entry(place.slug.clone()).or_default();
        let total = used.saturating_add(added).saturating_sub(replaced);
        if added > replaced && total > capacity {
            return Err(StoreError::Full);
        }
        *used = total;
        let bucket = self.buckets.entry(place.clone()).or_default();
        for (key, value) in entries {
            match bucket.entries.get_mut(&key) {
                Some((_, old)) => *old = value,
                None => {
                    self.last_id += 1;
                    bucket.order.insert(self.last_id, key.clone());
                    bucket.entries.insert(key, (self.last_id, value));
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(
        &self,
        place: &Place,
        keys: &[String],
        limit: u64,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let state = self.0.lock();
        let found: Vec<_> = keys.iter().map(|key| state.value(place, key)).collect();
        if found.iter().flatten().map(|value| value.len() as u64).sum::<u64>() > limit {
            return Err(StoreError::TooLarge);
        }
        Ok(found.into_iter().map(Option::<&Vec<u8>>::cloned).collect())
    }

    async fn exists(&self, place: &Place, key: &str) -> Result<bool, StoreError> {
        Ok(self.0.lock().value(place, key).is_some())
    }

    async fn keys(&self, place: &Place, after: u64, limit: u32) -> Result<Page, StoreError> {
        let state = self.0.lock();
        let Some(bucket) = state.buckets.get(place) else { return Ok(Page::default()) };
        let mut rest = bucket.order.range(after.saturating_add(1)..).peekable();
        let mut page = Page::default();
        let mut last = None;
        while page.keys.len() < limit as usize
            && let Some((id, key)) = rest.next()
        {
            page.keys.push(key.clone());
            last = Some(*id);
        }
        page.next = last.filter(|_| rest.peek().is_some());
        Ok(page)
    }

    async fn set(
        &self,
        place: &Place,
        entries: Vec<(String, Vec<u8>)>,
        capacity: u64,
    ) -> Result<(), StoreError> {
        self.0.lock().set(place, entries, capacity)
    }

    async fn delete(&self, place: &Place, keys: &[String]) -> Result<(), StoreError> {
        let mut state = self.0.lock();
        let Some(bucket) = state.buckets.get_mut(place) else { return Ok(()) };
        let mut freed = 0;
        for key in keys {
            if let Some((id, value)) = bucket.entries.remove(key) {
                bucket.order.remove(&id);
                freed += weight(key, &value);
            }
        }
        if let Some(used) = state.bytes.get_mut(&place.slug) {
            *used = used.saturating_sub(freed);
        }
        Ok(())
    }

    async fn increment(
        &self,
        place: &Place,
        key: &str,
        delta: u64,
        capacity: u64,
    ) -> Result<u64, StoreError> {
        let mut state = self.0.lock();
        let stored = match state.value(place, key) {
            None => 0,
            Some(value) => number(value).ok_or(StoreError::NotANumber)?,
        };
        let sum = stored.checked_add(delta).ok_or(StoreError::NotANumber)?;
        state.set(place, vec![(key.to_owned(), sum.to_string().into_bytes())], capacity)?;
        Ok(sum)
    }
}

/// A number as [`Store::increment`] keeps it: digits, and no sign.
fn number(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(slug: &str) -> Place {
        Place { slug: slug.into(), bucket: "b".into() }
    }

    async fn put(store: &MemoryStore, key: &str, value: &str, capacity: u64) -> Result<(), StoreError> {
        store.set(&place("f"), vec![(key.to_owned(), value.into())], capacity).await
    }

    #[tokio::test]
    async fn a_functions_capacity_counts_what_is_there_and_is_freed_by_deleting() {
        let store = MemoryStore::default();
        let capacity = 2 * (ROW + 4);
        put(&store, "a", "123", capacity).await.unwrap();
        put(&store, "b", "123", capacity).await.unwrap();
        assert_eq!(put(&store, "b", "1234", capacity).await, Err(StoreError::Full));
        put(&store, "b", "12", capacity).await.unwrap();
        assert_eq!(put(&store, "c", "", capacity).await, Err(StoreError::Full));
        store.set(&place("g"), vec![("c".into(), vec![0; 3])], capacity).await.unwrap();
        store.delete(&place("f"), &["a".into(), "x".into()]).await.unwrap();
        put(&store, "c", "123", capacity).await.unwrap();
    }

    #[tokio::test]
    async fn keys_are_paged_in_the_order_in_which_they_came() {
        let store = MemoryStore::default();
        for key in ["z", "y", "x"] {
            put(&store, key, "", 1000).await.unwrap();
        }
        put(&store, "z", "again", 1000).await.unwrap();
        let first = store.keys(&place("f"), 0, 2).await.unwrap();
        assert_eq!(first.keys, ["z", "y"]);
        store.delete(&place("f"), &["y".into()]).await.unwrap();
        let second = store.keys(&place("f"), first.next.unwrap(), 2).await.unwrap();
        assert_eq!(second, Page { keys: vec!["x".into()], next: None });
        assert_eq!(store.keys(&place("f"), u64::MAX, 2).await.unwrap(), Page::default());
        assert_eq!(store.keys(&place("g"), 0, 2).await.unwrap(), Page::default());
    }

    #[tokio::test]
    async fn only_numbers_are_incremented() {
        let store = MemoryStore::default();
        let increment = async |delta| store.increment(&place("f"), "n", delta, 1000).await;
        assert_eq!((increment(2).await, increment(3).await), (Ok(2), Ok(5)));
        assert_eq!(increment(u64::MAX).await, Err(StoreError::NotANumber));
        for text in ["", "+5", "-1", "1.5", "x"] {
            put(&store, "n", text, 1000).await.unwrap();
            assert_eq!(increment(1).await, Err(StoreError::NotANumber), "{text}");
        }
    }
}
