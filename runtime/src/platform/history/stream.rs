//! `/api/logs/stream`: what happens now, as server-sent events.

use super::query;
use super::shapes::{InvocationShape, LineShape};
use crate::platform::auth::Admin;
use crate::platform::error::ErrorBody;
use crate::platform::extract::QueryOf;
use crate::platform::{ApiError, PlatformState};
use crate::registry::{LineId, LineQuery, PostgresRegistry};
use crate::telemetry::{Seen, TailEvent, Watch};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::sleep;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use wasmforge_host_api::log::Level;

/// Between two comments that keep the connection open.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// Events of each kind that a client which was away is shown.
const BACKLOG: u32 = 1000;

/// How long rows may be on their way into the tables.
const ON_THEIR_WAY: Duration = Duration::from_millis(1500);

pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// What is wanted of what happens.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this function.
    slug: Option<String>,
    /// Lines of this level or above: `trace`, `debug`, `info`, `warn`, `error`.
    level: Option<String>,
}

/// What happens now
///
/// Events `line` and `invocation` of all nodes, each with the JSON of its list; `dropped`, with the number of `events`, where
/// the client read too slowly; comments every 15 seconds. `Last-Event-ID` asks for what the tables have since then, 1000
/// events of each kind at most.
#[utoipa::path(
    get, path = "/api/logs/stream", tag = "history", params(Wanted, ("Last-Event-ID" = Option<String>, Header)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 429, body = ErrorBody, description = "64 streams of this node are being read already"),
    )
)]
async fn stream(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(wanted): QueryOf<Wanted>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + Send>, ApiError> {
    let slug = query::slug(wanted.slug)?;
    let level = query::level(wanted.level.as_deref())?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    let last = query::cursor::<i64>(last)?.map(LineId::from);
    let watch = state
        .tail
        .watch()
        .map_err(|full| ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", full.to_string()))?;
    let follower = Follower {
        watch,
        registry: state.registry,
        filter: Filter { slug, level },
        phase: Phase::Begin(last),
    };
    let events =
        unfold(
            follower,
            |mut follower| async move { follower.next().await.map(|event| (Ok(event), follower)) },
        );
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// What a client wants to see.
struct Filter {
    slug: Option<String>,
    level: Option<Level>,
}

impl Filter {
    fn passes(&self, event: &TailEvent) -> bool {
        let is_of = |slug: &str| self.slug.as_ref().is_none_or(|wanted| wanted == slug);
        match event {
            TailEvent::Invocation(row) => is_of(&row.slug),
            TailEvent::Line(row) => {
                let matters = |least: Level| {
                    Level::ALL.iter().filter(|level| **level >= least).any(|level| level.name() == row.level)
                };
                is_of(&row.slug) && self.level.is_none_or(matters)
            }
        }
    }
}

/// One client.
struct Follower {
    watch: Watch,
    registry: PostgresRegistry,
    filter: Filter,
    phase: Phase,
}

enum Phase {
    /// Nothing was sent. A client that was away tells what it saw last.
    Begin(Option<LineId>),
    /// What it missed is to be read.
    Missed(LineId),
    /// What it missed is being sent; what is in it may also come from the ring.
    Backlog(VecDeque<TailEvent>, HashSet<Key>),
    /// Everything comes from the ring.
    Live(HashSet<Key>),
}

/// Names an event.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Line(LineId),
    Invocation(Uuid),
}

impl Key {
    fn of(event: &TailEvent) -> Self {
        match event {
            TailEvent::Line(row) => Self::Line(row.id),
            TailEvent::Invocation(row) => Self::Invocation(row.id),
        }
    }
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        loop {
            match &mut self.phase {
                Phase::Begin(last) => {
                    self.phase = last.map_or_else(|| Phase::Live(HashSet::new()), Phase::Missed);
                    // The head of the answer leaves with the first bytes of its body.
                    return Some(Event::default().comment("following").retry(RETRY));
                }
                Phase::Missed(last) => {
                    let last = *last;
                    sleep(ON_THEIR_WAY).await;
                    match self.missed(last).await {
                        Ok(missed) => {
                            let known = missed.iter().map(Key::of).collect();
                            self.phase = Phase::Backlog(missed, known);
                        }
                        Err(error) => {
                            self.phase = Phase::Live(HashSet::new());
                            tracing::debug!(error = ?error, "a stream's past could not be read");
                            return Some(Event::default().event("dropped").data(r#"{"events":null}"#));
                        }
                    }
                }
                Phase::Backlog(events, known) => match events.pop_front() {
                    Some(event) => return Some(shown(&event)),
                    None => self.phase = Phase::Live(std::mem::take(known)),
                },
                Phase::Live(known) => match self.watch.next().await? {
                    Seen::Dropped(events) => {
                        let data = json!({ "events": events }).to_string();
                        return Some(Event::default().event("dropped").data(data));
                    }
                    Seen::Event(event) => {
                        if self.filter.passes(&event) && !known.remove(&Key::of(&event)) {
                            return Some(shown(&event));
                        }
                    }
                },
            }
        }
    }

    /// What the tables have since `last`, oldest first.
    async fn missed(&self, last: LineId) -> Result<VecDeque<TailEvent>, ApiError> {
        let Filter { slug, level } = &self.filter;
        let query = LineQuery {
            slug: slug.clone(),
            level: *level,
            after: Some(last),
            limit: BACKLOG,
            ..LineQuery::default()
        };
        let lines = self.registry.read_lines(&query).await?.into_iter().map(TailEvent::Line);
        let ended = self.registry.read_ended(slug.as_deref(), last.moment(), BACKLOG).await?;
        let ended = ended.into_iter().map(|row| TailEvent::Invocation(Box::new(row)));
        let mut events: Vec<_> = lines.chain(ended).collect();
        events.sort_by_key(TailEvent::id);
        Ok(events.into())
    }
}

fn shown(event: &TailEvent) -> Event {
    let id = event.id().number().to_string();
    match event {
        TailEvent::Line(row) => data("line", id, &LineShape::from(row.clone())),
        TailEvent::Invocation(row) => data("invocation", id, &InvocationShape::from((**row).clone())),
    }
}

fn data(name: &str, id: String, shape: &impl Serialize) -> Event {
    // A shape of texts and numbers is JSON, which holds no line feed.
    let data = serde_json::to_string(shape).unwrap_or_default();
    Event::default().event(name).id(id).data(data)
}
