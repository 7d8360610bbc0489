//! The load generator: so many kept connections, each with one request on its way at any time.

use crate::http1::Connection;
use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long after its end a run may still wait for answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is sent, and what must come back.
#[derive(Clone)]
pub(crate) struct Request {
    /// The bytes of the request.
    pub(crate) bytes: Arc<[u8]>,
    /// The body of every answer; anything else ends the run, since what is fast and wrong is not fast.
    pub(crate) expected: Arc<[u8]>,
}

/// What one run saw.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// The time of every request in µs.
    pub(crate) latencies: Vec<f64>,
}

/// Loads `server` for `duration`. A request that was begun is waited for.
pub(crate) async fn run(
    server: SocketAddr,
    request: &Request,
    connections: u16,
    duration: Duration,
) -> Result<Sample> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(server).await?);
    }
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for connection in open {
        clients.spawn(client(connection, request.clone(), begin + duration));
    }
    let all = async {
        let mut sample = Sample::default();
        while let Some(latencies) = clients.join_next().await {
            sample.latencies.append(&mut latencies??);
        }
        sample.elapsed = begin.elapsed();
        anyhow::Ok(sample)
    };
    tokio::time::timeout(duration + PATIENCE, all).await.context("the server stopped answering")?
}

async fn client(mut connection: Connection, request: Request, end: Instant) -> Result<Vec<f64>> {
    let mut latencies = Vec::new();
    let mut sent = Instant::now();
    while sent < end {
        let answer = connection.exchange(&request.bytes).await?;
        if answer.status != 200 || answer.body != *request.expected {
            bail!("an answer is {} {:?}", answer.status, answer.text());
        }
        let now = Instant::now();
        latencies.push((now - sent).as_secs_f64() * 1e6);
        sent = now;
    }
    Ok(latencies)
}
