//! Requests per second and CPU time per request, server beside server.
//!
//! Every round gives each server its turn (A B C A B C …), so that a machine that slows down slows all of them down,
//! and a ratio is made of turns that are seconds apart.

use crate::load::{self, Request};
use crate::peers::{self, BARE, Peer, WASMTIME};
use crate::stats::{least, median, percentile};
use crate::table::Table;
use crate::{Plan, install::Installation, meters, say};
use anyhow::{Context as _, Result};
use std::time::Duration;

/// What is not measured: the first requests of a server, and the first moments of a turn.
const WARM_UP: Duration = Duration::from_secs(1);
const SETTLE: Duration = Duration::from_millis(200);

/// What one turn of one server came to.
#[derive(Clone, Copy)]
struct Turn {
    requests_per_second: f64,
    cpu_us: f64,
    p50_us: f64,
    p99_us: f64,
}

/// The turns of one server at one number of connections, in the order of the rounds.
struct Series {
    peer: &'static str,
    connections: u16,
    turns: Vec<Turn>,
}

impl Series {
    fn values(&self, of: impl Fn(&Turn) -> f64) -> impl Iterator<Item = f64> {
        self.turns.iter().map(of)
    }
}

/// What servers are compared in.
pub(crate) struct Comparison<'a> {
    /// What is done.
    pub(crate) title: String,
    /// What each is asked.
    pub(crate) request: Request,
    /// How many ask at once.
    pub(crate) connections: &'a [u16],
    /// The servers that the others are divided by.
    pub(crate) against: &'a [&'static str],
}

/// Measures all peers and prints the table.
pub(crate) async fn measure(installation: &Installation, plan: &Plan) -> Result<()> {
    let peers = peers::start(installation).await?;
    let comparison = Comparison {
        title: "Hello, GET".to_owned(),
        request: peers::hello(),
        connections: &plan.connections,
        against: &[BARE, WASMTIME],
    };
    compare(&peers.iter().collect::<Vec<_>>(), &comparison, plan).await
}

/// Gives every peer its turns and prints the table.
pub(crate) async fn compare(peers: &[&Peer], comparison: &Comparison<'_>, plan: &Plan) -> Result<()> {
    let request = &comparison.request;
    for peer in peers {
        let connections = comparison.connections.iter().copied().max().unwrap_or(1).min(16);
        load::run(peer.addr, request, connections, WARM_UP).await.context(peer.name)?;
    }
    let mut all: Vec<Series> = Vec::new();
    for connections in comparison.connections {
        let series = |peer: &&Peer| Series { peer: peer.name, connections: *connections, turns: Vec::new() };
        all.extend(peers.iter().map(series));
    }
    for round in 1..=plan.rounds {
        say(format_args!("{}: round {round} of {}", comparison.title, plan.rounds));
        for series in &mut all {
            let peer = peers.iter().find(|peer| peer.name == series.peer).context("no such peer")?;
            let turn = turn(peer, request, series.connections, plan.turn()).await.context(peer.name)?;
            series.turns.push(turn);
        }
    }
    Ok(table(&all, comparison, plan).print()?)
}

async fn turn(peer: &Peer, request: &Request, connections: u16, duration: Duration) -> Result<Turn> {
    load::run(peer.addr, request, connections, SETTLE).await?;
    let before = meters::cpu(peer.running.pid())?;
    let mut sample = load::run(peer.addr, request, connections, duration).await?;
    let cpu = meters::cpu(peer.running.pid())?.saturating_sub(before);
    let requests = sample.latencies.len() as f64;
    Ok(Turn {
        requests_per_second: requests / sample.elapsed.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / requests,
        p50_us: percentile(&mut sample.latencies, 0.5),
        p99_us: percentile(&mut sample.latencies, 0.99),
    })
}

fn table(all: &[Series], comparison: &Comparison<'_>, plan: &Plan) -> Table {
    let title = format!("{}: medians of {} rounds of {} s", comparison.title, plan.rounds, plan.seconds);
    let columns = ["server", "connections", "requests/s", "CPU µs/request (least)", "p50 µs", "p99 µs"];
    let ratios = comparison.against.iter().map(|peer| format!("CPU: × {peer}"));
    let mut table = Table::new(title, columns.map(str::to_owned).into_iter().chain(ratios));
    for series in all {
        let cells = [
            series.peer.to_owned(),
            series.connections.to_string(),
            format!("{:.0}", median(series.values(|turn| turn.requests_per_second))),
            format!(
                "{:.1} ({:.1})",
                median(series.values(|turn| turn.cpu_us)),
                least(series.values(|turn| turn.cpu_us))
            ),
            format!("{:.0}", median(series.values(|turn| turn.p50_us))),
            format!("{:.0}", median(series.values(|turn| turn.p99_us))),
        ];
        let ratios = comparison.against.iter().map(|peer| ratio(all, series, peer));
        table.row(cells.into_iter().chain(ratios));
    }
    table
}

/// The median over the rounds of the CPU time per request divided by the peer's in the same round.
fn ratio(all: &[Series], series: &Series, peer: &str) -> String {
    let other = all.iter().find(|other| other.peer == peer && other.connections == series.connections);
    other.map_or_else(
        || "–".to_owned(),
        |other| {
            let rounds = series.turns.iter().zip(&other.turns);
            let ratio = median(rounds.map(|(ours, theirs)| ours.cpu_us / theirs.cpu_us));
            if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
        },
    )
}
