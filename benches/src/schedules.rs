//! How long after its second the last of many schedules fires that are due in it, with two nodes that race for them.

use crate::install::Installation;
use crate::node::Node;
use crate::say;
use crate::stats::{median, percentile};
use crate::table::Table;
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Seconds between two due times: the most that the form has, so that there is time to make the schedules in between.
const PERIOD: u64 = 59;

/// How long after the due time one is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came: the path, and when.
type Arrivals = Arc<Mutex<Vec<(String, SystemTime)>>>;

/// Makes the schedules, waits for their second, and prints the table.
pub(crate) async fn measure(installation: &Installation, schedules: u32) -> Result<()> {
    let arrivals = Arrivals::default();
    let peer = serve(arrivals.clone()).await?;
    let nodes = [Node::start(installation).await?, Node::start(installation).await?];
    let [first, _] = &nodes;
    sleep(until_due()).await;
    say(format_args!("making {schedules} schedules, all due every {PERIOD} seconds"));
    for number in 0..schedules {
        let schedule = json!({
            "name": format!("schedule {number}"), "cronSchedule": format!("{PERIOD} seconds"),
            "functionUrl": format!("http://{peer}/{number}"), "httpMethod": "POST",
        });
        first.schedule(&schedule.to_string()).await?;
    }
    let early = arrivals.lock().map_or(0, |arrivals| arrivals.len());
    if early > 0 {
        bail!("{schedules} schedules are too many to be made within {PERIOD} seconds");
    }
    let due = SystemTime::now() + until_due();
    say(format_args!("waiting for their second"));
    sleep(until_due()).await;
    let mut lateness = Vec::new();
    while lateness.len() < schedules as usize && SystemTime::now() < due + PATIENCE {
        sleep(Duration::from_millis(100)).await;
        lateness = late(&arrivals, due);
    }
    // Any that come twice would come about now.
    sleep(Duration::from_secs(2)).await;
    let lateness = late(&arrivals, due);
    let paths: HashSet<String> = match arrivals.lock() {
        Ok(arrivals) => arrivals.iter().map(|(path, _)| path.clone()).collect(),
        Err(_) => bail!("the peer failed"),
    };
    if lateness.len() != schedules as usize || paths.len() != lateness.len() {
        bail!("{} requests for {} of {schedules} schedules came", lateness.len(), paths.len());
    }
    print(schedules, lateness)
}

fn print(schedules: u32, mut lateness: Vec<f64>) -> Result<()> {
    let title = format!(
        "Schedules: {schedules} due in the same second, two nodes, each fired once; ms after the second"
    );
    let mut table = Table::new(title, ["what", "ms"]);
    let mut row = |name: &str, value: f64| table.row([name.to_owned(), format!("{value:.0}")]);
    row("first request", percentile(&mut lateness, 0.0));
    row("median", median(lateness.iter().copied()));
    row("last request", percentile(&mut lateness, 1.0));
    Ok(table.print()?)
}

/// How long it is to the next due time.
fn until_due() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let next = (now.as_secs() / PERIOD + 1) * PERIOD;
    Duration::from_secs(next).saturating_sub(now)
}

/// Milliseconds after `due`, of everything that came since.
fn late(arrivals: &Arrivals, due: SystemTime) -> Vec<f64> {
    let Ok(arrivals) = arrivals.lock() else { return Vec::new() };
    let since = arrivals.iter().filter_map(|(_, at)| at.duration_since(due).ok());
    since.map(|late| late.as_secs_f64() * 1e3).collect()
}

/// A server that notes what comes, on a free port.
async fn serve(arrivals: Arrivals) -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("the peer")?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrivals = arrivals.clone();
            let answer = move |request: Request<Incoming>| {
                if let Ok(mut arrivals) = arrivals.lock() {
                    arrivals.push((request.uri().path().to_owned(), SystemTime::now()));
                }
                async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
            };
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
        }
    });
    Ok(addr)
}
