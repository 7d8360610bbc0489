//! The calls of one invocation to its host: what they were, and how long they took.

use super::Usage;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Calls that one invocation keeps. Later ones are counted only.
pub const MAX_CALLS: usize = 200;

/// Bytes of a call's name; a longer one is cut.
const MAX_NAME: usize = 120;

/// The service that a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// A request over HTTP, to wherever.
    Http,
    /// A statement, or the begin or end of a transaction.
    Sql,
    /// A request to PostgREST.
    Rest,
    /// An object, or a list of them.
    Storage,
    /// A message that is published.
    Realtime,
    /// A question about who calls.
    Auth,
    /// A question to a language model.
    Ai,
    /// A value under a key.
    KeyValue,
    /// Another function.
    Functions,
}

impl CallKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Http,
        Self::Sql,
        Self::Rest,
        Self::Storage,
        Self::Realtime,
        Self::Auth,
        Self::Ai,
        Self::KeyValue,
        Self::Functions,
    ];

    /// Its name in records, metrics and traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Sql => "sql",
            Self::Rest => "rest",
            Self::Storage => "storage",
            Self::Realtime => "realtime",
            Self::Auth => "auth",
            Self::Ai => "ai",
            Self::KeyValue => "keyvalue",
            Self::Functions => "functions",
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Where it went.
    pub kind: CallKind,
    /// What it was, without anything secret: a method and a host, a statement's first words.
    pub name: Box<str>,
    /// When it began.
    pub started: Instant,
    /// How long it took; `None` while it runs.
    pub duration: Option<Duration>,
    /// Whether it succeeded.
    pub ok: bool,
}

/// What [`Usage`] keeps of calls. Nothing is allocated before the first one.
#[derive(Debug, Default)]
pub(super) struct Calls {
    counts: [AtomicU32; CallKind::ALL.len()],
    list: Mutex<Vec<HostCall>>,
}

impl Calls {
    fn counter(&self, kind: CallKind) -> Option<&AtomicU32> {
        self.counts.get(kind as usize)
    }
}

/// A call that runs. Dropped before it was finished, it counts as failed: its guest gave it up.
#[derive(Debug)]
pub struct RunningCall {
    usage: Arc<Usage>,
    place: Option<usize>,
}

impl RunningCall {
    /// Notes the call's end.
    pub fn finish(mut self, ok: bool) {
        self.end(ok);
    }

    /// The place of the call among those that were kept.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.place
    }

    fn end(&mut self, ok: bool) {
        let Some(place) = self.place.take() else { return };
        if let Some(call) = self.usage.calls.list.lock().get_mut(place) {
            call.duration = Some(call.started.elapsed());
            call.ok = ok;
        }
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        self.end(false);
    }
}

impl Usage {
    /// Counts a call that begins now, and keeps it while there is room.
    #[must_use]
    pub fn begin_call(self: &Arc<Self>, kind: CallKind, name: impl Into<String>) -> RunningCall {
        if let Some(counter) = self.calls.counter(kind) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let mut list = self.calls.list.lock();
        let place = (list.len() < MAX_CALLS).then_some(list.len());
        if place.is_some() {
            let name = cut(name.into());
            list.push(HostCall { kind, name, started: Instant::now(), duration: None, ok: false });
        }
        drop(list);
        RunningCall { usage: self.clone(), place }
    }

    /// How many calls of this kind there were.
    #[must_use]
    pub fn calls_of(&self, kind: CallKind) -> u32 {
        self.calls.counter(kind).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// Calls to the platform's services: all but requests over HTTP.
    #[must_use]
    pub fn host_calls(&self) -> u32 {
        let services = CallKind::ALL.into_iter().filter(|kind| *kind != CallKind::Http);
        services.map(|kind| self.calls_of(kind)).fold(0, u32::saturating_add)
    }

    /// Takes the calls that were kept. One that still runs has no duration.
    #[must_use]
    pub fn take_calls(&self) -> Vec<HostCall> {
        std::mem::take(&mut *self.calls.list.lock())
    }
}

fn cut(mut name: String) -> Box<str> {
    if name.len() > MAX_NAME {
        let end = (0..=MAX_NAME).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
        name.truncate(end);
    }
    name.into_boxed_str()
}
